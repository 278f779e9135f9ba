create function jobs.end_cancelled_run(run_id uuid)
returns void
language sql
set search_path = ''
as $function$
  -- The trigger act_on_cancellation writes the rest.
  update public.jobs_log as run
  set status = 'failed'
  where run.id in (
    select cancelled.id
    from public.jobs_log as cancelled
    where cancelled.id = end_cancelled_run.run_id
      and cancelled.status = 'running'
    -- The batch that has the row ends the run.
    for update skip locked
  );
$function$;

revoke all on function jobs.end_cancelled_run(uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.end_cancelled_run(uuid) is
  'Ends a run that was cancelled, unless a batch has its row at the moment. Idempotent.';
