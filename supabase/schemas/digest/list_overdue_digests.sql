create function public.list_overdue_digests(run_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
-- It reads every open installment. The Data API's own limit is 8 seconds.
set statement_timeout = '60s'
as $function$
declare
  run public.jobs_log := jobs.running_run(list_overdue_digests.run_id);
  settled_at timestamptz := jobs.last_success_at('weekly-overdue-digest', run.started_at);
begin
  return (
    with zone as materialized (
      select
        known.name,
        current.week,
        current.has_begun,
        -- A person may send at any time. Other runs settle each week once.
        coalesce(run.trigger_source, 'manual') = 'manual'
          or settled_at is null
          or coalesce(jobs.local_time(settled_at, known.name), settled_at at time zone 'UTC') < current.begins_at
          as is_awaited
      from (
        select distinct coalesce(agency.timezone::text, '') as name
        from public.agencies as agency
      ) as known
      cross join lateral jobs.digest_time(run.started_at, known.name) as current
    ),
    mailed as materialized (
      select agency.id
      from public.agencies as agency
      join zone
        on zone.name = coalesce(agency.timezone::text, '')
      join jobs.overdue_digests as digest
        on digest.week = zone.week
        and digest.agency_id = agency.id
      where digest.state = 'sent'
        -- A repeated run gets the same list.
        and digest.run_id <> run.id
    ),
    indebted as materialized (
      select
        agency.id,
        agency.name::text as name,
        nullif(btrim(agency.contact_email::text, E' \t\r\n'), '') is not null as has_address,
        zone.has_begun
          and (
            zone.is_awaited
            -- What was refused is tried again by every run of the week.
            or exists (
              select 1
              from jobs.overdue_digests as tried
              where tried.week = zone.week
                and tried.agency_id = agency.id
                and tried.key_number > 0
            )
          ) as is_listed
      from jobs.agency_cutoffs(run.started_at) as cutoff
      join public.agencies as agency
        on agency.id = cutoff.agency_id
      join zone
        on zone.name = coalesce(agency.timezone::text, '')
      where agency.id not in (
          select mailed.id
          from mailed
        )
        and exists (
          select 1
          from jobs.overdue_candidates as overdue
          where overdue.agency_id = cutoff.agency_id
            and (overdue.is_marked or overdue.student_due_date < cutoff.overdue_before)
        )
    ),
    numbers as (
      select count(*) as already_mailed
      from mailed
    )
    select jsonb_build_object(
      'week', (
        select coalesce(max(zone.week) filter (where zone.has_begun), (jobs.digest_time(run.started_at, 'UTC')).week)
        from zone
      ),
      'judged_at', run.started_at,
      'agencies', coalesce(
        jsonb_agg(
          jsonb_build_object('id', indebted.id, 'name', indebted.name)
          order by indebted.name, indebted.id
        ) filter (where indebted.is_listed and indebted.has_address),
        '[]'
      ),
      'agencies_without_address', count(*) filter (where indebted.is_listed and not indebted.has_address),
      'agencies_already_mailed', max(numbers.already_mailed),
      'agencies_of_the_week', max(numbers.already_mailed) + count(*) filter (where indebted.has_address)
    )
    from numbers
    left join indebted on true
  );
end
$function$;

revoke all on function public.list_overdue_digests(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.list_overdue_digests(uuid)
  to service_role;

comment on function public.list_overdue_digests(uuid) is
  'The agencies that a run of weekly-overdue-digest has to mail: those with an address and overdue installments at the '
  'instant the run started, where it is after 08:00 on Monday of their own week (jobs.digest_time), except those that '
  'another run has mailed in this week. A run that no person has started leaves out those whose week a successful run has '
  'settled, because it started after that, unless their mail was tried and not sent. Ordered by name. '
  'Idempotent: a repeated run gets the same list. It writes nothing. '
  'Raises PT404 for an unknown run and PT409 for one that is not running any more (reaped, for instance). '
  'Returns {week, judged_at, agencies: [{id, name}], agencies_without_address, agencies_already_mailed, agencies_of_the_week}; '
  'week is the newest week that has begun for any agency; agencies_of_the_week are all that have or would have a mail in '
  'their week, mailed and waiting ones included.';
