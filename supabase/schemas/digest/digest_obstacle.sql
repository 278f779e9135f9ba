create function jobs.digest_obstacle(
  digest jobs.overdue_digests,
  run_id uuid,
  as_of timestamptz default now()
)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select case
    when (digest_obstacle.digest).state = 'sent' then
      jsonb_build_object(
        'status', 'already_sent',
        'sent_at', (digest_obstacle.digest).sent_at,
        'mail_id', (digest_obstacle.digest).mail_id,
        'by_this_run', (digest_obstacle.digest).run_id = digest_obstacle.run_id
      )
    when (digest_obstacle.digest).leased_until > digest_obstacle.as_of then
      jsonb_build_object(
        'status', 'in_progress',
        'leased_until', (digest_obstacle.digest).leased_until,
        'retry_after_seconds', ceil(
          extract(epoch from (digest_obstacle.digest).leased_until - digest_obstacle.as_of)
        )::int
      )
    -- Resend keeps an idempotency key for 24 hours. Later it would send twice.
    when (digest_obstacle.digest).state = 'claimed'
      and coalesce((digest_obstacle.digest).uncertain_since, (digest_obstacle.digest).claimed_at)
        <= digest_obstacle.as_of - interval '23 hours' then
      jsonb_build_object(
        'status', 'unknown_end',
        'first_claimed_at', coalesce((digest_obstacle.digest).uncertain_since, (digest_obstacle.digest).claimed_at)
      )
  end;
$function$;

revoke all on function jobs.digest_obstacle(jobs.overdue_digests, uuid, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.digest_obstacle(jobs.overdue_digests, uuid, timestamptz) is
  'Why a run may not claim the digest of an agency and week at as_of (default now()): already_sent; in_progress, while '
  'another run has the lease; unknown_end, when it has been unknown for 23 hours whether it was sent. Null when it may.';
