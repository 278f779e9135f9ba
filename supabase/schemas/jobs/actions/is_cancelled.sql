create function jobs.is_cancelled(run public.jobs_log)
returns boolean
language sql
immutable
set search_path = ''
as $function$
  select (is_cancelled.run).status = 'failed' and (is_cancelled.run).is_cancelled;
$function$;

revoke all on function jobs.is_cancelled(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.is_cancelled(public.jobs_log) is
  'Whether a run ended because somebody cancelled it.';
