-- How the jobs are, judged in one place.
--
-- Why:       the function, the SQL editor, the alerts and the metrics have to
--            say the same.
-- Locks:     nothing that exists; building the index makes writers wait.
-- Take back: supabase/rollbacks/alerts.sql.

create index idx_jobs_log_catch_ups
  on public.jobs_log (job_name, started_at)
  include (status)
  where trigger_source = 'catch_up';

create type jobs.job_facts as (
  job_name text,
  definition jobs.definitions,
  last_run public.jobs_log,
  last_finished public.jobs_log,
  last_success public.jobs_log,
  is_missed boolean,
  finished_runs bigint,
  failed_runs bigint,
  much_quicker_runs bigint,
  finished_catch_ups bigint,
  failed_catch_ups bigint
);

comment on type jobs.job_facts is
  'What a job is judged by: its definition (null when it is not registered), its last runs, and how many runs of 30 days '
  'have ended. much_quicker_runs: the successes that took less than a third of what the last run took, and over '
  'five seconds less. Runs that made up for others are among those that ended, and counted once more by themselves.';

create type jobs.health_reason as (
  code text,
  severity text,
  message text
);

comment on type jobs.health_reason is
  'Why something is not well: code names the page in docs/runbooks, severity is warning or critical, message is a sentence.';

create function jobs.names_of_judged_jobs()
returns setof text
language sql
stable
rows 20
set search_path = ''
as $function$
  select definition.job_name
  from jobs.definitions as definition
  union
  select incident.job_name
  from jobs.incidents as incident
  where incident.closed_at is null
    and incident.job_name <> 'duewatch';
$function$;

revoke all on function jobs.names_of_judged_jobs()
  from public, anon, authenticated, service_role;

comment on function jobs.names_of_judged_jobs() is
  'The jobs that the health report is about: registered ones, and others with an open incident.';

create function jobs.facts_of_jobs(
  as_of timestamptz default now(),
  job_name text default null
)
returns setof jobs.job_facts
language plpgsql
stable
set search_path = ''
-- How much thirty days are of the log decides which index is read.
set plan_cache_mode = force_custom_plan
-- Compiling takes longer than what it would speed up.
set jit = off
as $function$
begin
  return query
    select
      job.name,
      definition,
      last_run.run,
      last_finished.run,
      last_success.run,
      coalesce(expectation.is_missed, false),
      successes.runs + failures.runs,
      failures.runs,
      successes.much_quicker_runs,
      catch_ups.runs,
      catch_ups.failed_runs
    from jobs.names_of_judged_jobs() as job (name)
    left join jobs.definitions as definition
      on definition.job_name = job.name
    left join jobs.expectations(facts_of_jobs.as_of, facts_of_jobs.job_name) as expectation
      on expectation.job_name = job.name
    -- Asked for like this, only an index by job has the order. From an index by
    -- time alone, which looks as cheap, a job without runs would take all of it.
    left join lateral (
      select logged as run
      from public.jobs_log as logged
      where logged.job_name = any (array[job.name])
        and logged.started_at <= facts_of_jobs.as_of
      order by logged.job_name, logged.started_at desc
      limit 1
    ) as last_run on true
    left join lateral (
      select
        logged as run,
        -- Whole milliseconds are under a third when they are under the third
        -- rounded up.
        least((logged.duration_ms + 2) / 3, logged.duration_ms - 5000) as much_less_ms
      from public.jobs_log as logged
      where logged.job_name = any (array[job.name])
        and logged.status <> 'running'
        and logged.started_at <= facts_of_jobs.as_of
      order by logged.job_name, logged.started_at desc
      limit 1
    ) as last_finished on true
    left join lateral (
      select logged as run
      from public.jobs_log as logged
      where logged.job_name = any (array[job.name])
        and logged.status = 'success'
        and logged.started_at <= facts_of_jobs.as_of
      order by logged.job_name, logged.started_at desc
      limit 1
    ) as last_success on true
    -- Successes and failures have an index each; to tell them apart row by row
    -- would take longer than to count them.
    cross join lateral (
      select
        count(*) as runs,
        count(*) filter (where run.duration_ms < last_finished.much_less_ms) as much_quicker_runs
      from public.jobs_log as run
      where run.job_name = job.name
        and run.status = 'success'
        and run.started_at > facts_of_jobs.as_of - interval '30 days'
        and run.started_at <= facts_of_jobs.as_of
    ) as successes
    cross join lateral (
      select count(*) as runs
      from public.jobs_log as run
      where run.job_name = job.name
        and run.status = 'failed'
        and run.started_at > facts_of_jobs.as_of - interval '30 days'
        and run.started_at <= facts_of_jobs.as_of
    ) as failures
    cross join lateral (
      select
        count(*) as runs,
        count(*) filter (where run.status = 'failed') as failed_runs
      from public.jobs_log as run
      where run.job_name = job.name
        and run.trigger_source = 'catch_up'
        and run.status <> 'running'
        and run.started_at > facts_of_jobs.as_of - interval '30 days'
        and run.started_at <= facts_of_jobs.as_of
    ) as catch_ups
    where facts_of_jobs.job_name is null
      or job.name = facts_of_jobs.job_name;
end
$function$;

revoke all on function jobs.facts_of_jobs(timestamptz, text)
  from public, anon, authenticated, service_role;

comment on function jobs.facts_of_jobs(timestamptz, text) is
  'The facts of every registered job, and of every other job with an open incident, as they were at as_of; '
  'or (job_name) of that one among them.';

create function jobs.median_ms(
  job_name text,
  as_of timestamptz default now()
)
returns bigint
language sql
stable
set search_path = ''
as $function$
  select percentile_disc(0.5) within group (order by run.duration_ms)
  from public.jobs_log as run
  where run.job_name = median_ms.job_name
    and run.status = 'success'
    and run.started_at > median_ms.as_of - interval '30 days'
    and run.started_at <= median_ms.as_of;
$function$;

revoke all on function jobs.median_ms(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.median_ms(text, timestamptz) is
  'The median of the durations of a job''s successes of the 30 days before as_of, in milliseconds; of two in the middle '
  'the shorter. Null without a success.';

create function jobs.reasons_of_job(
  job jobs.job_facts,
  as_of timestamptz default now()
)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
declare
  definition jobs.definitions := job.definition;
  last_run public.jobs_log := job.last_run;
  last_finished public.jobs_log := job.last_finished;
  last_success public.jobs_log := job.last_success;
  is_registered boolean := definition.job_name is not null;
  last_run_told text := case
    when last_run.id is null then 'It has never run.'
    else format('The last run was %s hours ago.', jobs.hours_between(last_run.started_at, reasons_of_job.as_of))
  end;
  max_seconds constant numeric := 60;
  min_success_rate constant numeric := 95;
  successes bigint := job.finished_runs - job.failed_runs;
  -- How often it started otherwise: what a run made up for counts already.
  occasions bigint := job.finished_runs - job.finished_catch_ups;
  failed_occasions bigint := job.failed_runs - job.failed_catch_ups;
  median_ms bigint;
  stuck record;
  entry record;
begin
  for stuck in
    select
      run.id,
      run.started_at
    from public.jobs_log as run
    where run.job_name = job.job_name
      and run.status = 'running'
      -- The supervisor has had its minute to end it.
      and run.started_at <= reasons_of_job.as_of - jobs.max_runtime(job.job_name) - interval '1 minute'
    order by run.started_at
    limit 1
  loop
    return next (
      'run_stuck',
      'critical',
      format(
        'Run %s has been running for %s minutes, longer than the %s minutes that it may take, and nobody has ended it.',
        stuck.id,
        round(extract(epoch from reasons_of_job.as_of - stuck.started_at) / 60, 1),
        round(extract(epoch from jobs.max_runtime(job.job_name)) / 60, 1)
      )
    )::jobs.health_reason;
  end loop;

  if is_registered and not definition.enabled then
    return;
  end if;

  if last_finished.status = 'failed' then
    return next (
      'last_run_failed',
      'critical',
      format(
        'The last run failed %s hours ago: %s',
        jobs.hours_between(last_finished.completed_at, reasons_of_job.as_of),
        coalesce(left(last_finished.error_message, 500), 'it left no message.')
      )
    )::jobs.health_reason;
  end if;

  if 100 * (occasions - failed_occasions) < min_success_rate * occasions then
    return next (
      'success_rate_low',
      'warning',
      format(
        '%s %% of the %s runs of the last 30 days succeeded and %s failed%s; at least %s %% is expected.',
        -- Rounded, 94.96 % would be the 95 % that are expected.
        trunc(100.0 * (occasions - failed_occasions) / occasions, 1),
        occasions,
        failed_occasions,
        case
          when job.finished_catch_ups > 0 then
            format(', not counting %s that made up for others', job.finished_catch_ups)
        end,
        min_success_rate
      )
    )::jobs.health_reason;
  end if;

  if last_finished.status = 'success' and last_finished.duration_ms > max_seconds * 1000 then
    return next (
      'run_slow',
      'warning',
      format(
        'The last run took %s seconds, longer than the %s seconds that a run should take.',
        round(last_finished.duration_ms / 1000.0, 1),
        max_seconds
      )
    )::jobs.health_reason;
  elsif last_finished.status = 'success'
    and successes >= 10
    -- When half of them were much quicker, so was their median: no need to sort.
    and 2 * job.much_quicker_runs >= successes then
    median_ms := jobs.median_ms(job.job_name, reasons_of_job.as_of);
    return next (
      'run_slow',
      'warning',
      format(
        'The last run took %s seconds, %s times the median of the last 30 days (%s seconds).',
        round(last_finished.duration_ms / 1000.0, 1),
        round(last_finished.duration_ms / greatest(median_ms, 1)::numeric, 1),
        round(median_ms / 1000.0, 1)
      )
    )::jobs.health_reason;
  end if;

  if not is_registered then
    return;
  end if;

  if job.is_missed then
    return next (
      'run_missed',
      'critical',
      format(
        'No run has succeeded for %s hours; one is expected every %s hours. %s',
        jobs.hours_between(
          jobs.waiting_since(definition, last_success.started_at),
          reasons_of_job.as_of
        ),
        round(extract(epoch from definition.expected_interval) / 3600, 1),
        last_run_told
      )
    )::jobs.health_reason;
  -- Worth a look on its first day; a weekly job is no warning for a week.
  elsif last_run.id is null and definition.enabled_at >= reasons_of_job.as_of - interval '25 hours' then
    return next (
      'never_ran',
      'warning',
      format(
        'The job was enabled %s hours ago and has never run; its first run is expected within %s hours.',
        jobs.hours_between(definition.enabled_at, reasons_of_job.as_of),
        round(extract(epoch from definition.expected_interval) / 3600, 1)
      )
    )::jobs.health_reason;
  end if;

  select
    scheduled.active,
    scheduled.schedule
  into entry
  from cron.job as scheduled
  where scheduled.jobname = definition.cron_job_name
    and scheduled.database = current_database()
  order by scheduled.active desc
  limit 1;

  if not found then
    return next (
      'schedule_missing',
      'critical',
      format(
        'cron.job has no entry %s, so nothing starts the job at %s. %s',
        definition.cron_job_name,
        definition.schedule,
        last_run_told
      )
    )::jobs.health_reason;
  elsif not entry.active then
    return next (
      'schedule_inactive',
      'critical',
      format(
        'The entry %s of cron.job is inactive, so nothing starts the job at %s. %s',
        definition.cron_job_name,
        definition.schedule,
        last_run_told
      )
    )::jobs.health_reason;
  elsif entry.schedule <> definition.schedule then
    return next (
      'schedule_differs',
      'warning',
      format(
        'The entry %s of cron.job runs at %s, and the job is registered for %s.',
        definition.cron_job_name,
        entry.schedule,
        definition.schedule
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.reasons_of_job(jobs.job_facts, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.reasons_of_job(jobs.job_facts, timestamptz) is
  'Judges one job: a row for each reason why it is not well, none when it is. Thresholds: the last run failed; no success '
  'within expected_interval; running a minute longer than max_runtime; under 95 % success in 30 days, catch-up runs not '
  'counted; the last run over 60 seconds, or over three times the 30-day median and 5 seconds more (from 10 successes '
  'on); never ran; not scheduled as registered. A disabled job is judged only for stuck runs.';

create function jobs.setting_problem(name text)
returns text
language plpgsql
stable
set search_path = ''
as $function$
declare
  found_value text;
  problem text;
begin
  found_value := jobs.setting(setting_problem.name);
  if setting_problem.name = 'functions_url' then
    found_value := jobs.checked_functions_url(found_value);
  end if;
  return null;
exception
  when undefined_object or invalid_parameter_value then
    get stacked diagnostics
      problem = message_text;
    return problem;
end
$function$;

revoke all on function jobs.setting_problem(text)
  from public, anon, authenticated, service_role;

comment on function jobs.setting_problem(text) is
  'What is wrong with a setting (functions_url, jobs_api_key), or null. Never holds a key.';

create function jobs.reasons_of_channels(as_of timestamptz default now())
returns setof jobs.health_reason
language sql
stable
set search_path = ''
as $function$
  select
    'no_alert_channel',
    'warning',
    'No channel has been announced, so nobody would hear of a failure.'
  where not exists (
    select 1
    from jobs.alert_channels
  )

  union all

  select
    'no_alert_channel',
    'warning',
    format(
      'No process has offered to send to %s for %s hours; the health check does so every hour when it is configured.',
      channel.name,
      jobs.hours_between(channel.announced_at, reasons_of_channels.as_of)
    )
  from jobs.alert_channels as channel
  where channel.announced_at < reasons_of_channels.as_of - interval '2 hours'

  union all

  select
    'alerts_undelivered',
    'critical',
    concat_ws(
      ' ',
      format(
        '%s for %s, the oldest for %s minutes, in up to %s attempts.',
        case when count(*) = 1 then '1 alert waits' else count(*) || ' alerts wait' end,
        delivery.channel,
        round(extract(epoch from reasons_of_channels.as_of - min(delivery.queued_at)) / 60),
        max(delivery.attempts)
      ),
      case when max(delivery.attempts) = 0 then 'Nobody has tried to send them.' end,
      'The last error: ' || left(
        (
          array_agg(delivery.last_error order by delivery.next_attempt_at desc)
            filter (where delivery.last_error is not null)
        )[1],
        300
      )
    )
  from jobs.alert_deliveries as delivery
  join jobs.alert_channels as channel
    on channel.name = delivery.channel
  where delivery.status = 'pending'
  group by delivery.channel
  having min(delivery.queued_at) < reasons_of_channels.as_of - interval '15 minutes'

  union all

  select
    'alerts_undelivered',
    -- It has reached people on another channel, or not at all.
    case when bool_and(elsewhere.is_sent) then 'warning' else 'critical' end,
    format(
      '%s given up for %s in the last 24 hours. The last error: %s',
      case when count(*) = 1 then '1 alert was' else count(*) || ' alerts were' end,
      delivery.channel,
      left((array_agg(delivery.last_error order by delivery.finished_at desc))[1], 300)
    )
  from jobs.alert_deliveries as delivery
  cross join lateral (
    select exists (
      select 1
      from jobs.alert_deliveries as other
      where other.alert_id = delivery.alert_id
        and other.status = 'sent'
    ) as is_sent
  ) as elsewhere
  where delivery.status = 'given_up'
    and delivery.finished_at > reasons_of_channels.as_of - interval '24 hours'
    and delivery.channel in (
      select channel.name
      from jobs.alert_channels as channel
    )
  group by delivery.channel;
$function$;

revoke all on function jobs.reasons_of_channels(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.reasons_of_channels(timestamptz) is
  'Judges whether alerts reach people: no channel, a channel that nobody offers any more (2 hours), alerts that wait '
  '(15 minutes), alerts that were given up (24 hours). A row for each reason.';

create function jobs.reasons_of_scheduler(as_of timestamptz default now())
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
declare
  supervisor record;
  setting_name text;
  problem text;
begin
  if not exists (
    select 1
    from pg_catalog.pg_stat_activity as process
    where process.backend_type like 'pg\_cron%'
      or process.application_name like 'pg\_cron%'
  ) then
    return next (
      'scheduler_dead',
      'critical',
      'The process of pg_cron is not running, so no job starts by itself. It comes back with a restart of the database.'
    )::jobs.health_reason;
  end if;

  select
    entry.active,
    coalesce(last_success.start_time, first_tick.start_time) as well_until
  into supervisor
  from cron.job as entry
  left join lateral (
    select tick.start_time
    from cron.job_run_details as tick
    where tick.jobid = entry.jobid
      and tick.status = 'succeeded'
    order by tick.runid desc
    limit 1
  ) as last_success on true
  left join lateral (
    select tick.start_time
    from cron.job_run_details as tick
    -- Behind all of a history that nobody has ever trimmed: only where needed.
    where last_success.start_time is null
      and tick.jobid = entry.jobid
      -- It has none while it is being started, and when it could not be.
      and tick.start_time is not null
    order by tick.runid
    limit 1
  ) as first_tick on true
  where entry.jobname = 'job-supervisor'
    and entry.database = current_database()
  order by entry.active desc
  limit 1;

  if not found or not supervisor.active then
    return next (
      'supervisor_silent',
      'critical',
      'The entry job-supervisor of cron.job is missing or inactive: dead runs are not ended, missed ones not made up for.'
    )::jobs.health_reason;
  elsif supervisor.well_until < reasons_of_scheduler.as_of - interval '5 minutes' then
    return next (
      'supervisor_silent',
      'critical',
      format(
        'The supervisor should succeed every minute, and has not for %s minutes. %s',
        round(extract(epoch from reasons_of_scheduler.as_of - supervisor.well_until) / 60),
        coalesce(
          (
            select 'pg_cron says: ' || left(tick.return_message, 300)
            from cron.job as entry
            join cron.job_run_details as tick
              on tick.jobid = entry.jobid
            where entry.jobname = 'job-supervisor'
              and tick.status = 'failed'
              and tick.start_time >= supervisor.well_until
            order by tick.runid desc
            limit 1
          ),
          'pg_cron has not started it.'
        )
      )
    )::jobs.health_reason;
  end if;

  if not exists (
    select 1
    from cron.job as entry
    where entry.jobname = 'check-job-health-hourly'
      and entry.database = current_database()
      and entry.active
  ) then
    return next (
      'supervisor_silent',
      'critical',
      'The entry check-job-health-hourly of cron.job is missing or inactive: nobody looks every hour.'
    )::jobs.health_reason;
  end if;

  foreach setting_name in array array['functions_url', 'jobs_api_key'] loop
    problem := jobs.setting_problem(setting_name);
    if problem is not null then
      return next (
        'setting_missing',
        'critical',
        format('No job can be started: %s.', problem)
      )::jobs.health_reason;
    end if;
  end loop;
end
$function$;

revoke all on function jobs.reasons_of_scheduler(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.reasons_of_scheduler(timestamptz) is
  'Judges what all jobs depend on: the process of pg_cron, the supervisor (5 minutes without success), the hourly check, '
  'and the settings in Vault. A row for each reason.';

create function jobs.worst_severity(reasons jsonb)
returns text
language sql
immutable
set search_path = ''
as $function$
  select case
    when worst_severity.reasons @> '[{"severity": "critical"}]' then 'critical'
    when worst_severity.reasons @> '[{"severity": "warning"}]' then 'warning'
    else 'ok'
  end;
$function$;

revoke all on function jobs.worst_severity(jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.worst_severity(jsonb) is
  'ok, warning or critical: the status that follows from an array of reasons.';

create function jobs.health_of_jobs(
  as_of timestamptz default now(),
  job_name text default null
)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'job_name', job.job_name,
        'registered', (job.definition).job_name is not null,
        'enabled', coalesce((job.definition).enabled, false),
        'schedule', (job.definition).schedule,
        'status', jobs.worst_severity(judged.reasons),
        'reasons', judged.reasons,
        'last_run', case
          when (job.last_run).id is not null then
            jobs.run_facts(job.last_run) || jsonb_build_object('status', (job.last_run).status)
        end,
        'last_success', case
          when (job.last_success).id is not null then
            jobs.run_facts(job.last_success) || jsonb_build_object('status', (job.last_success).status)
        end,
        'hours_since_last_run', jobs.hours_between((job.last_run).started_at, health_of_jobs.as_of),
        'hours_since_last_success', jobs.hours_between((job.last_success).started_at, health_of_jobs.as_of),
        'success_rate_30d', round(
          100.0 * (job.finished_runs - job.failed_runs) / nullif(job.finished_runs, 0),
          2
        ),
        'runs_30d', job.finished_runs,
        'failed_runs_30d', job.failed_runs
      )
      order by job.job_name
    ),
    '[]'
  )
  from jobs.facts_of_jobs(health_of_jobs.as_of, health_of_jobs.job_name) as job
  cross join lateral (
    select coalesce(jsonb_agg(to_jsonb(reason)), '[]') as reasons
    from jobs.reasons_of_job(job, health_of_jobs.as_of) as reason
  ) as judged;
$function$;

revoke all on function jobs.health_of_jobs(timestamptz, text)
  from public, anon, authenticated, service_role;

comment on function jobs.health_of_jobs(timestamptz, text) is
  'The report of every job, or (job_name) of that one: status, reasons, last run, last success, success rate of 30 days. '
  'Returns an array.';

create function jobs.health_of_channels(as_of timestamptz default now())
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'name', channel.name,
        'announced_at', channel.announced_at,
        'paused_until', case when channel.paused_until > health_of_channels.as_of then channel.paused_until end,
        'pending', waiting.deliveries,
        'oldest_pending_at', waiting.oldest_at,
        'given_up_24h', given_up.deliveries,
        'last_error', coalesce(waiting.last_error, given_up.last_error),
        'last_sent_at', last_sent.finished_at
      )
      order by channel.name
    ),
    '[]'
  )
  from jobs.alert_channels as channel
  cross join lateral (
    select
      count(*) as deliveries,
      min(delivery.queued_at) as oldest_at,
      (array_agg(delivery.last_error order by delivery.next_attempt_at desc)
        filter (where delivery.last_error is not null))[1] as last_error
    from jobs.alert_deliveries as delivery
    where delivery.channel = channel.name
      and delivery.status = 'pending'
  ) as waiting
  cross join lateral (
    select
      count(*) as deliveries,
      (array_agg(delivery.last_error order by delivery.finished_at desc))[1] as last_error
    from jobs.alert_deliveries as delivery
    where delivery.channel = channel.name
      and delivery.status = 'given_up'
      and delivery.finished_at > health_of_channels.as_of - interval '24 hours'
  ) as given_up
  left join lateral (
    select delivery.finished_at
    from jobs.alert_deliveries as delivery
    where delivery.channel = channel.name
      and delivery.status = 'sent'
    order by delivery.finished_at desc
    limit 1
  ) as last_sent on true;
$function$;

revoke all on function jobs.health_of_channels(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.health_of_channels(timestamptz) is
  'The report of every announced channel: what waits, what was given up, what was sent last. Returns an array.';

create function jobs.open_incidents()
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'job_name', incident.job_name,
        'kind', incident.kind,
        'opened_at', incident.opened_at,
        'last_seen_at', incident.last_seen_at,
        'last_alerted_at', incident.last_alerted_at,
        'occurrences', incident.occurrences,
        'reminders', incident.reminders
      )
      order by incident.opened_at, incident.job_name, incident.kind
    ),
    '[]'
  )
  from jobs.incidents as incident
  where incident.closed_at is null;
$function$;

revoke all on function jobs.open_incidents()
  from public, anon, authenticated, service_role;

comment on function jobs.open_incidents() is
  'What people have been told of and is not over, oldest first. Returns an array.';

create function jobs.raise_health_alerts(
  health jsonb,
  as_of timestamptz default now()
)
returns void
language plpgsql
set search_path = ''
as $function$
declare
  judged record;
begin
  for judged in
    select
      job.value ->> 'job_name' as job_name,
      jsonb_path_query_array(
        job.value -> 'reasons',
        '$[*] ? (@.severity == "critical" && @.code != "last_run_failed" && @.code != "run_missed")'
      ) as reasons,
      job.value #>> '{last_run,started_at}' as last_run_at,
      job.value -> 'hours_since_last_run' as hours_since_last_run
    from jsonb_array_elements(raise_health_alerts.health -> 'jobs') as job

    union all

    select
      'duewatch',
      jsonb_path_query_array(
        raise_health_alerts.health #> '{system,reasons}',
        '$[*] ? (@.severity == "critical")'
      ),
      null,
      null
  loop
    if judged.reasons <> '[]' then
      perform jobs.raise_incident(
        job_name => judged.job_name,
        kind => 'job_unhealthy',
        details => jsonb_build_object(
          'reasons', judged.reasons,
          'last_run_at', judged.last_run_at,
          'hours_since_last_run', judged.hours_since_last_run
        ),
        as_of => raise_health_alerts.as_of
      );
    else
      perform jobs.close_incidents(
        job_name => judged.job_name,
        kinds => array['job_unhealthy'],
        as_of => raise_health_alerts.as_of
      );
    end if;

    perform jobs.raise_missed_run(
      job_name => judged.job_name,
      as_of => raise_health_alerts.as_of
    );
  end loop;
end
$function$;

revoke all on function jobs.raise_health_alerts(jsonb, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_health_alerts(jsonb, timestamptz) is
  'Opens and closes the incidents job_unhealthy (a schedule that is gone, a run that nobody can end, and under the name '
  'duewatch what concerns all jobs), and raises run_missed. What a run tells by itself is alerted with the run. '
  'Called again it raises nothing new.';

create function public.get_job_health(
  as_of timestamptz default now(),
  raise_alerts boolean default false
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
declare
  jobs_report jsonb := jobs.health_of_jobs(get_job_health.as_of);
  system_reasons jsonb;
  every_reason jsonb;
  health jsonb;
begin
  select coalesce(jsonb_agg(to_jsonb(reason)), '[]')
  into system_reasons
  from (
    select *
    from jobs.reasons_of_scheduler(get_job_health.as_of)
    union all
    select *
    from jobs.reasons_of_channels(get_job_health.as_of)
  ) as reason;

  every_reason := system_reasons || jsonb_path_query_array(jobs_report, '$[*].reasons[*]');

  health := jsonb_build_object(
    'status', jobs.worst_severity(every_reason),
    'checked_at', get_job_health.as_of,
    'jobs', jobs_report,
    'system', jsonb_build_object(
      'status', jobs.worst_severity(system_reasons),
      'reasons', system_reasons
    ),
    'incidents', jobs.open_incidents(),
    'channels', jobs.health_of_channels(get_job_health.as_of)
  );

  if get_job_health.raise_alerts then
    perform jobs.raise_health_alerts(
      health => health,
      as_of => get_job_health.as_of
    );
  end if;

  return health;
end
$function$;

revoke all on function public.get_job_health(timestamptz, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.get_job_health(timestamptz, boolean)
  to service_role;

comment on function public.get_job_health(timestamptz, boolean) is
  'How the jobs are: the one place that judges, for the function check-job-health, the SQL editor and the metrics. '
  'Defaults: now, and nothing is written. raise_alerts raises run_missed and job_unhealthy where they are due, and ends '
  'what is over; called again it raises nothing new. '
  'Returns {status, checked_at, jobs: [{job_name, status, reasons: [{code, severity, message}], last_run, last_success, '
  'hours_since_last_run, …}], system: {status, reasons}, incidents: […], channels: […]}; status is ok, warning or critical.';
