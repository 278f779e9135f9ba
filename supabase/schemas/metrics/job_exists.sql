create function public.job_exists(job_name text)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $function$
  select to_jsonb(
    exists (
      select
      from jobs.known_jobs() as known (name)
      where known.name = job_exists.job_name
    )
  );
$function$;

revoke all on function public.job_exists(text)
  from public, anon, authenticated, service_role;
grant execute on function public.job_exists(text)
  to service_role;

comment on function public.job_exists(text) is
  'Whether a job of this name is registered, logged, or in an open incident. Reads only. Returns true or false.';
