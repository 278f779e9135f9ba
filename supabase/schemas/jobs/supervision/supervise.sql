create function jobs.supervise(as_of timestamptz default now())
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  job text;
  verdict record;
  reaped int := 0;
  missed int := 0;
  reminded int := 0;
  reaped_of_job int;
  catch_ups jsonb := jsonb '[]';
  problem text;
  problems text[] := array[]::text[];
begin
  -- A row that is locked for longer is left for the next minute.
  perform set_config('lock_timeout', '5s', true);

  -- Each of these steps stands on its own: what fails holds up nothing else.
  begin
    perform jobs.end_slow_due_checks();
  exception
    when others then
      get stacked diagnostics
        problem = message_text;
      problems := problems || format('the slow due checks could not be ended: %s', problem);
  end;

  begin
    problems := problems || jobs.complete_actions(supervise.as_of);
  exception
    when others then
      get stacked diagnostics
        problem = message_text;
      problems := problems || format('the actions could not be completed: %s', problem);
  end;

  begin
    for job in
      select distinct run.job_name
      from public.jobs_log as run
      where run.status = 'running'
        and jobs.why_dead(run, supervise.as_of) is not null
      order by run.job_name
    loop
      begin
        select count(*)
        into reaped_of_job
        from jobs.reap_runs(
          job_name => job,
          as_of => supervise.as_of
        );
        reaped := reaped + reaped_of_job;
      exception
        when others then
          get stacked diagnostics
            problem = message_text;
          problems := problems || format('%s: its dead runs could not be ended: %s', job, problem);
      end;
    end loop;
  exception
    when others then
      get stacked diagnostics
        problem = message_text;
      problems := problems || format('dead runs could not be looked for: %s', problem);
  end;

  begin
    for job in
      select expectation.job_name
      from jobs.expectations(supervise.as_of) as expectation
      where expectation.is_missed
      order by expectation.job_name
    loop
      begin
        if jobs.raise_missed_run(job_name => job, as_of => supervise.as_of) is not null then
          missed := missed + 1;
        end if;
      exception
        when others then
          get stacked diagnostics
            problem = message_text;
          problems := problems || format('%s: its missed run could not be reported: %s', job, problem);
      end;
    end loop;
  exception
    when others then
      get stacked diagnostics
        problem = message_text;
      problems := problems || format('missed runs could not be looked for: %s', problem);
  end;

  begin
    for verdict in
      select *
      from jobs.new_verdicts(supervise.as_of)
    loop
      begin
        perform jobs.raise_unhealthy(
          job_name => verdict.job_name,
          reasons => verdict.reasons,
          last_run_at => verdict.last_run_at,
          hours_since_last_run => verdict.hours_since_last_run,
          as_of => supervise.as_of
        );
      exception
        when others then
          get stacked diagnostics
            problem = message_text;
          problems := problems || format('%s: its health could not be reported: %s', verdict.job_name, problem);
      end;
    end loop;
  exception
    when others then
      get stacked diagnostics
        problem = message_text;
      problems := problems || format('the health could not be checked: %s', problem);
  end;

  begin
    reminded := jobs.raise_reminders(supervise.as_of);
  exception
    when others then
      get stacked diagnostics
        problem = message_text;
      problems := problems || format('the reminders could not be raised: %s', problem);
  end;

  begin
    catch_ups := (
      select coalesce(jsonb_agg(due.job_name), '[]')
      from jobs.due_catch_ups(supervise.as_of) as due (job_name)
    );
  exception
    when others then
      get stacked diagnostics
        problem = message_text;
      problems := problems || format('due catch-up runs could not be looked for: %s', problem);
  end;

  return jsonb_build_object(
    'reaped', reaped,
    'missed', missed,
    'reminded', reminded,
    'catch_ups', catch_ups,
    'problems', to_jsonb(problems)
  );
end
$function$;

revoke all on function jobs.supervise(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.supervise(timestamptz) is
  'The part of the supervisor inside the database: ends due checks that are too slow, completes actions (jobs.complete_actions), ends dead runs as '
  'failed, raises run_missed and job_unhealthy, '
  'and raises a reminder of open incidents every 24 hours. A step, or a job, for which that fails is named in '
  'problems and does not hold up the others. Idempotent; a few index probes when there is nothing to do. Returns {reaped, missed, '
  'reminded, catch_ups: [jobs that are due for a catch-up run], problems: [sentence]}. Catch-up runs are started by '
  'jobs.supervisor_command() after this is committed: a function that is called inside this transaction would wait '
  'for the rows it holds.';
