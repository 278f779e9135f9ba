create function jobs.latest_runs(
  job_name text,
  from_at timestamptz,
  to_at timestamptz,
  max_runs int,
  with_details boolean default true
)
returns jsonb
language plpgsql
stable
set search_path = ''
-- A plan for one job or for all: each has an index of its own.
set plan_cache_mode = force_custom_plan
as $function$
begin
  return (
    select coalesce(
      jsonb_agg(
        jsonb_build_object(
          'time', latest.started_at,
          'id', latest.id,
          'job_name', latest.job_name,
          'status', latest.status,
          'duration_ms', latest.duration_ms,
          'records_updated', coalesce(latest.records_updated, 0),
          'trigger_source', latest.trigger_source,
          'error_message', case
            when latest_runs.with_details then left(latest.error_message, 300)
            else jobs.failure_cause(
              (select run from public.jobs_log as run where run.id = latest.id and run.status = 'failed')
            )
          end
        )
        order by latest.started_at, latest.id
      ),
      '[]'
    )
    from (
      select run.*
      from public.jobs_log as run
      where (latest_runs.job_name is null or run.job_name = latest_runs.job_name)
        and run.started_at >= latest_runs.from_at
        and run.started_at < latest_runs.to_at
      order by run.started_at desc, run.id desc
      limit latest_runs.max_runs
    ) as latest
  );
end
$function$;

revoke all on function jobs.latest_runs(text, timestamptz, timestamptz, int, boolean)
  from public, anon, authenticated, service_role;

comment on function jobs.latest_runs(text, timestamptz, timestamptz, int, boolean) is
  'The latest runs of one job, or (null) of all, that started in [from_at, to_at): at most max_runs, by time. '
  'Without with_details error_message is the cause of the failure (jobs.failure_cause). Returns an array.';
