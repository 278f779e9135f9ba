begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir ../arrange_runs.psql
select no_plan();

-- Runs that are logged when they are over

select pg_temp.log_run('pgtap-a', '2001-03-10 12:00:00+00', took_ms => 250, records_updated => 7, failed_items => 2);
select is(
  pg_temp.totals_of('pgtap-a'),
  array[1, 0, 7, 250, 2]::bigint[],
  'A run that is logged as a success counts, with its records, its milliseconds and its failed items'
);

select pg_temp.log_run(
  'pgtap-a', '2001-03-10 13:00:00+00', 'failed', took_ms => 1000, records_updated => 3, failed_items => 1
);
select is(
  pg_temp.totals_of('pgtap-a'),
  array[1, 1, 10, 1250, 3]::bigint[],
  'A run that is logged as failed counts, with its records'
);

insert into public.jobs_log (job_name, started_at, status)
values ('pgtap-a', '2001-03-10 14:00:00+00', 'success');
select is(
  pg_temp.totals_of('pgtap-a'),
  array[2, 1, 10, 1250, 3]::bigint[],
  'A run that is logged by its job, start and status alone counts as a run'
);

insert into public.jobs_log (job_name, started_at, status, records_updated)
values ('pgtap-unknown', '2001-03-10 14:00:00+00', 'failed', null);
select is(
  pg_temp.totals_of('pgtap-unknown'),
  array[0, 1, 0, 0, 0]::bigint[],
  'A run without records_updated counts zero records'
);

insert into public.jobs_log (job_name, started_at, status, records_updated)
values
  ('pgtap-z', '2001-03-10 12:00:00+00', 'success', 1),
  ('pgtap-b', '2001-03-10 12:00:00+00', 'failed', 2),
  ('pgtap-z', '2001-03-10 12:00:00+00', 'success', 4),
  ('pgtap-z', '2001-03-10 12:00:00+00', 'failed', 8),
  ('pgtap-z', '2001-03-10 12:00:00+00', 'running', 16);
select is(
  array[pg_temp.totals_of('pgtap-b'), pg_temp.totals_of('pgtap-z')],
  array[[0, 1, 2, 0, 0], [2, 1, 13, 0, 0]]::bigint[],
  'One statement counts every run that it logs for its own job'
);

insert into public.jobs_log (job_name, started_at, status, items_failed, errors)
values
  ('pgtap-items', '2001-03-10 12:00:00+00', 'failed', 250, '[{"id": "1", "error": "It broke."}]'),
  ('pgtap-items', '2001-03-10 13:00:00+00', 'success', null, '[{"id": "1", "error": "It broke."}]');
select is(
  (pg_temp.totals_of('pgtap-items'))[5],
  251::bigint,
  'Failed items count, even those that are not listed'
);

-- Runs that are logged when they begin

select pg_temp.log_run('pgtap-c', '2001-03-10 12:00:00+00', 'running', records_updated => 5) as first_id \gset
select pg_temp.log_run('pgtap-c', '2001-03-10 13:00:00+00', 'running', records_updated => 1) as second_id \gset
select is(pg_temp.totals_of('pgtap-c'), null, 'A run that is running does not count');

update public.jobs_log
set records_updated = 20
where id = :'first_id';
select is(pg_temp.totals_of('pgtap-c'), null, 'A run that makes progress does not count');

update public.jobs_log
set
  status = 'success',
  completed_at = '2001-03-10 12:00:00.75+00'
where id = :'first_id';
select is(
  pg_temp.totals_of('pgtap-c'),
  array[1, 0, 20, 750, 0]::bigint[],
  'A running run counts when it succeeds, with all its numbers'
);

update public.jobs_log
set
  status = 'failed',
  completed_at = '2001-03-10 13:00:00.125+00',
  errors = '[{"id": "1", "name": "Item 1", "error": "It broke."}]'
where id = :'second_id';
select is(
  pg_temp.totals_of('pgtap-c'),
  array[1, 1, 21, 875, 1]::bigint[],
  'A running run counts when it fails'
);

-- Once

update public.jobs_log
set status = 'failed'
where id = :'first_id';
update public.jobs_log
set
  status = 'success',
  records_updated = 1000
where id = :'second_id';
update public.jobs_log
set error_message = 'Looked at by an engineer.'
where job_name = 'pgtap-c';
select is(
  pg_temp.totals_of('pgtap-c'),
  array[1, 1, 21, 875, 1]::bigint[],
  'A run that has counted does not count again, whatever is changed afterwards'
);

select pg_temp.log_run('pgtap-d', '2001-03-10 12:00:00+00', 'running', id => pg_temp.run_id(1));
select pg_temp.log_run('pgtap-d', '2001-03-10 12:00:00+00', 'success', id => pg_temp.run_id(2));
insert into public.jobs_log (id, job_name, started_at, status)
values
  (pg_temp.run_id(1), 'pgtap-d', '2001-03-10 12:00:00+00', 'failed'),
  (pg_temp.run_id(2), 'pgtap-d', '2001-03-10 12:00:00+00', 'failed'),
  (pg_temp.run_id(3), 'pgtap-d', '2001-03-10 12:00:00+00', 'failed')
on conflict (id) do update
set status = excluded.status;
select is(
  (pg_temp.totals_of('pgtap-d'))[1:2],
  array[1, 2]::bigint[],
  'One statement that logs a run, ends another and corrects a third counts the first two'
);

select pg_temp.log_run('pgtap-e', '2001-03-10 12:00:00+00', 'running')
from generate_series(1, 3);
select pg_temp.log_run('pgtap-f', '2001-03-10 12:00:00+00', 'running');
update public.jobs_log
set status = case when job_name = 'pgtap-f' then 'failed' else 'success' end
where job_name in ('pgtap-e', 'pgtap-f');
select is(
  array[(pg_temp.totals_of('pgtap-e'))[1:2], (pg_temp.totals_of('pgtap-f'))[1:2]],
  array[[3, 0], [0, 1]]::bigint[],
  'One statement counts every run that it ends'
);

-- As the service role

select ok(
  not has_table_privilege('service_role', 'jobs.run_totals', 'select, insert, update, delete'),
  'The service role cannot use the table itself'
);
set local role service_role;
insert into public.jobs_log (job_name, started_at, status)
values
  ('pgtap-service', '2001-03-10 12:00:00+00', 'success'),
  ('pgtap-service', '2001-03-10 13:00:00+00', 'running');
update public.jobs_log
set status = 'failed'
where job_name = 'pgtap-service'
  and status = 'running';
reset role;
select is(
  (pg_temp.totals_of('pgtap-service'))[1:2],
  array[1, 1]::bigint[],
  'Runs that the service role logs and ends count'
);

-- Order

insert into public.jobs_log (job_name, started_at, status)
select 'pgtap-order-' || number, '2001-03-10 12:00:00+00', 'success'
from unnest(array[7, 3, 9, 1, 8, 2, 6, 4, 5]) as number;
select is(
  array(select job_name from jobs.run_totals where job_name like 'pgtap-order-%' order by ctid),
  array(select 'pgtap-order-' || number from generate_series(1, 9) as number),
  'One statement writes the totals of several jobs by name, so that two statements cannot deadlock'
);

-- What does not count

savepoint before_the_error;
select pg_temp.log_run('pgtap-a', '2001-03-10 15:00:00+00');
select pg_temp.log_run('pgtap-new', '2001-03-10 15:00:00+00');
rollback to savepoint before_the_error;
select is(
  pg_temp.totals_of('pgtap-a'),
  array[2, 1, 10, 1250, 3]::bigint[],
  'A run whose logging is rolled back does not count'
);
select is(pg_temp.totals_of('pgtap-new'), null, 'The job of a run that was rolled back has no totals');

delete from public.jobs_log
where job_name = 'pgtap-a';
select is(
  pg_temp.totals_of('pgtap-a'),
  array[2, 1, 10, 1250, 3]::bigint[],
  'Runs that are deleted stay counted'
);

select throws_ok(
  format('update jobs.run_totals set %I = -1 where job_name = %L', column_name, 'pgtap-a'),
  '23514',
  null,
  format('A negative total is refused: %s', column_name)
)
from unnest(array['successes', 'failures', 'records_updated', 'duration_ms', 'failed_items']) as column_name;

select * from finish();
rollback;
