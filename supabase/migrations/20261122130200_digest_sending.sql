-- Who gets a digest this week, and that nobody gets it twice.
--
-- Why:       the run lists, then claims, sends and completes agency by agency,
--            so any process can be killed at any point and another one goes on.
-- Locks:     one row of the ledger, and the row of the run, for the length of
--            the call.
-- Take back: supabase/rollbacks/digest.sql.

create function public.list_overdue_digests(
  run_id uuid,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
-- It looks through every open installment; the Data API's own limit is 8 seconds.
set statement_timeout = '60s'
as $function$
declare
  run public.jobs_log := jobs.hold_running_run(list_overdue_digests.run_id);
  listed jsonb;
begin
  delete from jobs.overdue_digests as digest
  where digest.week < jobs.iso_week(list_overdue_digests.as_of - interval '90 days');

  with mailed as materialized (
    select digest.agency_id
    from jobs.overdue_digests as digest
    where digest.week = jobs.iso_week(run.started_at)
      and digest.state = 'sent'
      -- A run that is repeated works through the same list.
      and digest.run_id <> run.id
  ),
  due as materialized (
    select
      agency.id,
      agency.name::text as name,
      nullif(btrim(agency.contact_email::text, E' \t\r\n'), '') is not null as has_address
    from jobs.agency_cutoffs(run.started_at) as cutoff
    join public.agencies as agency
      on agency.id = cutoff.agency_id
    where agency.id not in (
        select mailed.agency_id
        from mailed
      )
      and exists (
        select 1
        from jobs.overdue_candidates as overdue
        where overdue.agency_id = cutoff.agency_id
          and (overdue.is_marked or overdue.student_due_date < cutoff.overdue_before)
      )
  )
  select jsonb_build_object(
    'week', jobs.iso_week(run.started_at),
    'judged_at', run.started_at,
    'agencies', coalesce(
      jsonb_agg(
        jsonb_build_object('id', due.id, 'name', due.name)
        order by due.name, due.id
      ) filter (where due.has_address),
      '[]'
    ),
    'agencies_without_address', count(*) filter (where not due.has_address),
    'agencies_already_mailed', (
      select count(*)
      from mailed
    )
  )
  into listed
  from due;

  return listed;
end
$function$;

revoke all on function public.list_overdue_digests(uuid, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.list_overdue_digests(uuid, timestamptz)
  to service_role;

comment on function public.list_overdue_digests(uuid, timestamptz) is
  'The agencies that a run of weekly-overdue-digest has to mail: those with something overdue at the instant the run '
  'started and an address, without those that another run has mailed this week (ISO week, UTC). Ordered by name. '
  'Idempotent: a run that is repeated gets the same list. Drops the ledger of weeks that are 90 days past. '
  'Raises PT404 for an unknown run and PT409 for one that is not running any more (reaped, for instance). '
  'Returns {week, judged_at, agencies: [{id, name}], agencies_without_address, agencies_already_mailed}.';

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
    -- Resend knows an idempotency key for 24 hours; later it would send twice.
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
  'Why the digest of an agency and week may not be claimed by a run at as_of (default now()): already_sent, in_progress '
  'while somebody has the lease, unknown_end when nobody knows for 23 hours whether it was sent. Null when it may.';

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
  digest jobs.overdue_digests;
  obstacle jsonb;
  content jsonb;
  repeated boolean;
begin
  if (claim_overdue_digest.lease_seconds between 1 and 3600) is not true then
    raise exception 'lease_seconds is 1 to 3600'
      using errcode = 'invalid_parameter_value';
  end if;

  run := jobs.hold_running_run(claim_overdue_digest.run_id);

  insert into jobs.overdue_digests (week, agency_id)
  values (jobs.iso_week(run.started_at), claim_overdue_digest.agency_id)
  on conflict on constraint overdue_digests_pkey do nothing;

  select stored.*
  into digest
  from jobs.overdue_digests as stored
  where stored.week = jobs.iso_week(run.started_at)
    and stored.agency_id = claim_overdue_digest.agency_id
  for update;

  obstacle := jobs.digest_obstacle(digest, run.id, claim_overdue_digest.as_of);
  if obstacle is not null then
    return obstacle;
  end if;

  -- Under the same key Resend takes the same mail only.
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
  'Claims the mail of an agency for the week of the run, with a lease (default 60 seconds): until it ends, or '
  'complete_overdue_digest() is called, nobody else gets it. What is overdue is judged at the instant the run started. '
  'A claim of which nobody knows the end is given out again with the same idempotency key and the same judgement for '
  '23 hours, while Resend knows the key, and then not any more. '
  'Raises PT404 for an unknown run, PT409 for one that is not running any more, 22023 for a lease_seconds outside 1 to 3600. '
  'Returns {status: claimed, week, lease, leased_until, idempotency_key, repeated} and the content as jobs.overdue_digest() '
  'has it, or a status that says why not: already_sent, in_progress, unknown_end, nothing_overdue, no_address, no_time_zone.';

create function public.complete_overdue_digest(
  agency_id uuid,
  week text,
  lease uuid,
  outcome text,
  mail_id text default null,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
declare
  digest jobs.overdue_digests;
begin
  if complete_overdue_digest.outcome is null
    or complete_overdue_digest.outcome not in ('sent', 'refused', 'not_sent', 'unknown') then
    raise exception 'the outcome of a digest is sent, refused, not_sent or unknown, not %',
      coalesce(complete_overdue_digest.outcome, 'null')
      using errcode = 'invalid_parameter_value';
  end if;

  select stored.*
  into digest
  from jobs.overdue_digests as stored
  where stored.week = complete_overdue_digest.week
    and stored.agency_id = complete_overdue_digest.agency_id
    and stored.key_number > 0
  for update;

  if not found then
    raise exception 'the digest of % was not claimed for the agency %',
      complete_overdue_digest.week,
      complete_overdue_digest.agency_id
      using errcode = 'PT404';
  end if;

  -- What was sent was sent, whoever has the lease by now; the rest is for the
  -- one who has it.
  if complete_overdue_digest.outcome = 'sent' and digest.state <> 'sent' then
    digest.state := 'sent';
    digest.sent_at := complete_overdue_digest.as_of;
    digest.mail_id := complete_overdue_digest.mail_id;
    digest.lease := null;
  elsif complete_overdue_digest.outcome <> 'sent' and digest.lease = complete_overdue_digest.lease then
    digest.lease := null;
    if complete_overdue_digest.outcome = 'unknown' then
      digest.uncertain_since := coalesce(digest.uncertain_since, digest.claimed_at);
    elsif digest.uncertain_since is null then
      digest.state := 'not_sent';
      -- Resend may know the mail under its key, and would not take a corrected one.
      if complete_overdue_digest.outcome = 'refused' then
        digest.key_number := digest.key_number + 1;
      end if;
    end if;
  end if;

  update jobs.overdue_digests as stored
  set
    state = digest.state,
    key_number = digest.key_number,
    uncertain_since = digest.uncertain_since,
    lease = digest.lease,
    leased_until = case when digest.lease is not null then digest.leased_until end,
    sent_at = digest.sent_at,
    mail_id = digest.mail_id
  where stored.week = digest.week
    and stored.agency_id = digest.agency_id;

  return jsonb_build_object(
    'state', digest.state,
    'sent_at', digest.sent_at,
    'mail_id', digest.mail_id
  );
end
$function$;

revoke all on function public.complete_overdue_digest(uuid, text, uuid, text, text, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.complete_overdue_digest(uuid, text, uuid, text, text, timestamptz)
  to service_role;

comment on function public.complete_overdue_digest(uuid, text, uuid, text, text, timestamptz) is
  'Says what became of a claimed mail. sent: Resend has it (mail_id is its name for it); counts from everybody, and stays. '
  'refused: Resend has looked at the mail and not taken it; the agency can be claimed again, under a new idempotency key. '
  'not_sent: it was not handed in, or Resend asked for a pause; it can be claimed again under the same key. '
  'Both change nothing while the end of an earlier attempt is unknown. '
  'unknown: nobody knows; it can be claimed again under the same key, for 23 hours. '
  'All but sent count only from the holder of the lease. '
  'Raises PT404 for a digest that was never claimed and 22023 for another outcome. Returns {state, sent_at, mail_id}.';

create function jobs.release_overdue_digest(
  agency_id uuid,
  week text default null,
  as_of timestamptz default now()
)
returns boolean
language sql
set search_path = ''
as $function$
  with released as (
    update jobs.overdue_digests as digest
    set
      state = 'not_sent',
      key_number = digest.key_number + 1,
      uncertain_since = null,
      lease = null,
      leased_until = null,
      sent_at = null,
      mail_id = null
    where digest.agency_id = release_overdue_digest.agency_id
      and digest.week = coalesce(release_overdue_digest.week, jobs.iso_week(release_overdue_digest.as_of))
      and digest.state <> 'not_sent'
      and (digest.leased_until > release_overdue_digest.as_of) is not true
    returning digest.agency_id
  )
  select exists (
    select 1
    from released
  );
$function$;

revoke all on function jobs.release_overdue_digest(uuid, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.release_overdue_digest(uuid, text, timestamptz) is
  'Lets the digest of an agency and week (default: this week) be sent once more, whatever became of it: for a person who '
  'has looked at what Resend has sent. The next run of the week sends it, as a new mail. '
  'Idempotent. Returns whether there was anything to release; not while somebody is sending it.';
