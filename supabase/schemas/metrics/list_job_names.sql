create function public.list_job_names()
returns jsonb
language sql
stable
security definer
set search_path = ''
as $function$
  select coalesce(jsonb_agg(known.name order by known.name), '[]')
  from jobs.known_jobs() as known (name);
$function$;

revoke all on function public.list_job_names()
  from public, anon, authenticated, service_role;
grant execute on function public.list_job_names()
  to service_role;

comment on function public.list_job_names() is
  'The names of all jobs that are registered, logged, or in an open incident, as public.job_exists() knows them. Reads only. '
  'Returns an array.';
