begin;
\ir ../../arrange.psql
set local pgtap.counted_tables = '{public.installments}';
\ir ../../rows_read.psql
select no_plan();

-- The agencies and runs of the database are not those of the test.
delete from public.installments where true;
delete from public.payment_plans where true;
delete from public.user_roles where true;
delete from public.agencies where true;
delete from public.jobs_log where true;
select jobs.follow_cutoffs(false);
select jobs.follow_cutoffs(true);

-- As the entry of pg_cron asks it.
create function pg_temp.is_due(as_of timestamptz)
returns boolean
language sql
as $$
  select jobs.is_due('update-installment-statuses', is_due.as_of);
$$;

-- What a run that starts at an instant does, and that it has succeeded.
create function pg_temp.run(at timestamptz)
returns void
language sql
as $$
  select public.update_installment_statuses(run.at);
  delete from public.jobs_log where true;
  insert into public.jobs_log (job_name, started_at, completed_at, status)
  values ('update-installment-statuses', run.at, run.at, 'success');
$$;

-- 2001-03-07 was a Wednesday.
select is(pg_temp.is_due('2001-03-07 00:00:00+00'), false, 'Without agencies nothing is due');

select pg_temp.insert_agency('Australia/Brisbane') as brisbane \gset
select pg_temp.insert_plan(:'brisbane') as plan \gset
select pg_temp.insert_installment(:'plan', '2001-03-07') as installment \gset
select pg_temp.insert_agency('America/New_York', '12:00:00') as new_york \gset
select pg_temp.insert_plan(:'new_york') as plan_there \gset
select pg_temp.insert_installment(:'plan_there', '2001-03-07') as installment_there \gset

-- At the minute

select results_eq(
  $$
    select instant, pg_temp.is_due(instant)
    from unnest(
      array[
        '2001-03-07 00:00:00+00',
        '2001-03-07 06:59:59.999999+00',
        '2001-03-07 07:00:00+00',
        '2001-03-07 07:01:00+00'
      ]::timestamptz[]
    ) as instant
  $$,
  $$
    values
      (timestamptz '2001-03-07 00:00:00+00', false),
      ('2001-03-07 06:59:59.999999+00', false),
      ('2001-03-07 07:00:00+00', true),
      ('2001-03-07 07:01:00+00', true)
  $$,
  'A run is due from the second of the cut-off on, until one has succeeded'
);

insert into public.jobs_log (job_name, started_at, completed_at, status)
values ('update-installment-statuses', '2001-03-07 07:01:05+00', '2001-03-07 07:01:06+00', 'failed');
select is(pg_temp.is_due('2001-03-07 07:02:00+00'), true, 'A run that failed settles nothing');
insert into public.jobs_log (job_name, started_at, completed_at, status, metadata)
values ('update-installment-statuses', '2001-03-07 07:02:05+00', '2001-03-07 07:02:06+00', 'success', '{"continued": true}');
select is(pg_temp.is_due('2001-03-07 07:03:00+00'), true, 'Nor does one that left work');

select pg_temp.run('2001-03-07 07:03:05+00');
select is(pg_temp.status_of(:'installment'), 'overdue', 'The run marks it');
select results_eq(
  $$
    select instant, pg_temp.is_due(instant)
    from unnest(
      array['2001-03-07 07:04:00+00', '2001-03-07 16:59:59+00', '2001-03-07 17:00:00+00']::timestamptz[]
    ) as instant
  $$,
  $$
    values
      (timestamptz '2001-03-07 07:04:00+00', false),
      ('2001-03-07 16:59:59+00', false),
      ('2001-03-07 17:00:00+00', true)
  $$,
  'Each agency has its own cut-off'
);
select pg_temp.run('2001-03-07 17:00:30+00');
select is(pg_temp.is_due('2001-03-07 17:01:00+00'), false, 'When all is marked, nothing is due');

-- A run that could not mark everything

select pg_temp.insert_installment(:'plan', '2001-03-08') as installment \gset
select is(pg_temp.is_due('2001-03-08 07:00:00+00'), true, 'The next day it is due again');
insert into public.jobs_log (job_name, started_at, completed_at, status)
values ('update-installment-statuses', '2001-03-08 07:00:10+00', '2001-03-08 07:00:10+00', 'success');
select is(
  pg_temp.is_due('2001-03-08 07:01:00+00'),
  false,
  'What a successful run has left, because somebody holds it or its agency fails, starts no run every minute'
);
select pg_temp.run('2001-03-08 08:00:00+00');

-- Changed settings

select pg_temp.insert_installment(:'plan', '2001-03-09') as installment \gset
select is(pg_temp.is_due('2001-03-09 02:00:00+00'), false, 'At noon nothing is due by a cut-off of 17:00');
update public.agencies set overdue_cutoff_time = '11:00:00' where id = :'brisbane';
select is(pg_temp.is_due('2001-03-09 02:01:00+00'), true, 'A cut-off that is moved to earlier today is found');
update public.agencies set overdue_cutoff_time = '17:00:00' where id = :'brisbane';
select is(pg_temp.is_due('2001-03-09 02:02:00+00'), false, 'When it is moved back before a run, nothing is due any more');
select is(pg_temp.is_due('2001-03-09 07:00:00+00'), true, 'And the cut-off of 17:00 is found all the same');
select pg_temp.run('2001-03-09 07:00:30+00');

select pg_temp.insert_installment(:'plan', '2001-03-10') as installment \gset
select is(pg_temp.is_due('2001-03-10 03:30:00+00'), false, 'At 13:30 in Brisbane it is not due');
update public.agencies set timezone = 'Pacific/Auckland' where id = :'brisbane';
select is(pg_temp.is_due('2001-03-10 04:00:00+00'), true, 'A zone that is changed to one where it is 17:00 is found');
select pg_temp.run('2001-03-10 04:00:30+00');

update public.agencies set timezone = 'Australia/Brisbane', grace_days = 3 where id = :'brisbane';
select pg_temp.insert_installment(:'plan', '2001-03-11') as installment \gset
select is(pg_temp.is_due('2001-03-12 08:00:00+00'), false, 'With three days of grace it is not due');
update public.agencies set grace_days = 0 where id = :'brisbane';
select is(pg_temp.is_due('2001-03-12 08:01:00+00'), true, 'A grace that is shortened is found');
select pg_temp.run('2001-03-12 08:01:30+00');
select is(pg_temp.is_due('2001-03-12 08:02:00+00'), false, 'And is settled by the run');

-- What waits for the next run

select pg_temp.insert_installment(:'plan', '2001-03-01') as late \gset
select is(
  pg_temp.is_due('2001-03-12 08:03:00+00'),
  false,
  'An installment that is inserted with a past date waits for the next run'
);
select pg_temp.insert_plan(:'brisbane', 'cancelled') as cancelled \gset
select pg_temp.insert_installment(:'cancelled', '2001-03-13') as of_cancelled \gset
select is(pg_temp.is_due('2001-03-13 07:00:00+00'), false, 'Pending installments of a cancelled plan are not due');
update public.payment_plans set status = 'active' where id = :'cancelled';
select is(
  pg_temp.is_due('2001-03-13 07:01:00+00'),
  false,
  'When it is active again, they wait for the next run'
);
select pg_temp.run('2001-03-13 08:00:00+00');
select is(
  array[pg_temp.status_of(:'late'), pg_temp.status_of(:'of_cancelled')],
  array['overdue', 'overdue'],
  'Which marks them'
);

-- Agencies

select pg_temp.insert_agency('UTC') as added \gset
select pg_temp.insert_plan(:'added') as plan_added \gset
select pg_temp.insert_installment(:'plan_added', '2000-12-31') as installment \gset
select is(pg_temp.is_due('2001-03-13 08:01:00+00'), true, 'An agency that is added is looked at from the beginning');
select pg_temp.run('2001-03-13 08:02:00+00');
select is(pg_temp.is_due('2001-03-13 08:03:00+00'), false, 'And is settled by the run');

-- What a question reads

insert into public.installments (payment_plan_id, amount, student_due_date, status)
select :'cancelled', 100, date '2001-03-13' - n, 'pending'
from generate_series(1, 500) as n;
update public.payment_plans set status = 'cancelled' where id = :'cancelled';
select is(pg_temp.is_due('2001-03-13 08:04:00+00'), false, 'Old pending installments of a cancelled plan are not due');
select is(
  pg_temp.rows_read_by($$select pg_temp.is_due('2001-03-13 08:05:00+00')$$),
  0::bigint,
  'A minute later no installment is read'
);
select is(
  pg_temp.rows_read_by($$select pg_temp.is_due('2001-03-14 07:00:00+00')$$),
  0::bigint,
  'Nor at the next cut-off, because only the dates in between are looked at'
);

select * from finish();
rollback;
