create function jobs.lock_running_run(run_id uuid)
returns public.jobs_log
language plpgsql
set search_path = ''
as $function$
declare
  run public.jobs_log := jobs.lock_run(lock_running_run.run_id);
  cancelled text := jobs.cancellation_text(lock_running_run.run_id);
begin
  if cancelled is not null and run.status <> 'success' then
    raise exception 'run % was %', run.id, cancelled
      using errcode = 'PT409';
  end if;

  if run.status <> 'running' then
    raise exception 'run % is not running any more: %', run.id, run.status
      using
        errcode = 'PT409',
        detail = coalesce(run.error_message, '');
  end if;

  return run;
end
$function$;

revoke all on function jobs.lock_running_run(uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.lock_running_run(uuid) is
  'Locks the row of a running run until the transaction ends and returns it. '
  'Raises PT404 for an unknown run and PT409 for one that was cancelled or is not running any more (reaped, for instance).';
