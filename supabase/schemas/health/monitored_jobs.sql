create function jobs.monitored_jobs()
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
    and incident.job_name <> 'duewatch';
$function$;

revoke all on function jobs.monitored_jobs()
  from public, anon, authenticated, service_role;

comment on function jobs.monitored_jobs() is
  'The jobs that the health report covers: registered ones, and others with an open incident.';
