create function jobs.hear_from_run(
  run_id uuid,
  as_of timestamptz default now()
)
returns public.jobs_log
language plpgsql
set search_path = ''
as $function$
declare
  -- Without its lock: a batch may have it for a minute.
  run public.jobs_log;
begin
  select *
  into run
  from public.jobs_log as logged
  where logged.id = hear_from_run.run_id;

  if not found then
    raise exception 'there is no run %', hear_from_run.run_id
      using errcode = 'PT404';
  end if;
  perform jobs.assert_running(run);

  insert into jobs.run_workers as worker (run_id, heard_at)
  values (run.id, hear_from_run.as_of)
  on conflict on constraint run_workers_pkey do update
  set heard_at = greatest(worker.heard_at, excluded.heard_at);

  return run;
end
$function$;

revoke all on function jobs.hear_from_run(uuid, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.hear_from_run(uuid, timestamptz) is
  'Notes that the function of a running run is at work, also while a batch holds the row of the run. Returns the run. '
  'Raises PT404 for an unknown run and PT409 for one that is not running any more, or was cancelled.';
