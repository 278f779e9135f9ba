create function jobs.check_supervisor_step_failing(as_of timestamptz default now())
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select
      'supervisor_step_failing',
      -- Its alert is run_failed of job-supervisor. Here is another, in case that
      -- one was not raised.
      case when known.since < check_supervisor_step_failing.as_of - interval '5 minutes' then 'critical' else 'warning' end,
      format(
        'The step %s of the supervisor fails since %s: %s',
        known.step,
        to_char(known.since at time zone 'utc', 'YYYY-MM-DD HH24:MI "UTC"'),
        left(known.problem, 300)
      )
    from jobs.supervisor_problems as known;
end
$function$;

revoke all on function jobs.check_supervisor_step_failing(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.check_supervisor_step_failing(timestamptz) is
  'A step of the supervisor failed when it was last tried. A row for each.';
