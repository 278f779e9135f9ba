create function jobs.raise_run_alerts(
  run_id uuid,
  failures int
)
returns void
language plpgsql
set search_path = ''
as $function$
declare
  run public.jobs_log;
  facts jsonb;
  as_of timestamptz;
  failing_items int;
  is_complete boolean;
begin
  select *
  into run
  from public.jobs_log as ended
  where ended.id = raise_run_alerts.run_id;

  failing_items := jobs.record_failing_items(run);
  facts := jsonb_build_object('run', jobs.run_facts(run));
  as_of := least(run.completed_at, now());

  if run.status = 'failed' then
    perform jobs.raise_incident(
      job_name => run.job_name,
      kind => 'run_failed',
      details => facts,
      run_id => run.id,
      observed => raise_run_alerts.failures,
      as_of => as_of
    );
  end if;

  if failing_items > 0 then
    perform jobs.raise_item_failing(run, facts -> 'run', as_of);
  end if;

  if run.status = 'failed' then
    return;
  end if;

  is_complete := not jobs.is_continued(run.metadata);

  if is_complete then
    perform jobs.close_incidents(
      job_name => run.job_name,
      kinds => array['run_failed']
        || case when not jobs.is_degraded(run) then array['run_degraded'] end
        || case when jobs.covers_missed_run(run) then array['run_missed'] end
        || case
          when not exists (
            select 1
            from jobs.failing_items as known
            where known.job_name = run.job_name
              and known.failures > 1
          ) then array['item_failing']
        end,
      run_id => run.id,
      run => facts -> 'run',
      as_of => as_of
    );
  end if;

  if jobs.is_degraded(run) then
    perform jobs.raise_incident(
      job_name => run.job_name,
      kind => 'run_degraded',
      details => facts,
      run_id => run.id,
      as_of => as_of
    );
  end if;

  if is_complete and exists (
    select 1
    from jobs.definitions as definition
    where definition.job_name = run.job_name
      and definition.notify_on_success
  ) then
    perform jobs.raise_alert(
      kind => 'run_succeeded',
      job_name => run.job_name,
      details => facts,
      run_id => run.id,
      as_of => as_of
    );
  end if;
end
$function$;

revoke all on function jobs.raise_run_alerts(uuid, int)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_run_alerts(uuid, int) is
  'Raises the alerts of a run that ended. A failed run opens the incident run_failed (failures: how many runs it '
  'counts). A success opens run_degraded when too many items failed; unless it is continued, it also closes open '
  'incidents, and raises run_succeeded if the job has notify_on_success. Either opens item_failing when an item failed '
  'in two runs in a row.';
