begin;
\ir ../../arrange.psql
select no_plan();

create function pg_temp.mark(as_of timestamptz)
returns void
language sql
as $$
  select count(*)
  from public.update_installment_statuses(mark.as_of);
$$;

-- What was judged

select pg_temp.insert_agency('Australia/Brisbane', '17:00:00') as brisbane \gset
select pg_temp.insert_plan(:'brisbane') as plan \gset
select pg_temp.insert_installment(:'plan', '2001-03-09') as installment \gset
select pg_temp.insert_installment(:'plan', '2001-03-12') as not_due \gset

select pg_temp.mark('2001-03-09 07:00:04+00');

select results_eq(
  format(
    $$
      select from_status, to_status, as_of, timezone, local_time, cutoff_time, effective_due_date, reason
      from public.installment_history(%L)
    $$,
    :'installment'
  ),
  $$
    values (
      'pending',
      'overdue',
      timestamptz '2001-03-09 07:00:04+00',
      'Australia/Brisbane',
      timestamp '2001-03-09 17:00:04',
      time '17:00',
      date '2001-03-09',
      'cutoff_passed'
    )
  $$,
  'The history says what was changed, and by which instant, zone, local time and cut-off it was judged'
);
select is_empty(
  format('select * from public.installment_history(%L)', :'not_due'),
  'An installment that nothing was done to has no history'
);
select is_empty(
  format('select * from public.installment_history(%L)', gen_random_uuid()),
  'An unknown installment has no history'
);
select is_empty(
  'select * from public.installment_history(null)',
  'Null has no history'
);

select run_id
from public.installment_history(:'installment')
\gset
select results_eq(
  format(
    $$
      select job_name, status, records_updated, trigger_source, items_updated, metadata -> 'agencies'
      from public.jobs_log
      where id = %L
    $$,
    :'run_id'
  ),
  format(
    $$
      values (
        'update-installment-statuses',
        'success',
        1,
        'manual',
        1,
        jsonb_build_array(
          jsonb_build_object('agency_id', uuid %L, 'updated_count', 1, 'transitions', jsonb '{"pending_to_overdue": 1}')
        )
      )
    $$,
    :'brisbane'
  ),
  'A call outside a run that changes something logs a run of its own'
);
select count(*) as logged
from public.jobs_log
\gset
select pg_temp.mark('2001-03-09 07:00:05+00');
select is(
  (select count(*) from public.jobs_log),
  :logged::bigint,
  'A call that changes nothing logs nothing'
);

-- Changed settings do not rewrite it

update public.agencies
set
  timezone = 'America/Los_Angeles',
  overdue_cutoff_time = '09:00',
  grace_days = 3
where id = :'brisbane';
update public.installments
set student_due_date = '2001-03-20'
where id = :'installment';

select results_eq(
  format(
    'select timezone, cutoff_time, effective_due_date from public.installment_history(%L)',
    :'installment'
  ),
  $$values ('Australia/Brisbane', time '17:00', date '2001-03-09')$$,
  'Later settings and due dates do not change what the history says'
);

-- Newest first

select pg_temp.mark('2001-03-10 12:00:00+00');
select results_eq(
  format('select to_status, reason, effective_due_date from public.installment_history(%L)', :'installment'),
  $$
    values
      ('pending', 'due_date_moved', date '2001-03-23'),
      ('overdue', 'cutoff_passed', date '2001-03-09')
  $$,
  'The newest change comes first'
);
select results_eq(
  format('select to_status, due_date, grace_days from jobs.last_change_of(%L)', :'installment'),
  $$values ('pending', date '2001-03-20', 3)$$,
  'The last change is the newest'
);

-- Grace and closed days

select pg_temp.insert_agency('UTC', '17:00:00') as closing \gset
update public.agencies
set
  grace_days = 2,
  closed_weekdays = '{6,7}'
where id = :'closing';
insert into public.agency_closed_days (agency_id, day)
values (:'closing', '2001-03-12');
select pg_temp.insert_plan(:'closing') as plan \gset
-- Thursday and Friday; with the grace Saturday and Sunday.
select pg_temp.insert_installment(:'plan', '2001-03-08') as moved \gset
select pg_temp.insert_installment(:'plan', '2001-03-07') as open \gset
select pg_temp.mark('2001-03-13 17:00:00+00');
select is(
  (select effective_due_date from public.installment_history(:'moved')),
  date '2001-03-13',
  'The effective due date is the one that the closed days moved it to'
);
select is(
  (select effective_due_date from public.installment_history(:'open')),
  date '2001-03-09',
  'Without a closed day it is the due date plus the grace'
);
update public.agencies
set closed_weekdays = '{}'
where id = :'closing';
delete from public.agency_closed_days
where agency_id = :'closing';
select is(
  (select effective_due_date from public.installment_history(:'moved')),
  date '2001-03-13',
  'A calendar that is changed later does not change it'
);

-- Agencies with many changes in one batch

create temporary table sizes as
select
  wanted.due_count,
  pg_temp.insert_plan(pg_temp.insert_agency(name => format('%s due', wanted.due_count))) as plan
from (values (100), (101), (1700), (30000)) as wanted (due_count);

insert into public.installments (payment_plan_id, amount, student_due_date, status)
select
  sizes.plan,
  100,
  date '2001-01-01' + number % 7,
  'pending'
from sizes
cross join generate_series(1, sizes.due_count) as number;

select pg_temp.mark('2001-03-10 12:00:00+00');

select is(
  (
    select max(cardinality(change.installment_ids))
    from jobs.status_changes as change
  ),
  100,
  'No row of the ledger has more than 100 installments'
);
select results_eq(
  $$
    select
      sizes.due_count,
      sum(cardinality(change.installment_ids))::int
    from sizes
    join public.payment_plans as plan
      on plan.id = sizes.plan
    join jobs.status_changes as change
      on change.agency_id = plan.agency_id
    group by sizes.due_count
    order by sizes.due_count
  $$,
  'select due_count, due_count from sizes order by due_count',
  'Each installment is in the ledger once'
);
select is_empty(
  $$
    select 1
    from (
      select
        installment.id,
        row_number() over (partition by installment.payment_plan_id order by installment.id) as position
      from public.installments as installment
      join sizes
        on sizes.plan = installment.payment_plan_id
    ) as sampled
    where sampled.position <= 100
      and (
        select count(*)
        from public.installment_history(sampled.id)
      ) <> 1
  $$,
  'The history of each is found, however many were changed with it'
);

-- Row level security

select pg_temp.insert_user('staff', :'brisbane') as member \gset
select pg_temp.insert_user('staff', :'closing') as stranger \gset
select pg_temp.insert_user('admin') as admin \gset

select pg_temp.sign_in(:'member');
select is(
  (select count(*) from public.installment_history(:'installment')),
  2::bigint,
  'A member of the agency sees the history'
);
reset role;
select pg_temp.sign_in(:'stranger');
select is_empty(
  format('select * from public.installment_history(%L)', :'installment'),
  'A member of another agency sees nothing of it'
);
select throws_ok(
  'select * from jobs.status_changes',
  '42501',
  null,
  'Nobody reads the ledger itself'
);
reset role;
select pg_temp.sign_in(:'admin');
select is(
  (select count(*) from public.installment_history(:'installment')),
  2::bigint,
  'An admin sees the history'
);
reset role;
set local role service_role;
select is(
  (select count(*) from public.installment_history(:'installment')),
  2::bigint,
  'The service role sees the history'
);
reset role;
set local role anon;
select throws_ok(
  format('select * from public.installment_history(%L)', :'installment'),
  '42501',
  null,
  'Anonymous callers cannot ask'
);
reset role;

-- The first and the last of dates

select pg_temp.insert_agency('Asia/Tokyo', name => 'All times') as all_times \gset
update public.agencies
set
  grace_days = 2,
  closed_weekdays = '{6,7}'
where id = :'all_times';
select pg_temp.insert_plan(:'all_times') as all_plan \gset
select pg_temp.insert_installment(:'all_plan', '0001-01-01') as ancient \gset
select pg_temp.insert_installment(:'all_plan', '-infinity') as always \gset
select public.update_installment_statuses('2001-03-10 12:00:00+00');
select is(
  (select effective_due_date from public.installment_history(:'ancient')),
  date '0001-01-03',
  'The grace counts for any date'
);
select is(
  (select effective_due_date from public.installment_history(:'always')),
  date '-infinity',
  'An infinite date stays what it is'
);
update public.installments
set student_due_date = '5874897-12-31'
where id = :'ancient';
select public.update_installment_statuses('2001-03-10 12:00:00+00');
select is(
  (select effective_due_date from public.installment_history(:'ancient') limit 1),
  date '5874897-12-31',
  'A due date that was moved to the last of dates is corrected'
);

select * from finish();
rollback;
