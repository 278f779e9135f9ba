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
  from public.jobs_log as run
  join jobs.status_changes as change
    on change.run_id = run.id
  where run.job_name = 'update-installment-statuses'
    and run.started_at > former_clocks.as_of - interval '7 days'
    and change.to_status = 'overdue'
    and (former_clocks.only_agency is null or change.agency_id = former_clocks.only_agency)
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
