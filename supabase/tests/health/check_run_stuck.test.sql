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
  'After max_runtime the supervisor has a minute to end a run'
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
  'After that the run is stuck; the message says which run, and for how long'
);
select jobs.reap_runs('pgtap-stuck', '2001-03-10 12:06:00+00');
select is(
  array(select split_part(finding, ':', 1) from unnest(pg_temp.findings('pgtap-stuck')) as finding),
  array['critical last_run_failed', 'warning success_rate_low'],
  'Once it is ended the run has failed'
);

select * from finish();
rollback;
