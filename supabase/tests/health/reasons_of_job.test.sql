begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
select no_plan();

-- Each reason: no finding, the fault, the finding with its numbers, the fault
-- mended, no finding.

create function pg_temp.findings(
  job_name text,
  as_of timestamptz default '2001-03-10 13:00:00+00'
)
returns text[]
language sql
as $$
  select coalesce(
    array_agg(format('%s %s: %s', reason.severity, reason.code, reason.message) order by reason.code),
    '{}'
  )
  from jobs.job_stats(findings.as_of) as job
  cross join jobs.reasons_of_job(job, findings.as_of) as reason
  where job.job_name = findings.job_name;
$$;

create function pg_temp.insert_runs(
  job_name text,
  count int,
  status text default 'success',
  started_at timestamptz default '2001-03-09 12:00:00+00',
  took interval default '0'
)
returns void
language sql
as $$
  select pg_temp.insert_run(insert_runs.job_name, insert_runs.status, insert_runs.started_at, insert_runs.took)
  from generate_series(1, insert_runs.count);
$$;

-- All is well

select pg_temp.register('pgtap-job');
select pg_temp.insert_run('pgtap-job', 'success', '2001-03-10 12:00:00+00');
select is(pg_temp.findings('pgtap-job'), '{}', 'A job that has run well within its interval is well');

-- last_run_failed

select pg_temp.insert_run(
  'pgtap-job', 'failed', '2001-03-10 12:10:00+00', took => '5 minutes', error_message => 'No ink'
) as run_id
\gset

select is(
  pg_temp.findings('pgtap-job', '2001-03-10 15:15:00+00'),
  array[
    'critical last_run_failed: The last run failed 3.0 hours ago: No ink',
    'warning success_rate_low: 50.0 % of the 2 runs of the last 30 days succeeded and 1 failed; at least 95 % is expected.'
  ],
  'A job whose last run failed says when and why'
);

select pg_temp.insert_run('pgtap-job', 'running', '2001-03-10 12:59:00+00') as running_id \gset
select matches(
  (pg_temp.findings('pgtap-job'))[1],
  'last_run_failed',
  'It has failed still while the next run is under way'
);
update public.jobs_log
set
  status = 'success',
  completed_at = '2001-03-10 13:00:00+00'
where id = :'running_id';
select is(
  array(select left(finding, 24) from unnest(pg_temp.findings('pgtap-job')) as finding),
  array['warning success_rate_low'],
  'When the next run has succeeded it has not'
);

update public.jobs_log
set error_message = null
where id = :'run_id';
delete from public.jobs_log
where id = :'running_id';
select is(
  (pg_temp.findings('pgtap-job', '2001-03-10 12:15:00+00'))[1],
  'critical last_run_failed: The last run failed 0.0 hours ago: it left no message.',
  'A run that left no message is told without one'
);
update public.jobs_log
set error_message = repeat('💥', 1000)
where id = :'run_id';
select is(
  (pg_temp.findings('pgtap-job', '2001-03-10 12:15:00+00'))[1],
  'critical last_run_failed: The last run failed 0.0 hours ago: ' || repeat('💥', 500),
  'A long message is cut'
);
delete from public.jobs_log
where id = :'run_id';
select is(pg_temp.findings('pgtap-job'), '{}', 'Without the failed run the job is well');

-- success_rate_low

select pg_temp.register('pgtap-rate');
select pg_temp.insert_runs('pgtap-rate', 1, 'failed', '2001-03-09 11:00:00+00');
select pg_temp.insert_runs('pgtap-rate', 18);
select pg_temp.insert_run('pgtap-rate', 'success', '2001-03-10 12:00:00+00');
select is(pg_temp.findings('pgtap-rate'), '{}', 'With exactly 95 % of success a job is well');

select pg_temp.insert_runs('pgtap-rate', 1, 'failed', '2001-02-08 13:00:00.000001+00');
select is(
  pg_temp.findings('pgtap-rate'),
  array[
    'warning success_rate_low: 90.4 % of the 21 runs of the last 30 days succeeded and 2 failed; at least 95 % is expected.'
  ],
  'With one more failure it is not, and says how many there were'
);
select is(
  pg_temp.findings('pgtap-rate', '2001-03-10 13:00:00.000001+00'),
  '{}',
  'After thirty days a failure does not count'
);

select pg_temp.insert_runs('pgtap-rate', 471 - 19, 'success', '2001-03-01 12:00:00+00');
select pg_temp.insert_runs('pgtap-rate', 25 - 2, 'failed', '2001-03-01 11:00:00+00');
select is(
  pg_temp.findings('pgtap-rate'),
  array[
    'warning success_rate_low: 94.9 % of the 496 runs of the last 30 days succeeded and 25 failed; at least 95 % is expected.'
  ],
  'A rate that is under 95 % is never told as 95.0 %'
);
select pg_temp.insert_run('pgtap-rate', 'running', '2001-03-10 12:59:00+00');
select matches(
  (pg_temp.findings('pgtap-rate'))[1],
  ' 496 runs ',
  'A run that is under way is neither'
);

-- A bad night of a daily job: one run fails, and so do those that are to make
-- up for it, until one does.

create function pg_temp.insert_catch_ups(
  job_name text,
  count int,
  status text,
  started_at timestamptz default '2001-03-09 12:00:00+00'
)
returns void
language sql
as $$
  insert into public.jobs_log (job_name, status, started_at, completed_at, trigger_source)
  select
    insert_catch_ups.job_name,
    insert_catch_ups.status,
    insert_catch_ups.started_at,
    case when insert_catch_ups.status <> 'running' then insert_catch_ups.started_at end,
    'catch_up'
  from generate_series(1, insert_catch_ups.count);
$$;

select pg_temp.register('pgtap-night');
select pg_temp.insert_runs('pgtap-night', 28, started_at => '2001-02-20 12:00:00+00');
select pg_temp.insert_runs('pgtap-night', 1, 'failed', '2001-03-09 11:00:00+00');
select pg_temp.insert_catch_ups('pgtap-night', 12, 'failed', '2001-03-09 11:30:00+00');
select pg_temp.insert_catch_ups('pgtap-night', 1, 'success');
select pg_temp.insert_run('pgtap-night', 'success', '2001-03-10 12:00:00+00');
select is(
  pg_temp.findings('pgtap-night'),
  '{}',
  'A bad night is one failure of the month, however often the run was tried again'
);

select pg_temp.insert_runs('pgtap-night', 1, 'failed', '2001-03-08 11:00:00+00');
select pg_temp.insert_catch_ups('pgtap-night', 1, 'success', '2001-03-08 12:00:00+00');
select pg_temp.insert_catch_ups('pgtap-night', 1, 'running', '2001-03-10 12:59:00+00');
select pg_temp.insert_catch_ups('pgtap-night', 100, 'success', '2001-02-08 13:00:00+00');
select is(
  pg_temp.findings('pgtap-night'),
  array[
    'warning success_rate_low: 93.5 % of the 31 runs of the last 30 days succeeded and 2 failed, '
      'not counting 14 that made up for others; at least 95 % is expected.'
  ],
  'That each was made up for does not hide that runs keep failing'
);

select pg_temp.register('pgtap-made-up');
select pg_temp.insert_catch_ups('pgtap-made-up', 3, 'failed');
select pg_temp.insert_catch_ups('pgtap-made-up', 1, 'success', '2001-03-10 12:00:00+00');
select is(pg_temp.findings('pgtap-made-up'), '{}', 'Without any other run there is no rate');

-- run_slow: over 60 seconds

select pg_temp.register('pgtap-slow');
select pg_temp.insert_run('pgtap-slow', 'success', '2001-03-10 12:00:00+00', took => '60 seconds');
select is(pg_temp.findings('pgtap-slow'), '{}', 'A run may take 60 seconds');

select pg_temp.insert_run('pgtap-slow', 'success', '2001-03-10 12:10:00+00', took => '60.001 seconds');
select is(
  pg_temp.findings('pgtap-slow'),
  array['warning run_slow: The last run took 60.0 seconds, longer than the 60 seconds that a run should take.'],
  'One that takes a millisecond more is slow'
);
select pg_temp.insert_run('pgtap-slow', 'success', '2001-03-10 12:20:00+00', took => '90.26 seconds');
select is(
  pg_temp.findings('pgtap-slow'),
  array['warning run_slow: The last run took 90.3 seconds, longer than the 60 seconds that a run should take.'],
  'It says how long it took'
);
select pg_temp.insert_run('pgtap-slow', 'success', '2001-03-10 12:30:00+00', took => '1 second');
select is(pg_temp.findings('pgtap-slow'), '{}', 'When the next one is quick the job is well');

-- run_slow: far above its own history

create function pg_temp.last_run_takes(job_name text, took interval)
returns text[]
language plpgsql
as $$
begin
  delete from public.jobs_log as run
  where run.job_name = last_run_takes.job_name
    and run.started_at = '2001-03-10 12:00:00+00';

  perform pg_temp.insert_run(last_run_takes.job_name, 'success', '2001-03-10 12:00:00+00', last_run_takes.took);
  return pg_temp.findings(last_run_takes.job_name);
end
$$;

select pg_temp.register('pgtap-history');
select pg_temp.insert_runs('pgtap-history', 8, took => '10 seconds');
select is(pg_temp.last_run_takes('pgtap-history', '50 seconds'), '{}', 'Nine runs are no history');

select pg_temp.insert_runs('pgtap-history', 1, took => '10 seconds');
select is(
  pg_temp.last_run_takes('pgtap-history', '50 seconds'),
  array['warning run_slow: The last run took 50.0 seconds, 5.0 times the median of the last 30 days (10.0 seconds).'],
  'Ten are, and a run far above its median is slow'
);
select is(pg_temp.last_run_takes('pgtap-history', '30 seconds'), '{}', 'Three times the median is not far above');
select matches(
  (pg_temp.last_run_takes('pgtap-history', '30.001 seconds'))[1],
  'run_slow',
  'A millisecond more is'
);

select pg_temp.register('pgtap-quick');
select pg_temp.insert_runs('pgtap-quick', 9, took => '1 second');
select is(
  pg_temp.last_run_takes('pgtap-quick', '6 seconds'),
  '{}',
  'Five seconds more than the median are nothing, though it is six times as long'
);
select matches(
  (pg_temp.last_run_takes('pgtap-quick', '6.001 seconds'))[1],
  'run_slow.*6\.0 times.*\(1\.0 seconds\)',
  'A millisecond more is'
);
select pg_temp.insert_runs('pgtap-quick', 30, 'success', '2001-02-08 12:59:59+00', took => '1 minute');
select matches(
  (pg_temp.last_run_takes('pgtap-quick', '10 seconds'))[1],
  'run_slow',
  'What was longer than thirty days ago is no history any more'
);

select pg_temp.insert_runs('pgtap-quick', 30, 'failed', '2001-03-09 12:00:00+00', took => '1 minute');
select matches(
  (pg_temp.last_run_takes('pgtap-quick', '10 seconds'))[1],
  'run_slow',
  'Nor is how long it took to fail'
);

select pg_temp.register('pgtap-instant');
select pg_temp.insert_runs('pgtap-instant', 9);
select matches(
  (pg_temp.last_run_takes('pgtap-instant', '20 seconds'))[1],
  'run_slow.*\(0\.0 seconds\)',
  'A history of runs that took no time at all divides nothing by zero'
);

-- Against the median itself, of histories around both limits

select setseed(0.42);
select pg_temp.register('pgtap-random-' || number)
from generate_series(1, 120) as number;
insert into public.jobs_log (job_name, status, started_at, completed_at)
select
  'pgtap-random-' || number,
  run.status,
  run.started_at,
  run.started_at + interval '1 millisecond' * run.duration_ms
from generate_series(1, 120) as number
cross join lateral (
  select
    case when random() < 0.9 then 'success' else 'failed' end as status,
    timestamptz '2001-03-09 12:00:00+00' + interval '1 minute' * nth as started_at,
    (1000 + 1000 * number % 7 + 1000 * floor(3 * random()))::int as duration_ms
  from generate_series(1, 8 + number % 9) as nth
) as run;
insert into public.jobs_log (job_name, status, started_at, completed_at)
select
  history.job_name,
  'success',
  '2001-03-10 12:00:00+00',
  timestamptz '2001-03-10 12:00:00+00' + interval '1 millisecond' * case
    when random() < 0.5 then 3 * history.some_ms + floor(4 * random()) - 1
    else history.some_ms + 5000 + floor(3 * random()) - 1
  end
from (
  select
    run.job_name,
    (array_agg(run.duration_ms order by random()))[1] as some_ms
  from public.jobs_log as run
  where run.job_name like 'pgtap-random-%'
  group by run.job_name
) as history;

create temporary table slow as
select
  history.job_name,
  history.last_ms > 3 * history.median_ms
    and history.last_ms > history.median_ms + 5000
    and history.successes >= 10 as is_slow
from (
  select
    run.job_name,
    count(*) as successes,
    (array_agg(run.duration_ms order by run.started_at desc))[1] as last_ms,
    percentile_disc(0.5) within group (order by run.duration_ms) as median_ms
  from public.jobs_log as run
  where run.job_name like 'pgtap-random-%'
    and run.status = 'success'
  group by run.job_name
) as history;

select set_eq(
  $$
    select slow.job_name, exists (
      select 1
      from unnest(pg_temp.findings(slow.job_name)) as finding
      where finding like 'warning run_slow: %'
    )
    from slow
  $$,
  'select job_name, is_slow from slow',
  'A run is slow exactly when the sorted durations say so'
);
select cmp_ok(
  (select least(count(*) filter (where slow.is_slow), count(*) filter (where not slow.is_slow)) from slow),
  '>',
  20::bigint,
  'Some are slow and some are not'
);

-- One job of many

select results_eq(
  $$select * from jobs.job_stats('2001-03-10 13:00:00+00', 'pgtap-quick')$$,
  $$select * from jobs.job_stats('2001-03-10 13:00:00+00') where job_name = 'pgtap-quick'$$,
  'The facts of one job are those that it has among all'
);
select is_empty(
  $$select * from jobs.job_stats('2001-03-10 13:00:00+00', 'pgtap-nobody')$$,
  'A job that is not judged has none'
);

-- never_ran

select pg_temp.register('pgtap-new', enabled_at => '2001-03-10 11:00:00+00');
select is(
  pg_temp.findings('pgtap-new'),
  array[
    'warning never_ran: The job was enabled 2.0 hours ago and has never run; its first run is expected within 25.0 hours.'
  ],
  'A job that has never run says since when'
);
select pg_temp.insert_run('pgtap-new', 'running', '2001-03-10 13:00:00+00');
select is(pg_temp.findings('pgtap-new'), '{}', 'Its first run has begun: it is well');
delete from public.jobs_log
where job_name = 'pgtap-new';
select matches(
  (pg_temp.findings('pgtap-new', '2001-03-11 12:00:00+00'))[1],
  'warning never_ran',
  'It says so until its first interval is over'
);

select pg_temp.register('pgtap-weekly', enabled_at => '2001-03-10 11:00:00+00', expected_interval => '7 days 2 hours');
select matches(
  (pg_temp.findings('pgtap-weekly', '2001-03-11 12:00:00+00'))[1],
  'warning never_ran',
  'A weekly job is worth a look on its first day'
);
select is(
  pg_temp.findings('pgtap-weekly', '2001-03-11 12:00:00.000001+00'),
  '{}',
  'Then it is waiting for its first run, and that is well'
);
select matches(
  (pg_temp.findings('pgtap-weekly', '2001-03-17 13:00:00.000001+00'))[1],
  'critical run_missed',
  'After its interval it has missed it'
);

-- run_missed

select is(
  pg_temp.findings('pgtap-new', '2001-03-11 12:30:00+00'),
  array['critical run_missed: No run has succeeded for 25.5 hours; one is expected every 25.0 hours. It has never run.'],
  'A job that has not run in its first interval has missed it'
);

select pg_temp.insert_run('pgtap-new', 'success', '2001-03-11 12:30:00+00');
select pg_temp.insert_run('pgtap-new', 'running', '2001-03-12 13:30:00+00');
select is(pg_temp.findings('pgtap-new', '2001-03-12 13:30:00+00'), '{}', 'Within its interval it is well');
select is(
  pg_temp.findings('pgtap-new', '2001-03-12 13:30:00.000001+00'),
  array[
    'critical run_missed: No run has succeeded for 25.0 hours; one is expected every 25.0 hours. '
      'The last run was 0.0 hours ago.'
  ],
  'After it, it is not, whatever else has run'
);
update public.jobs_log
set
  status = 'success',
  completed_at = '2001-03-12 13:31:00+00'
where job_name = 'pgtap-new'
  and status = 'running';
select is(pg_temp.findings('pgtap-new', '2001-03-12 13:31:00+00'), '{}', 'When that has succeeded it is well');

-- run_stuck

select pg_temp.register('pgtap-stuck', max_runtime => '5 minutes');
select pg_temp.insert_run('pgtap-stuck', 'success', '2001-03-10 11:00:00+00');
select pg_temp.insert_run('pgtap-stuck', 'running', '2001-03-10 12:00:00+00') as run_id \gset

select is(
  pg_temp.findings('pgtap-stuck', '2001-03-10 12:05:59.999999+00'),
  '{}',
  'A run may take as long as it may, and the supervisor has a minute to end it'
);
select is(
  pg_temp.findings('pgtap-stuck', '2001-03-10 12:06:00+00'),
  array[
    format(
      'critical run_stuck: Run %s has been running for 6.0 minutes, longer than the 5.0 minutes that it may take, '
        'and nobody has ended it.',
      :'run_id'
    )
  ],
  'After that it is stuck, and says which run and since when'
);
select jobs.reap_runs('pgtap-stuck', '2001-03-10 12:06:00+00');
select is(
  array(select split_part(finding, ':', 1) from unnest(pg_temp.findings('pgtap-stuck')) as finding),
  array['critical last_run_failed', 'warning success_rate_low'],
  'Once it is ended it has failed'
);

-- The schedule

create function pg_temp.jobid()
returns bigint
language sql
as $$
  select entry.jobid
  from cron.job as entry
  where entry.jobname = 'pgtap-job';
$$;

select cron.alter_job(job_id => pg_temp.jobid(), active => false);
select is(
  pg_temp.findings('pgtap-job'),
  array[
    'critical schedule_inactive: The entry pgtap-job of cron.job is inactive, so nothing starts the job at 0 0 1 1 *. '
      'The last run was 1.0 hours ago.'
  ],
  'A job whose entry is inactive is not started'
);
select cron.alter_job(job_id => pg_temp.jobid(), active => true);
select is(pg_temp.findings('pgtap-job'), '{}', 'With an active entry it is');

select cron.alter_job(job_id => pg_temp.jobid(), schedule => '0 1 * * *');
select is(
  pg_temp.findings('pgtap-job'),
  array[
    'warning schedule_differs: The entry pgtap-job of cron.job runs at 0 1 * * *, and the job is registered for 0 0 1 1 *.'
  ],
  'A job that is started at other times says so'
);

select cron.unschedule('pgtap-job');
select is(
  pg_temp.findings('pgtap-job'),
  array[
    'critical schedule_missing: cron.job has no entry pgtap-job, so nothing starts the job at 0 0 1 1 *. '
      'The last run was 1.0 hours ago.'
  ],
  'A job without an entry is not started'
);
select cron.unschedule('pgtap-new');
delete from public.jobs_log
where job_name = 'pgtap-new';
select is(
  (pg_temp.findings('pgtap-new', '2001-03-10 12:00:00+00'))[2],
  'critical schedule_missing: cron.job has no entry pgtap-new, so nothing starts the job at 0 0 1 1 *. It has never run.',
  'It says when there never was a run'
);
select pg_temp.register('pgtap-job');
select is(pg_temp.findings('pgtap-job'), '{}', 'To register it again mends it');

-- Disabled, and not registered

select pg_temp.register('pgtap-off', enabled => false);
select pg_temp.insert_run('pgtap-off', 'failed', '2001-03-10 12:00:00+00');
select is(
  pg_temp.findings('pgtap-off', '2001-06-01 12:00:00+00'),
  '{}',
  'Nothing is expected of a job that is disabled'
);
select pg_temp.insert_run('pgtap-off', 'running', '2001-03-10 12:00:00+00');
select matches(
  (pg_temp.findings('pgtap-off'))[1],
  'run_stuck',
  'But a run of it can be stuck'
);

select pg_temp.insert_run('pgtap-else', 'success', '2001-03-10 11:00:00+00');
select is(pg_temp.findings('pgtap-else'), '{}', 'A job that nobody registered is looked at only in trouble');
select pg_temp.insert_run('pgtap-else', 'failed', '2001-03-10 12:00:00+00', error_message => 'No ink');
select is(
  pg_temp.findings('pgtap-else', '2001-06-01 12:00:00+00'),
  array['critical last_run_failed: The last run failed 1992.0 hours ago: No ink'],
  'In trouble it is judged by its runs alone'
);
select jobs.close_incidents_silently('pgtap-else');
select is(pg_temp.findings('pgtap-else'), '{}', 'When its trouble is forgotten nobody looks at it');

select * from finish();
rollback;
