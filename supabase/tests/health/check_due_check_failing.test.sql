begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_job_checks.psql
select no_plan();

create function public.pgtap_is_due(as_of timestamptz)
returns boolean
language sql
return false;

select pg_temp.register('pgtap-job');
update jobs.definitions set due_check = 'public.pgtap_is_due' where job_name = 'pgtap-job';
select pg_temp.insert_run('pgtap-job', 'success', '2001-03-10 12:00:00+00');
select is(pg_temp.findings('pgtap-job'), '{}', 'A due check that answers is no finding');

insert into jobs.due_check_failures (job_name, failing_since, last_failed_at, slow, error)
values ('pgtap-job', '2001-03-10 12:30:00+00', '2001-03-10 12:30:00+00', false, 'It broke. (P0001)');
select is(
  pg_temp.findings('pgtap-job'),
  array[
    'warning due_check_failing: The due check public.pgtap_is_due has failed once, first 30 minutes ago, so only the '
      'schedule starts the job (0 0 1 1 *). The last error: It broke. (P0001)'
  ],
  'The first failure is a warning: it may be a lock that was held for a moment'
);
select pg_temp.start_over();
select jobs.supervise('2001-03-10 13:00:00+00');
select is(pg_temp.new_alerts(), '{}', 'It raises no alert');

update jobs.due_check_failures set failures = 2 where job_name = 'pgtap-job';
select matches(
  (pg_temp.findings('pgtap-job'))[1],
  '^critical due_check_failing: .* has failed 2 times in a row, first 30 minutes ago',
  'The second is critical'
);
select jobs.supervise('2001-03-10 13:01:00+00');
select is(pg_temp.new_alerts(), array['job_unhealthy of pgtap-job'], 'The supervisor raises it');

select jobs.ask_due_check('pgtap-job', '2001-03-10 13:02:00+00');
select is(pg_temp.findings('pgtap-job'), '{}', 'A check that answers again ends it');
select jobs.supervise('2001-03-10 13:02:00+00');
select is(pg_temp.new_alerts(), array['job_recovered of pgtap-job'], 'The supervisor says so');

select * from finish();
rollback;
