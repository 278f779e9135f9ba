create function jobs.lock_running_run(run_id uuid)
returns public.jobs_log
language plpgsql
set search_path = ''
as $function$
declare
  run public.jobs_log := jobs.lock_run(lock_running_run.run_id);
begin
  perform jobs.assert_running(run);
  return run;
end
$function$;

revoke all on function jobs.lock_running_run(uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.lock_running_run(uuid) is
  'Locks the row of a running run until the transaction ends and returns it. '
  'Raises PT404 for an unknown run and PT409 for one that was cancelled or is not running any more (reaped, for instance).';
