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
          jobs.success_awaited_since(definition, last_success.started_at),
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
