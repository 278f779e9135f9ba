create function jobs.stuck_since(
  job_name text,
  as_of timestamptz default now()
)
returns timestamptz
language sql
stable
set search_path = ''
as $function$
  select least(min(run.started_at + jobs.max_runtime(run.job_name)), stuck_since.as_of)
  from public.jobs_log as run
  where run.job_name = stuck_since.job_name
    and run.status = 'running';
$function$;

revoke all on function jobs.stuck_since(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.stuck_since(text, timestamptz) is
  'When the time of the job''s oldest run that is running was over; as_of when it is not over yet, null without one.';
