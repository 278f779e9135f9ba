create function jobs.running_run(run_id uuid)
returns public.jobs_log
language plpgsql
stable
set search_path = ''
as $function$
declare
  run public.jobs_log;
begin
  select *
  into run
  from public.jobs_log as logged
  where logged.id = running_run.run_id;

  if not found then
    raise exception 'there is no run %', running_run.run_id
      using errcode = 'PT404';
  end if;

  perform jobs.assert_running(run);
  return run;
end
$function$;

revoke all on function jobs.running_run(uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.running_run(uuid) is
  'Returns the row of a running run without locking it, for functions that only read. '
  'Raises PT404 for an unknown run and PT409 for one that was cancelled or is not running any more (reaped, for instance).';
