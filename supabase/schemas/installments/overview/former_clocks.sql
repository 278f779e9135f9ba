create function jobs.former_clocks(
  as_of timestamptz default now(),
  only_agency uuid default null
)
returns table (
  agency_id uuid,
  timezone text,
  cutoff_time time,
  last_marked_at timestamptz
)
language sql
stable
security definer
set search_path = ''
as $function$
  select
    change.agency_id,
    change.timezone,
    change.cutoff_time,
    max(change.changed_at)
  from (
    -- Two queries, so that the changes of one agency are found by its id.
    select
      one.run_id,
      one.agency_id,
      one.timezone,
      one.cutoff_time,
      one.changed_at
    from jobs.status_changes as one
    where one.agency_id = former_clocks.only_agency
      and one.to_status = 'overdue'
    union all
    select
      each.run_id,
      each.agency_id,
      each.timezone,
      each.cutoff_time,
      each.changed_at
    from jobs.status_changes as each
    where former_clocks.only_agency is null
      and each.to_status = 'overdue'
  ) as change
  join public.jobs_log as run
    on run.id = change.run_id
  where run.job_name = 'update-installment-statuses'
    and run.started_at > former_clocks.as_of - interval '7 days'
  group by change.agency_id, change.timezone, change.cutoff_time;
$function$;

revoke all on function jobs.former_clocks(timestamptz, uuid)
  from public, anon, authenticated, service_role;
grant execute on function jobs.former_clocks(timestamptz, uuid)
  to authenticated, service_role;

comment on function jobs.former_clocks(timestamptz, uuid) is
  'The zones and cut-offs by which the installments of each agency, or of only_agency alone, were marked overdue in the '
  'last seven days. '
  'Security definer, and it does not ask who may see the agency: only for functions that do, such as '
  'jobs.clock_changes(). The Data API does not reach the schema jobs.';
