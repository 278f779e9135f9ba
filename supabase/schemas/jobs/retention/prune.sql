create function jobs.prune(
  keep_runs interval default '90 days',
  keep_ticks interval default '7 days',
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  pruned_runs int;
  pruned_ticks int;
  pruned_alerts int;
  pruned_incidents int;
  task record;
  pruned int;
  result jsonb;
begin
  if prune.keep_runs < interval '31 days' or prune.keep_ticks < interval '1 hour' then
    raise exception 'runs are kept for 31 days at least, ticks for an hour'
      using
        errcode = 'invalid_parameter_value',
        hint = 'The health check looks 30 days back.';
  end if;

  delete from public.jobs_log as run
  using jobs.known_jobs() as known (name)
  cross join lateral (
    select
      (
        select newest.started_at
        from public.jobs_log as newest
        where newest.job_name = known.name
        order by newest.started_at desc
        limit 1
      ) as run_at,
      jobs.last_success_at(known.name, 'infinity') as success_at
  ) as last
  where run.job_name = known.name
    and run.started_at < prune.as_of - prune.keep_runs
    -- The last ones stay, or a job that pauses would look like one that never
    -- ran. So does a run that is running.
    and run.started_at < case run.status
      when 'success' then last.success_at
      when 'failed' then last.run_at
    end;
  get diagnostics pruned_runs = row_count;

  delete from jobs.run_results as result
  where not exists (
    select 1
    from public.jobs_log as run
    where run.id = result.run_id
  );

  -- A running run that was deleted by hand.
  delete from jobs.run_workers as worker
  where not exists (
    select 1
    from public.jobs_log as run
    where run.id = worker.run_id
  );

  delete from jobs.failing_items as known
  where known.last_failed_at < prune.as_of - prune.keep_runs
    and known.failures = 1;

  -- A tick that was running when the database restarted has no end.
  delete from cron.job_run_details as tick
  where coalesce(tick.end_time, tick.start_time) < prune.as_of - prune.keep_ticks
    and tick.command ~ '\mjobs\.';
  get diagnostics pruned_ticks = row_count;

  delete from jobs.alerts as alert
  where alert.raised_at < prune.as_of - prune.keep_runs
    and not exists (
      select 1
      from jobs.alert_deliveries as delivery
      where delivery.alert_id = alert.id
        and delivery.status = 'pending'
    );
  get diagnostics pruned_alerts = row_count;

  delete from jobs.incidents as incident
  where incident.closed_at < prune.as_of - prune.keep_runs;
  get diagnostics pruned_incidents = row_count;

  delete from jobs.actions as action
  where action.requested_at < prune.as_of - prune.keep_runs
    and (action.ended_at is not null or action.action not in ('pause', 'snooze', 'cancel'))
    and not exists (
      select 1
      from public.jobs_log as run
      where run.id = action.run_id
    );

  result := jsonb_build_object(
    'runs', pruned_runs,
    'ticks', pruned_ticks,
    'alerts', pruned_alerts,
    'incidents', pruned_incidents
  );

  for task in
    select *
    from jobs.retention_tasks as registered
    order by registered.task_name
  loop
    execute format('select %s($1)', task.function_name::regproc)
    into pruned
    using prune.as_of;
    result := result || jsonb_build_object(task.task_name, pruned);
  end loop;

  return result;
end
$function$;

revoke all on function jobs.prune(interval, interval, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.prune(interval, interval, timestamptz) is
  'Deletes runs, their results, alerts, closed incidents, actions and items that failed once that are older than '
  'keep_runs (default 90 days), and ticks of our entries in cron.job_run_details that are older than keep_ticks (default '
  '7 days). '
  'Keeps the last run and the last success of each job, alerts that wait to be sent, pauses and snoozes that are in '
  'force, and jobs.run_totals. '
  'Then calls what is in jobs.retention_tasks, which has retentions of its own. '
  'Idempotent. Returns {runs, ticks, alerts, incidents} and the tasks by name: how many were deleted.';
