create function jobs.version()
returns text
language sql
immutable
set search_path = ''
as $function$
  select '1.0.0-dev';
$function$;

revoke all on function jobs.version()
  from public, anon, authenticated, service_role;

comment on function jobs.version() is
  'The installed version of Duewatch. service_role cannot use the schema jobs and reads it in public.get_job_health().';
