create function jobs.dispatch_command(job_name text)
returns text
language sql
immutable
set search_path = ''
as $function$
  select format('select jobs.dispatch(%L, %L)', dispatch_command.job_name, 'cron');
$function$;

revoke all on function jobs.dispatch_command(text)
  from public, anon, authenticated, service_role;

comment on function jobs.dispatch_command(text) is
  'What pg_cron executes as the entry of a registered job.';
