create function jobs.failures_in_a_row(
  job_name text,
  last_success_at timestamptz,
  as_of timestamptz default now(),
  out failures bigint,
  out last_failed_at timestamptz
)
language sql
stable
set search_path = ''
as $function$
  select
    count(*),
    max(run.completed_at)
  from public.jobs_log as run
  where run.job_name = failures_in_a_row.job_name
    and run.status = 'failed'
    and not run.is_cancelled
    and run.started_at > coalesce(failures_in_a_row.last_success_at, '-infinity')
    and run.started_at <= failures_in_a_row.as_of;
$function$;

revoke all on function jobs.failures_in_a_row(text, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.failures_in_a_row(text, timestamptz, timestamptz) is
  'How many runs of a job have failed since its last success, and when the last of them ended. A '
  'cancelled run is no failure.';
