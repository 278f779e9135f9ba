begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_job_checks.psql
select no_plan();

-- Over 60 seconds

select pg_temp.register('pgtap-slow');
select pg_temp.insert_run('pgtap-slow', 'success', '2001-03-10 12:00:00+00', took => '60 seconds');
select is(pg_temp.findings('pgtap-slow'), '{}', 'A run of 60 seconds is not slow');

select pg_temp.insert_run('pgtap-slow', 'success', '2001-03-10 12:10:00+00', took => '60.001 seconds');
select is(
  pg_temp.findings('pgtap-slow'),
  array['warning run_slow: The last run took 60.0 seconds, longer than the 60 seconds that a run should take.'],
  'A run that takes a millisecond more is slow'
);
select pg_temp.insert_run('pgtap-slow', 'success', '2001-03-10 12:20:00+00', took => '90.26 seconds');
select is(
  pg_temp.findings('pgtap-slow'),
  array['warning run_slow: The last run took 90.3 seconds, longer than the 60 seconds that a run should take.'],
  'The message has the duration of the run'
);
select pg_temp.insert_run('pgtap-slow', 'success', '2001-03-10 12:30:00+00', took => '1 second');
select is(pg_temp.findings('pgtap-slow'), '{}', 'The reason ends when the next run is quick');

-- Over what the job says

select pg_temp.register('pgtap-mails', slow_after => '5 minutes');
select pg_temp.insert_run('pgtap-mails', 'success', '2001-03-10 12:00:00+00', took => '5 minutes');
select is(pg_temp.findings('pgtap-mails'), '{}', 'A job that sends 300 mails may take as long as it says');
select pg_temp.insert_run('pgtap-mails', 'success', '2001-03-10 12:10:00+00', took => '300.001 seconds');
select is(
  pg_temp.findings('pgtap-mails'),
  array['warning run_slow: The last run took 300.0 seconds, longer than the 300 seconds that a run should take.'],
  'One that takes a millisecond more is slow'
);
update public.jobs_log
set metadata = '{"continued": true}'
where job_name = 'pgtap-mails';
select is(
  array(select finding from unnest(pg_temp.findings('pgtap-mails')) as finding where finding like '%run_slow%'),
  '{}',
  'One that was continued took all the time there was, and is not'
);

-- Far above its own history

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
select is(pg_temp.last_run_takes('pgtap-history', '50 seconds'), '{}', 'Nine runs are not enough for a median');

select pg_temp.insert_runs('pgtap-history', 1, took => '10 seconds');
select is(
  pg_temp.last_run_takes('pgtap-history', '50 seconds'),
  array['warning run_slow: The last run took 50.0 seconds, 5.0 times the median of the last 30 days (10.0 seconds).'],
  'With ten runs a run far above their median is slow'
);
select is(pg_temp.last_run_takes('pgtap-history', '30 seconds'), '{}', 'A run of three times the median is not slow');
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
  'A run that takes five seconds more than the median is not slow, even at six times the median'
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
  'Runs older than thirty days do not count in the median'
);

select pg_temp.insert_runs('pgtap-quick', 30, 'failed', '2001-03-09 12:00:00+00', took => '1 minute');
select matches(
  (pg_temp.last_run_takes('pgtap-quick', '10 seconds'))[1],
  'run_slow',
  'Failed runs do not count in the median'
);

select pg_temp.register('pgtap-instant');
select pg_temp.insert_runs('pgtap-instant', 9);
select matches(
  (pg_temp.last_run_takes('pgtap-instant', '20 seconds'))[1],
  'run_slow.*\(0\.0 seconds\)',
  'A median of zero does not divide by zero'
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
  'The random histories have slow runs and quick ones'
);

select * from finish();
rollback;
