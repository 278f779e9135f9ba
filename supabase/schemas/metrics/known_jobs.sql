create function jobs.known_jobs()
returns setof text
language sql
stable
set search_path = ''
as $function$
  -- Steps from name to name. A distinct would read every row of the log.
  with recursive logged as (
    (
      select run.job_name
      from public.jobs_log as run
      order by run.job_name
      limit 1
    )
    union all
    select (
      select run.job_name
      from public.jobs_log as run
      where run.job_name > logged.job_name
      order by run.job_name
      limit 1
    )
    from logged
    where logged.job_name is not null
  )
  select judged.job_name
  from jobs.monitored_jobs() as judged (job_name)
  union
  select logged.job_name
  from logged
  where logged.job_name is not null;
$function$;

revoke all on function jobs.known_jobs()
  from public, anon, authenticated, service_role;

comment on function jobs.known_jobs() is
  'The names of all jobs: those of the health report, and others in jobs_log. One index probe for each.';
