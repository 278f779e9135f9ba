begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_job_checks.psql
select no_plan();

select pg_temp.register('pgtap-new', enabled_at => '2001-03-10 11:00:00+00');
select is(
  pg_temp.findings('pgtap-new'),
  array[
    'warning never_ran: Enabled 2 hours ago; first run expected within 25 hours.'
  ],
  'A job that has never run is reported with the time when it was enabled'
);
select is(
  pg_temp.findings('pgtap-new', '2001-03-10 11:00:59+00'),
  array['warning never_ran: Enabled just now; first run expected within 25 hours.'],
  'A job that was enabled a moment ago is reported as enabled just now'
);
select pg_temp.insert_run('pgtap-new', 'running', '2001-03-10 13:00:00+00');
select is(pg_temp.findings('pgtap-new'), '{}', 'The reason ends when the first run starts');
delete from public.jobs_log
where job_name = 'pgtap-new';
select matches(
  (pg_temp.findings('pgtap-new', '2001-03-11 12:00:00+00'))[1],
  'warning never_ran',
  'A new job is reported until its first interval is over'
);

select pg_temp.register('pgtap-weekly', enabled_at => '2001-03-10 11:00:00+00', expected_interval => '7 days 2 hours');
select matches(
  (pg_temp.findings('pgtap-weekly', '2001-03-11 12:00:00+00'))[1],
  'warning never_ran',
  'A weekly job is reported on its first day'
);
select is(
  pg_temp.findings('pgtap-weekly', '2001-03-11 12:00:00.000001+00'),
  '{}',
  'A weekly job is ok after its first day while it waits for its first run'
);
select matches(
  (pg_temp.findings('pgtap-weekly', '2001-03-17 13:00:00.000001+00'))[1],
  'critical run_missed',
  'A job that has never run has missed a run after its interval'
);

select * from finish();
rollback;
