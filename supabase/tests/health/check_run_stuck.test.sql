begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_job_checks.psql
select no_plan();

select pg_temp.register('pgtap-stuck', max_runtime => '5 minutes');
select pg_temp.insert_run('pgtap-stuck', 'success', '2001-03-10 11:00:00+00');
select pg_temp.insert_run('pgtap-stuck', 'running', '2001-03-10 12:00:00+00') as run_id \gset

select is(
  pg_temp.findings('pgtap-stuck', '2001-03-10 12:05:59.999999+00'),
  '{}',
  'A run is not stuck in the first minute after its time limit'
);
select is(
  pg_temp.findings('pgtap-stuck', '2001-03-10 12:06:00+00'),
  array[
    format(
      'critical run_stuck: Run %s has been running for 6 minutes, longer than its time limit of 5 minutes, '
        'and has not been ended.',
      :'run_id'
    )
  ],
  'A run is stuck after that minute, and the message has its id and duration'
);
select jobs.reap_runs('pgtap-stuck', '2001-03-10 12:06:00+00');
select is(
  array(select split_part(finding, ':', 1) from unnest(pg_temp.findings('pgtap-stuck')) as finding),
  array['critical last_run_failed', 'warning success_rate_low'],
  'A stuck run that is ended has failed'
);

select pg_temp.register('pgtap-future');
select pg_temp.insert_run('pgtap-future', 'success', '2001-03-10 12:00:00+00');
select pg_temp.insert_run('pgtap-future', 'running', '2001-03-10 15:01:00+00') as run_id \gset
select is(
  pg_temp.findings('pgtap-future', '2001-03-10 15:00:00+00'),
  '{}',
  'A run that starts a minute ahead may be one whose clock was set back'
);
select is(
  pg_temp.findings('pgtap-future', '2001-03-10 13:01:00+00'),
  array[
    format(
      'critical run_stuck: Run %s is running, although it starts in 2 hours. No other run can start before it is over.',
      :'run_id'
    )
  ],
  'One that starts later than that is stuck'
);

select * from finish();
rollback;
