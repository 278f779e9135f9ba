begin;
\ir ../../arrange.psql
select no_plan();

select jobs.register(
  job_name => 'pgtap-unregister',
  description => 'A job of the tests',
  schedule => '30 4 * * *',
  cron_job_name => 'pgtap-unregister-daily'
);

insert into public.jobs_log (job_name, started_at, status)
values ('pgtap-unregister', '2001-03-10 12:00:00+00', 'success');

select count(*) as definitions_before from jobs.definitions \gset
select count(*) as entries_before from cron.job \gset

select lives_ok(
  $$select jobs.unregister('pgtap-unregister')$$,
  'A job is unregistered'
);

select is_empty(
  $$select 1 from jobs.definitions where job_name = 'pgtap-unregister'$$,
  'Unregistering a job deletes its definition'
);

select is_empty(
  $$select 1 from cron.job where jobname = 'pgtap-unregister-daily'$$,
  'Unregistering a job deletes its pg_cron entry'
);

select is(
  (select count(*) from public.jobs_log where job_name = 'pgtap-unregister'),
  1::bigint,
  'Unregistering a job keeps its runs in the log'
);

select lives_ok(
  $$select jobs.unregister('pgtap-unregister')$$,
  'Unregistering an unknown job is not an error'
);

select is(
  (select count(*) from jobs.definitions),
  :definitions_before - 1::bigint,
  'Unregistering a job keeps other jobs'
);

select is(
  (select count(*) from cron.job),
  :entries_before - 1::bigint,
  'Unregistering a job keeps other pg_cron entries'
);

-- An entry that was removed by hand

select jobs.register(
  job_name => 'pgtap-unregister',
  description => 'A job of the tests',
  schedule => '30 4 * * *'
);
select cron.unschedule('pgtap-unregister');

select lives_ok(
  $$select jobs.unregister('pgtap-unregister')$$,
  'A job whose entry was removed by hand can be unregistered'
);

select lives_ok(
  $$select jobs.unschedule('pgtap-unregister')$$,
  'Unscheduling a missing entry is not an error'
);

select * from finish();
rollback;
