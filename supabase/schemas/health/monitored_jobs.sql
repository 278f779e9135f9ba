create function jobs.monitored_jobs(as_of timestamptz default now())
returns setof text
language sql
stable
rows 20
set search_path = ''
as $function$
  select definition.job_name
  from jobs.definitions as definition
  union
  select incident.job_name
  from jobs.incidents as incident
  where incident.closed_at is null
    and incident.job_name <> 'duewatch'
  union
  select run.job_name
  from public.jobs_log as run
  where run.status = 'running'
    and jobs.why_dead(run, monitored_jobs.as_of) is not null;
$function$;

revoke all on function jobs.monitored_jobs(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.monitored_jobs(timestamptz) is
  'The jobs that the health report covers: registered ones, and others with an open incident or a dead run.';
