create function public.list_overdue_digests(
  run_id uuid,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
-- It reads every open installment. The Data API's own limit is 8 seconds.
set statement_timeout = '60s'
as $function$
declare
  run public.jobs_log := jobs.lock_running_run(list_overdue_digests.run_id);
  listed jsonb;
begin
  delete from jobs.overdue_digests as digest
  where digest.week < jobs.iso_week(list_overdue_digests.as_of - interval '90 days');

  with mailed as materialized (
    select digest.agency_id
    from jobs.overdue_digests as digest
    where digest.week = jobs.iso_week(run.started_at)
      and digest.state = 'sent'
      -- A repeated run gets the same list.
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
  'The agencies that a run of weekly-overdue-digest has to mail: those with an address and overdue installments at the '
  'instant the run started, except those that another run has mailed this week (ISO week, UTC). Ordered by name. '
  'Idempotent: a repeated run gets the same list. Deletes rows of the ledger after 90 days. '
  'Raises PT404 for an unknown run and PT409 for one that is not running any more (reaped, for instance). '
  'Returns {week, judged_at, agencies: [{id, name}], agencies_without_address, agencies_already_mailed}.';
