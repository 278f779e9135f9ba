create function public.claim_overdue_digest(
  run_id uuid,
  agency_id uuid,
  lease_seconds int default 60,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set statement_timeout = '60s'
as $function$
declare
  run public.jobs_log;
  current record;
  digest jobs.overdue_digests;
  obstacle jsonb;
  content jsonb;
  repeated boolean;
begin
  if (claim_overdue_digest.lease_seconds between 1 and 3600) is not true then
    raise exception 'lease_seconds is 1 to 3600'
      using errcode = 'invalid_parameter_value';
  end if;

  run := jobs.lock_running_run(claim_overdue_digest.run_id);

  select clock.*
  into current
  from public.agencies as agency
  cross join lateral jobs.digest_time(run.started_at, agency.timezone::text) as clock
  where agency.id = claim_overdue_digest.agency_id;

  if not found then
    return jsonb_build_object('status', 'nothing_overdue');
  elsif not current.has_begun then
    return jsonb_build_object('status', 'not_yet');
  end if;

  delete from jobs.overdue_digests as old
  where old.week < (jobs.digest_time(claim_overdue_digest.as_of - interval '90 days', 'UTC')).week;

  insert into jobs.overdue_digests (week, agency_id)
  values (current.week, claim_overdue_digest.agency_id)
  on conflict on constraint overdue_digests_pkey do nothing;

  select stored.*
  into digest
  from jobs.overdue_digests as stored
  where stored.week = current.week
    and stored.agency_id = claim_overdue_digest.agency_id
  for update;

  obstacle := jobs.digest_obstacle(digest, run.id, claim_overdue_digest.as_of);
  if obstacle is not null then
    return obstacle;
  end if;

  -- Under one key Resend accepts the same mail only.
  repeated := digest.state = 'claimed';
  if not repeated then
    digest.judged_at := run.started_at;
    digest.key_number := greatest(digest.key_number, 1);
  else
    digest.uncertain_since := coalesce(digest.uncertain_since, digest.claimed_at);
  end if;

  content := jobs.overdue_digest(claim_overdue_digest.agency_id, digest.judged_at);
  if content is null then
    return jsonb_build_object('status', 'nothing_overdue');
  elsif content -> 'agency' ->> 'contact_email' is null then
    return jsonb_build_object('status', 'no_address');
  elsif content ->> 'local_date' is null then
    return jsonb_build_object('status', 'no_time_zone');
  end if;

  update jobs.overdue_digests as stored
  set
    state = 'claimed',
    key_number = digest.key_number,
    run_id = run.id,
    judged_at = digest.judged_at,
    claimed_at = claim_overdue_digest.as_of,
    uncertain_since = digest.uncertain_since,
    lease = gen_random_uuid(),
    leased_until = claim_overdue_digest.as_of + make_interval(secs => claim_overdue_digest.lease_seconds)
  where stored.week = digest.week
    and stored.agency_id = digest.agency_id
  returning stored.*
  into digest;

  return jsonb_build_object(
    'status', 'claimed',
    'week', digest.week,
    'lease', digest.lease,
    'leased_until', digest.leased_until,
    'idempotency_key', concat_ws(
      '/',
      'weekly-overdue-digest',
      digest.week,
      digest.agency_id,
      case when digest.key_number > 1 then digest.key_number end
    ),
    'repeated', repeated
  )
    || content;
end
$function$;

revoke all on function public.claim_overdue_digest(uuid, uuid, int, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.claim_overdue_digest(uuid, uuid, int, timestamptz)
  to service_role;

comment on function public.claim_overdue_digest(uuid, uuid, int, timestamptz) is
  'Claims the mail of an agency for its own week at the start of the run (jobs.digest_time), with a lease (default 60 seconds). Until the lease ends or '
  'complete_overdue_digest() is called, no other run can claim it. What is overdue is judged at the instant the run started. '
  'A claim whose outcome is unknown can be claimed again with the same idempotency key and the same content for 23 hours, '
  'while Resend keeps the key. '
  'Raises PT404 for an unknown run, PT409 for one that is not running any more, 22023 for a lease_seconds outside 1 to 3600. '
  'Returns {status: claimed, week, lease, leased_until, idempotency_key, repeated} and the content as jobs.overdue_digest() '
  'has it, or a status that says why not: already_sent, in_progress, unknown_end, nothing_overdue, no_address, no_time_zone, '
  'and not_yet before 08:00 on Monday. Deletes rows of the ledger after 90 days.';
