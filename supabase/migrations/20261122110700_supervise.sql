-- Every minute: end what is dead, tell what is missed, make up for it.
--
-- Why:       somebody has to look, and nobody is there at night.
-- Locks:     rows of dead runs and of open incidents, for milliseconds; the
--            calls to functions are made with nothing locked.
-- Take back: supabase/rollbacks/alerts.sql.

create function jobs.raise_reminders(as_of timestamptz default now())
returns int
language sql
set search_path = ''
as $function$
  with due as (
    update jobs.incidents as incident
    set
      reminders = incident.reminders + 1,
      last_alerted_at = raise_reminders.as_of
    where incident.id in (
      select open_one.id
      from jobs.incidents as open_one
      join jobs.definitions as definition
        on definition.job_name = open_one.job_name
      where open_one.closed_at is null
        and open_one.last_alerted_at <= raise_reminders.as_of - interval '24 hours'
        -- The others are observed anew, with new facts, by those who raise them.
        and open_one.kind in ('run_failed', 'run_degraded')
        and definition.enabled
      -- Whoever holds it is telling something of that job this moment.
      for update of open_one skip locked
    )
    returning incident.*
  )
  select count(
    jobs.raise_alert(
      kind => due.kind,
      job_name => due.job_name,
      details => due.details || jsonb_build_object('occurrences', due.occurrences),
      run_id => (due.details #>> '{run,id}')::uuid,
      incident_id => due.id,
      reminder => due.reminders,
      as_of => raise_reminders.as_of
    )
  )::int
  from due;
$function$;

revoke all on function jobs.raise_reminders(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_reminders(timestamptz) is
  'Alerts again for jobs that are registered and enabled and whose incident run_failed or run_degraded has been open for '
  'another 24 hours. Idempotent. Returns how many reminders were raised.';

create function jobs.supervise(as_of timestamptz default now())
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  job text;
  reaped int := 0;
  missed int := 0;
  reminded int := 0;
  reaped_of_job int;
  problem text;
  problems text[] := array[]::text[];
begin
  -- Whoever holds a row for longer is left for the next minute.
  perform set_config('lock_timeout', '5s', true);

  for job in
    select distinct run.job_name
    from public.jobs_log as run
    where run.status = 'running'
      and run.started_at <= supervise.as_of - jobs.max_runtime(run.job_name)
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
        problems := problems || format('%s: its missed run could not be told: %s', job, problem);
    end;
  end loop;

  begin
    reminded := jobs.raise_reminders(supervise.as_of);
  exception
    when others then
      get stacked diagnostics
        problem = message_text;
      problems := problems || format('the reminders could not be raised: %s', problem);
  end;

  return jsonb_build_object(
    'reaped', reaped,
    'missed', missed,
    'reminded', reminded,
    'catch_ups', (
      select coalesce(jsonb_agg(due.job_name), '[]')
      from jobs.due_catch_ups(supervise.as_of) as due (job_name)
    ),
    'problems', to_jsonb(problems)
  );
end
$function$;

revoke all on function jobs.supervise(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.supervise(timestamptz) is
  'What the supervisor does inside the database: marks runs failed that are older than max_runtime, raises run_missed, and '
  'reminds of incidents every 24 hours. A job for which that fails is named in problems and keeps nobody else from it. '
  'Idempotent; a few index probes when there is nothing to do. '
  'Returns {reaped, missed, reminded, catch_ups: [jobs that are due for a catch-up run], problems: [sentence]}. '
  'Catch-up runs are started by jobs.supervisor_command(), after this has been committed: a function that is called from '
  'inside this transaction would wait for the rows that it holds.';

create function jobs.deliveries_wait(as_of timestamptz default now())
returns boolean
language sql
stable
set search_path = ''
as $function$
  select exists (
    select 1
    from jobs.alert_channels as channel
    where (channel.paused_until is null or channel.paused_until <= deliveries_wait.as_of)
      and exists (
        select 1
        from jobs.alert_deliveries as delivery
        where delivery.channel = channel.name
          and delivery.status = 'pending'
          and delivery.next_attempt_at <= deliveries_wait.as_of
      )
  )
  -- Nobody has announced a channel yet; the function may have one.
  or exists (
    select 1
    from jobs.alerts as alert
    where alert.raised_at > deliveries_wait.as_of - interval '10 minutes'
      and not exists (
        select 1
        from jobs.alert_channels
      )
  );
$function$;

revoke all on function jobs.deliveries_wait(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.deliveries_wait(timestamptz) is
  'Whether there is an alert that a channel could be sent now and nobody is sending. While no channel has been announced '
  'at all, an alert counts for ten minutes; after that the hourly check is left to find out whether there is one by now.';

create function jobs.check_health(timeout_ms int default 45000)
returns text
language plpgsql
set search_path = ''
as $function$
declare
  answer record;
begin
  answer := jobs.call_function(
    slug => 'check-job-health',
    method => 'GET',
    timeout_ms => check_health.timeout_ms
  );

  -- 503 is also the answer of a check that finds something critical.
  if answer.problem is not null
    or coalesce(answer.content, '') !~ '"checkedAt"' then
    raise exception 'The health check did not run. %',
      coalesce(answer.problem, jobs.explain_response(answer.status, answer.content));
  end if;

  return (answer.content::jsonb) ->> 'status';
end
$function$;

revoke all on function jobs.check_health(int)
  from public, anon, authenticated, service_role;

comment on function jobs.check_health(int) is
  'Calls the function check-job-health, which raises and delivers alerts. timeout_ms defaults to 45 seconds. '
  'Raises when the check did not run, so that pg_cron''s history says so. Returns ok, warning or critical.';

create function jobs.request_delivery()
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  problem text;
begin
  perform set_config('lock_timeout', '5s', true);
  if jobs.deliveries_wait() then
    perform jobs.check_health(timeout_ms => 10000);
  end if;
  return jsonb '[]';
exception
  when others then
    get stacked diagnostics
      problem = message_text;
    return jsonb_build_array(problem);
end
$function$;

revoke all on function jobs.request_delivery()
  from public, anon, authenticated, service_role;

comment on function jobs.request_delivery() is
  'Has the function check-job-health deliver, if alerts wait that nobody is delivering; waits for it for 10 seconds. '
  'Does not raise. Returns the problems that it met, an array of sentences.';

create function jobs.start_catch_up(job_name text)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  problem text;
begin
  perform set_config('lock_timeout', '5s', true);
  perform jobs.dispatch(
    job_name => start_catch_up.job_name,
    trigger_source => 'catch_up',
    timeout_ms => 10000
  );
  return jsonb '[]';
exception
  when others then
    get stacked diagnostics
      problem = message_text;
    return jsonb_build_array(
      format('%s: the catch-up run was not started: %s', start_catch_up.job_name, problem)
    );
end
$function$;

revoke all on function jobs.start_catch_up(text)
  from public, anon, authenticated, service_role;

comment on function jobs.start_catch_up(text) is
  'Makes up for a run: dispatches the job and waits for 10 seconds; a run that takes longer goes on by itself. '
  'Does not raise: a run that could not be started is logged as failed. Returns the problems that it met, an array of '
  'sentences.';

create function jobs.raise_problems(problems jsonb)
returns void
language plpgsql
set search_path = ''
as $function$
begin
  if raise_problems.problems <> '[]' then
    raise exception '%', (
      select string_agg(problem.value, '; ')
      from jsonb_array_elements_text(raise_problems.problems) as problem
    );
  end if;
end
$function$;

revoke all on function jobs.raise_problems(jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_problems(jsonb) is
  'Raises when the array of sentences is not empty: what pg_cron then keeps in its history.';

create function jobs.supervisor_command()
returns text
language sql
immutable
set search_path = ''
as $function$
  -- Each step is committed before the next: a function that is called must not
  -- wait for rows that its caller holds. What is still due after 45 seconds is
  -- due again in the next minute.
  select $command$do $supervisor$
declare
  ends_at timestamptz := clock_timestamp() + interval '45 seconds';
  problems jsonb := jobs.supervise() -> 'problems';
  job text;
begin
  commit;
  problems := problems || jobs.request_delivery();
  commit;
  foreach job in array array(select jobs.due_catch_ups()) loop
    exit when clock_timestamp() > ends_at;
    problems := problems || jobs.start_catch_up(job);
    commit;
  end loop;
  perform jobs.raise_problems(problems);
end
$supervisor$$command$;
$function$;

revoke all on function jobs.supervisor_command()
  from public, anon, authenticated, service_role;

comment on function jobs.supervisor_command() is
  'What pg_cron executes every minute as job-supervisor: jobs.supervise(); then, with nothing locked, '
  'jobs.request_delivery(); then jobs.start_catch_up() for each job that is due. A block and not a function, because it '
  'commits in between. Raises at the end, when all is committed, if something went wrong.';

create function jobs.schedule_supervision()
returns void
language sql
set search_path = ''
as $function$
  select cron.alter_job(
    job_id => cron.schedule(
      job_name => entry.name,
      schedule => entry.schedule,
      command => entry.command
    ),
    active => true
  )
  from (
    values
      ('job-supervisor', '* * * * *', jobs.supervisor_command()),
      ('check-job-health-hourly', '0 * * * *', 'select jobs.check_health()')
  ) as entry (name, schedule, command);
$function$;

revoke all on function jobs.schedule_supervision()
  from public, anon, authenticated, service_role;

comment on function jobs.schedule_supervision() is
  'Puts the entries job-supervisor (every minute) and check-job-health-hourly of pg_cron in place, active, as they are '
  'to be. Idempotent. Call it as the role that pg_cron is to run as: postgres.';
