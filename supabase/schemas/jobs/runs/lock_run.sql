create function jobs.lock_run(run_id uuid)
returns public.jobs_log
language plpgsql
set search_path = ''
as $function$
declare
  run public.jobs_log;
begin
  select *
  into run
  from public.jobs_log as logged
  where logged.id = lock_run.run_id
  for update;

  if not found then
    raise exception 'there is no run %', lock_run.run_id
      using errcode = 'PT404';
  end if;

  return run;
end
$function$;

revoke all on function jobs.lock_run(uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.lock_run(uuid) is
  'Locks the row of a run until the transaction ends and returns it. Raises PT404 for an unknown run.';
