create function jobs.max_runtime(job_name text)
returns interval
language sql
stable
set search_path = ''
as $function$
  select coalesce(
    (
      select definition.max_runtime
      from jobs.definitions as definition
      where definition.job_name = max_runtime.job_name
    ),
    (jobs.defaults()).max_runtime
  );
$function$;

revoke all on function jobs.max_runtime(text)
  from public, anon, authenticated, service_role;

comment on function jobs.max_runtime(text) is
  'How long a run of the job may take: as registered, or jobs.defaults() for a job that is not.';
