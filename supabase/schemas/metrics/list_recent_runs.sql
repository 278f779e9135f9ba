create function public.list_recent_runs(max_count int default 60)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $function$
begin
  if list_recent_runs.max_count is null or list_recent_runs.max_count not between 1 and 100 then
    raise exception 'max_count must be between 1 and 100'
      using errcode = 'invalid_parameter_value';
  end if;

  return (
    select coalesce(
      jsonb_agg(
        jsonb_build_object('job_name', known.job_name, 'runs', recent.runs)
        order by known.job_name
      ),
      '[]'
    )
    from jobs.known_jobs() as known (job_name)
    cross join lateral (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'id', run.id,
            'started_at', run.started_at,
            'status', run.status,
            'duration_ms', run.duration_ms,
            'records_updated', coalesce(run.records_updated, 0),
            'items_total', run.items_total,
            'items_processed', run.items_processed,
            'items_failed', greatest(run.items_failed, jsonb_array_length(run.errors), 0),
            'trigger_source', run.trigger_source
          )
          order by run.started_at, run.id
        ),
        '[]'
      ) as runs
      from (
        select logged.*
        from public.jobs_log as logged
        where logged.job_name = known.job_name
        order by logged.started_at desc
        limit list_recent_runs.max_count
      ) as run
    ) as recent
  );
end
$function$;

revoke all on function public.list_recent_runs(int)
  from public, anon, authenticated, service_role;
grant execute on function public.list_recent_runs(int)
  to service_role;

comment on function public.list_recent_runs(int) is
  'The last runs of every known job, oldest first: at most max_count (default 60, from 1 to 100) of each. For the function '
  'check-job-health, which shows them on the dashboard. No error texts and no names of items. '
  'Raises 22023 for another max_count. Returns an array of {job_name, runs: [{id, started_at, status, duration_ms, '
  'records_updated, items_total, items_processed, items_failed, trigger_source}]}.';
