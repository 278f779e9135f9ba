create function jobs.await_function(
  job_name text,
  run_id uuid,
  trigger_source text,
  as_of timestamptz default now()
)
returns uuid
language plpgsql
set search_path = ''
as $function$
declare
  started jsonb;
begin
  perform jobs.lock_starts(await_function.job_name);

  -- The function has begun in the meantime.
  if exists (
    select 1
    from public.jobs_log as run
    where run.id = await_function.run_id
  ) then
    return await_function.run_id;
  end if;

  started := public.start_job_run(
    job_name => await_function.job_name,
    run_id => await_function.run_id,
    trigger_source => await_function.trigger_source,
    as_of => await_function.as_of
  );

  if (started ->> 'acquired')::boolean then
    insert into jobs.run_workers (run_id, dispatched_at)
    values (await_function.run_id, await_function.as_of);
  end if;

  return (started ->> 'run_id')::uuid;
end
$function$;

revoke all on function jobs.await_function(text, uuid, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.await_function(text, uuid, text, timestamptz) is
  'Logs a run as running whose function was called at as_of and has not answered: it may have received the call, and takes '
  'the run over when it begins (start_job_run). A run that is not taken over within two minutes is dead (jobs.why_dead). '
  'Returns the run id; when the job is running already, the id of that run.';
