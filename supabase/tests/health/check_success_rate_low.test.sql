begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_job_checks.psql
select no_plan();

select pg_temp.register('pgtap-rate');
select pg_temp.insert_runs('pgtap-rate', 1, 'failed', '2001-03-09 11:00:00+00');
select pg_temp.insert_runs('pgtap-rate', 18);
select pg_temp.insert_run('pgtap-rate', 'success', '2001-03-10 12:00:00+00');
select is(pg_temp.findings('pgtap-rate'), '{}', 'A job with a success rate of exactly 95 % is ok');

select pg_temp.insert_runs('pgtap-rate', 1, 'failed', '2001-02-08 13:00:00.000001+00');
select is(
  pg_temp.findings('pgtap-rate'),
  array[
    'warning success_rate_low: 90.4 % of the 21 runs of the last 30 days succeeded and 2 failed; at least 95 % is expected.'
  ],
  'A success rate under 95 % is a warning with the number of failures'
);
select is(
  pg_temp.findings('pgtap-rate', '2001-03-10 13:00:00.000001+00'),
  '{}',
  'A failure older than thirty days does not count'
);

select pg_temp.insert_runs('pgtap-rate', 471 - 19, 'success', '2001-03-01 12:00:00+00');
select pg_temp.insert_runs('pgtap-rate', 25 - 2, 'failed', '2001-03-01 11:00:00+00');
select is(
  pg_temp.findings('pgtap-rate'),
  array[
    'warning success_rate_low: 94.9 % of the 496 runs of the last 30 days succeeded and 25 failed; at least 95 % is expected.'
  ],
  'A rate under 95 % is never shown as 95.0 %'
);
select pg_temp.insert_run('pgtap-rate', 'running', '2001-03-10 12:59:00+00');
select matches(
  (pg_temp.findings('pgtap-rate'))[1],
  ' 496 runs ',
  'A run that is under way does not count'
);

-- A bad night of a daily job: one run fails, and so do its catch-up runs, until
-- one succeeds.

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
  'A failed run counts once, however many catch-up runs fail after it'
);

select pg_temp.insert_runs('pgtap-night', 1, 'failed', '2001-03-08 11:00:00+00');
select pg_temp.insert_catch_ups('pgtap-night', 1, 'success', '2001-03-08 12:00:00+00');
select pg_temp.insert_catch_ups('pgtap-night', 1, 'running', '2001-03-10 12:59:00+00');
select pg_temp.insert_catch_ups('pgtap-night', 100, 'success', '2001-02-08 13:00:00+00');
select is(
  pg_temp.findings('pgtap-night'),
  array[
    'warning success_rate_low: 93.5 % of the 31 runs of the last 30 days succeeded and 2 failed, '
      'catch-up runs not counted (14); at least 95 % is expected.'
  ],
  'Catch-up runs that succeed do not hide that runs keep failing'
);

select pg_temp.register('pgtap-caught-up');
select pg_temp.insert_catch_ups('pgtap-caught-up', 3, 'failed');
select pg_temp.insert_catch_ups('pgtap-caught-up', 1, 'success', '2001-03-10 12:00:00+00');
select is(pg_temp.findings('pgtap-caught-up'), '{}', 'Catch-up runs alone have no success rate');

select * from finish();
rollback;
