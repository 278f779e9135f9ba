begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_job_checks.psql
select no_plan();

select pg_temp.unregister_all();
select jobs.register(
  job_name => 'pgtap-job',
  description => 'A job of the tests',
  schedule => '0 0 1 1 *'
);
select jobs.pause('pgtap-job', 'It needs an account first.');

select is(
  pg_temp.findings('pgtap-job', now()),
  array[
    'info not_turned_on: The job is installed and not turned on. It needs an account first. To turn it on: select '
      'jobs.resume(''pgtap-job'');'
  ],
  'A job that was paused when it was registered is not turned on, and the finding says how to'
);
select is(
  pg_temp.findings('pgtap-job', now() + interval '1 year'),
  pg_temp.findings('pgtap-job', now()),
  'That is all, a year later, too: it has missed no run'
);
select is(
  jobs.job_health_report(now(), 'pgtap-job') #>> '{0,status}',
  'ok',
  'The job is ok: it is information'
);
select pg_temp.start_over();
select jobs.supervise(now() + interval '1 year');
select is(
  (select count(*) from jobs.alerts where job_name = 'pgtap-job'),
  0::bigint,
  'Nobody is alerted'
);

select jobs.resume('pgtap-job', as_of => now() + interval '1 second');
select is(
  pg_temp.findings('pgtap-job', now() + interval '2 seconds'),
  array['warning never_ran: Enabled just now; first run expected within 25 hours.'],
  'A job that is turned on waits for its first run'
);
select jobs.pause('pgtap-job', 'On holiday', as_of => now() + interval '1 minute');
select is(pg_temp.findings('pgtap-job', now() + interval '2 minutes'), '{}', 'A pause by a person is another thing');

-- The digest

\ir ../../schemas/digest/weekly_overdue_digest_job.sql
select is(jobs.is_paused('weekly-overdue-digest'), true, 'The digest is installed paused');
select matches(
  (pg_temp.findings('weekly-overdue-digest', now()))[1],
  '^info not_turned_on: .* It mails agencies, and needs an account at Resend first',
  'The health report says that it is not turned on'
);
select results_eq(
  $$select requested_by, reason is not null from jobs.actions where job_name = 'weekly-overdue-digest' and ended_at is null$$,
  $$values ('duewatch', true)$$,
  'jobs.actions says who has paused it and why'
);
\ir ../../schemas/digest/weekly_overdue_digest_job.sql
select is(jobs.is_paused('weekly-overdue-digest'), true, 'Installed again it stays paused');
select jobs.resume('weekly-overdue-digest');
\ir ../../schemas/digest/weekly_overdue_digest_job.sql
select is(jobs.is_paused('weekly-overdue-digest'), false, 'Once somebody has turned it on, installing it again does not pause it');
select is(
  (select entry.active from cron.job as entry where entry.jobname = 'weekly-overdue-digest'),
  true,
  'And its entry stays active'
);

select * from finish();
rollback;
