begin;
\ir ../../arrange.psql
select no_plan();

-- Returns the status of one pending installment after a call at an instant.
create function pg_temp.judged(
  instant timestamptz,
  due date,
  timezone text default 'Australia/Brisbane',
  cutoff time default '17:00:00',
  plan_status text default 'active',
  status text default 'pending'
)
returns text
language plpgsql
as $$
declare
  installment uuid := pg_temp.insert_installment(
    pg_temp.insert_plan(
      pg_temp.insert_agency(judged.timezone, judged.cutoff),
      judged.plan_status
    ),
    judged.due,
    judged.status
  );
begin
  perform public.update_installment_statuses(as_of => judged.instant);
  return pg_temp.status_of(installment);
end
$$;

-- The edge. Brisbane is ten hours ahead of UTC, in summer too.

select is(
  pg_temp.judged('2001-03-10 07:00:00+00', '2001-03-10'),
  'overdue',
  'An installment due today is overdue at the cut-off'
);
select is(
  pg_temp.judged('2001-03-10 06:59:59.999999+00', '2001-03-10'),
  'pending',
  'An installment due today is pending one microsecond before the cut-off'
);
select is(
  pg_temp.judged('2001-03-10 07:00:00.000001+00', '2001-03-10'),
  'overdue',
  'An installment due today is overdue one microsecond after the cut-off'
);
select is(
  pg_temp.judged('2001-03-10 14:00:00+00', '2001-03-10'),
  'overdue',
  'An installment is overdue at midnight after its due date'
);
select is(
  pg_temp.judged('2001-03-10 22:00:00+00', '2001-03-10'),
  'overdue',
  'An installment due yesterday is overdue before the cut-off'
);
select is(
  pg_temp.judged('2001-03-10 13:59:59.999999+00', '2001-03-11'),
  'pending',
  'An installment due tomorrow is pending at the last instant of today'
);
select is(
  pg_temp.judged('2001-03-10 07:00:00+00', '2002-03-10'),
  'pending',
  'An installment due next year is pending at the cut-off'
);
select is(
  pg_temp.judged('2001-03-10 07:00:00+00', '1990-01-01'),
  'overdue',
  'An installment that has been due for years is overdue'
);

select is(
  pg_temp.judged('2001-03-10 13:59:58.999999+00', '2001-03-10', cutoff => '23:59:59'),
  'pending',
  'With a cut-off at 23:59:59 an installment is pending up to the last second of the day'
);
select is(
  pg_temp.judged('2001-03-10 13:59:59+00', '2001-03-10', cutoff => '23:59:59'),
  'overdue',
  'With a cut-off at 23:59:59 an installment is overdue before the day is over'
);
select is(
  pg_temp.judged('2001-03-09 14:00:00+00', '2001-03-10', cutoff => '00:00:00'),
  'overdue',
  'With a cut-off at midnight an installment is overdue when its due date begins'
);
select is(
  pg_temp.judged('2001-03-09 13:59:59.999999+00', '2001-03-10', cutoff => '00:00:00'),
  'pending',
  'With a cut-off at midnight an installment is pending on the day before its due date'
);

-- Zones

select is(
  pg_temp.judged(judge.instant::timestamptz, judge.due::date, judge.timezone, judge.cutoff::time),
  'overdue',
  format('%s: overdue at the cut-off %s', judge.place, judge.cutoff)
)
from (
  values
    ('Kiritimati, 14 hours ahead', 'Pacific/Kiritimati', '17:00', '2001-03-10', '2001-03-10 03:00:00+00'),
    ('Etc/GMT+12, 12 hours behind', 'Etc/GMT+12', '17:00', '2001-03-10', '2001-03-11 05:00:00+00'),
    ('Kathmandu, a quarter to', 'Asia/Kathmandu', '17:00', '2001-03-10', '2001-03-10 11:15:00+00'),
    ('Chatham in winter', 'Pacific/Chatham', '17:00', '2001-06-10', '2001-06-10 04:15:00+00'),
    ('Chatham in summer', 'Pacific/Chatham', '17:00', '2001-01-10', '2001-01-10 03:15:00+00'),
    ('Lord Howe, last day of summer time', 'Australia/Lord_Howe', '17:00', '2001-03-24', '2001-03-24 06:00:00+00'),
    ('Lord Howe, first day of standard time', 'Australia/Lord_Howe', '17:00', '2001-03-25', '2001-03-25 06:30:00+00'),
    ('Lord Howe, a time that comes twice', 'Australia/Lord_Howe', '01:45', '2001-03-25', '2001-03-24 14:45:00+00'),
    ('Lord Howe, the same time again', 'Australia/Lord_Howe', '01:45', '2001-03-25', '2001-03-24 15:15:00+00'),
    ('Lord Howe, last day of standard time', 'Australia/Lord_Howe', '17:00', '2001-10-27', '2001-10-27 06:30:00+00'),
    ('Lord Howe, first day of summer time', 'Australia/Lord_Howe', '17:00', '2001-10-28', '2001-10-28 06:00:00+00'),
    ('Lord Howe, a time that is left out', 'Australia/Lord_Howe', '02:15', '2001-10-28', '2001-10-27 15:30:00+00'),
    ('Beirut, a midnight that is left out', 'Asia/Beirut', '00:00', '2001-03-25', '2001-03-24 22:00:00+00'),
    ('Beirut, a half past that is left out', 'Asia/Beirut', '00:30', '2001-03-25', '2001-03-24 22:00:00+00'),
    ('Beirut, the first time there is', 'Asia/Beirut', '01:00', '2001-03-25', '2001-03-24 22:00:00+00'),
    ('Santiago, a midnight that is left out', 'America/Santiago', '00:00', '2001-10-14', '2001-10-14 04:00:00+00'),
    ('Santiago, a half past that is left out', 'America/Santiago', '00:30', '2001-10-14', '2001-10-14 04:00:00+00'),
    ('New York, the day of 23 hours', 'America/New_York', '17:00', '2001-04-01', '2001-04-01 21:00:00+00'),
    ('New York, the day of 25 hours', 'America/New_York', '17:00', '2001-10-28', '2001-10-28 22:00:00+00'),
    ('CET in summer', 'CET', '17:00', '2001-07-10', '2001-07-10 15:00:00+00'),
    ('MET in summer', 'MET', '17:00', '2001-07-10', '2001-07-10 15:00:00+00'),
    ('EET in summer', 'EET', '17:00', '2001-07-10', '2001-07-10 14:00:00+00'),
    ('WET in summer', 'WET', '17:00', '2001-07-10', '2001-07-10 16:00:00+00')
) as judge (place, timezone, cutoff, due, instant);

select is(
  pg_temp.judged(judge.instant::timestamptz, judge.due::date, judge.timezone, judge.cutoff::time),
  'pending',
  format('%s: pending until the cut-off %s', judge.place, judge.cutoff)
)
from (
  values
    ('Kiritimati', 'Pacific/Kiritimati', '17:00', '2001-03-10', '2001-03-10 02:59:59.999999+00'),
    ('Etc/GMT+12', 'Etc/GMT+12', '17:00', '2001-03-10', '2001-03-11 04:59:59.999999+00'),
    ('Kathmandu', 'Asia/Kathmandu', '17:00', '2001-03-10', '2001-03-10 11:14:59.999999+00'),
    ('Chatham in winter', 'Pacific/Chatham', '17:00', '2001-06-10', '2001-06-10 04:14:59.999999+00'),
    ('Chatham in summer', 'Pacific/Chatham', '17:00', '2001-01-10', '2001-01-10 03:14:59.999999+00'),
    ('Lord Howe, last day of summer time', 'Australia/Lord_Howe', '17:00', '2001-03-24', '2001-03-24 05:59:59.999999+00'),
    ('Lord Howe, first day of standard time', 'Australia/Lord_Howe', '17:00', '2001-03-25', '2001-03-25 06:29:59.999999+00'),
    ('Lord Howe, a time that comes twice', 'Australia/Lord_Howe', '01:45', '2001-03-25', '2001-03-24 14:44:59.999999+00'),
    ('Lord Howe, the clock is put back', 'Australia/Lord_Howe', '01:45', '2001-03-25', '2001-03-24 15:00:00+00'),
    ('Lord Howe, last day of standard time', 'Australia/Lord_Howe', '17:00', '2001-10-27', '2001-10-27 06:29:59.999999+00'),
    ('Lord Howe, first day of summer time', 'Australia/Lord_Howe', '17:00', '2001-10-28', '2001-10-28 05:59:59.999999+00'),
    ('Lord Howe, a time that is left out', 'Australia/Lord_Howe', '02:15', '2001-10-28', '2001-10-27 15:29:59.999999+00'),
    ('Beirut, a midnight that is left out', 'Asia/Beirut', '00:00', '2001-03-25', '2001-03-24 21:59:59.999999+00'),
    ('Beirut, a half past that is left out', 'Asia/Beirut', '00:30', '2001-03-25', '2001-03-24 21:59:59.999999+00'),
    ('Beirut, the second time there is', 'Asia/Beirut', '01:00:01', '2001-03-25', '2001-03-24 22:00:00+00'),
    ('Santiago, a midnight that is left out', 'America/Santiago', '00:00', '2001-10-14', '2001-10-14 03:59:59.999999+00'),
    ('Santiago, a half past that is left out', 'America/Santiago', '00:30', '2001-10-14', '2001-10-14 03:59:59.999999+00'),
    ('New York, the day of 23 hours', 'America/New_York', '17:00', '2001-04-01', '2001-04-01 20:59:59.999999+00'),
    ('New York, the day of 25 hours', 'America/New_York', '17:00', '2001-10-28', '2001-10-28 21:59:59.999999+00'),
    ('CET in summer', 'CET', '17:00', '2001-07-10', '2001-07-10 14:59:59.999999+00'),
    ('WET in summer', 'WET', '17:00', '2001-07-10', '2001-07-10 15:59:59.999999+00')
) as judge (place, timezone, cutoff, due, instant);

-- At 10:30 UTC there are three local dates: the 11th, the 10th and the 9th.

select pg_temp.insert_agency('Pacific/Kiritimati', '23:59:59', 'On the 11th') as ahead \gset
select pg_temp.insert_agency('UTC', '23:59:59', 'On the 10th') as between_them \gset
select pg_temp.insert_agency('Etc/GMT+12', '23:59:59', 'On the 9th') as behind \gset

select pg_temp.insert_installment(plan, due)
from (
  select pg_temp.insert_plan(agency)
  from unnest(array[:'ahead', :'between_them', :'behind']::uuid[]) as agency
) as plans (plan)
cross join unnest(array['2001-03-09', '2001-03-10', '2001-03-11']::date[]) as due;

create table pg_temp.three_dates as
select *
from public.update_installment_statuses(as_of => '2001-03-10 10:30:00+00');

select results_eq(
  $$
    select agency.name, installment.student_due_date
    from public.installments as installment
    join public.payment_plans as plan
      on plan.id = installment.payment_plan_id
    join public.agencies as agency
      on agency.id = plan.agency_id
    where agency.name like 'On the %'
      and installment.status = 'overdue'
    order by 1, 2
  $$,
  $$
    values
      ('On the 10th', date '2001-03-09'),
      ('On the 11th', date '2001-03-09'),
      ('On the 11th', date '2001-03-10')
  $$,
  'One call judges each agency by its own local date'
);

select results_eq(
  $$
    select agency.name, result.updated_count, result.transitions
    from pg_temp.three_dates as result
    join public.agencies as agency
      on agency.id = result.agency_id
    where agency.name like 'On the %'
    order by 1
  $$,
  $$
    values
      ('On the 10th', 1, jsonb '{"pending_to_overdue": 1}'),
      ('On the 11th', 2, '{"pending_to_overdue": 2}'),
      ('On the 9th', 0, '{"pending_to_overdue": 0}')
  $$,
  'An agency''s row has the number of installments that became overdue, zero included'
);

select set_eq(
  'select agency_id from pg_temp.three_dates',
  'select id from public.agencies',
  'Every agency has a row'
);

select is(
  (select count(*) from pg_temp.three_dates),
  (select count(*) from public.agencies),
  'No agency has two rows'
);

create table pg_temp.rows_before as
select *
from pg_temp.rows_of(array[:'ahead', :'between_them', :'behind']::uuid[]);

select results_eq(
  format(
    $$
      select distinct updated_count, transitions
      from public.update_installment_statuses(as_of => '2001-03-10 10:30:00+00')
      where agency_id in (%L, %L, %L)
    $$,
    :'ahead', :'between_them', :'behind'
  ),
  $$values (0, jsonb '{"pending_to_overdue": 0}')$$,
  'Called again at the same instant it counts nothing'
);

select results_eq(
  format('select * from pg_temp.rows_of(array[%L, %L, %L]::uuid[])', :'ahead', :'between_them', :'behind'),
  'select * from pg_temp.rows_before',
  'Called again at the same instant it writes nothing'
);

-- The session's time zone

create function pg_temp.judged_in_session(session_timezone text, instant timestamptz)
returns text
language plpgsql
as $$
begin
  perform set_config('timezone', judged_in_session.session_timezone, true);
  return pg_temp.judged(judged_in_session.instant, '2001-03-10');
end
$$;

select is(
  array[
    pg_temp.judged_in_session(session_timezone, '2001-03-10 06:59:59.999999+00'),
    pg_temp.judged_in_session(session_timezone, '2001-03-10 07:00:00+00')
  ],
  array['pending', 'overdue'],
  format('A session in %s gets the same results', session_timezone)
)
from unnest(
  array['UTC', 'Pacific/Kiritimati', 'Etc/GMT+12', 'Asia/Kathmandu', 'America/New_York']
) as session_timezone;

select is(
  current_setting('timezone'),
  'America/New_York',
  'The session stays in its time zone'
);

reset timezone;

select is(
  pg_temp.judged(now(), (now() at time zone 'UTC')::date - 1, 'UTC', '23:59:59'),
  'overdue',
  'An installment due yesterday is overdue at this moment'
);

-- Without an argument

select pg_temp.insert_plan(pg_temp.insert_agency('UTC')) as plan_of_now \gset
select pg_temp.insert_installment(:'plan_of_now', (now() at time zone 'UTC')::date - 1) as of_yesterday \gset
select pg_temp.insert_installment(:'plan_of_now', (now() at time zone 'UTC')::date + 1) as of_tomorrow \gset
select count(*) from public.update_installment_statuses();

select is(
  array[pg_temp.status_of(:'of_yesterday'), pg_temp.status_of(:'of_tomorrow')],
  array['overdue', 'pending'],
  'as_of is the current time by default'
);

-- What is not changed

select pg_temp.insert_agency('UTC', name => 'Left alone') as quiet \gset

select pg_temp.insert_installment(pg_temp.insert_plan(:'quiet', plan_status), '2001-03-01', status)
from unnest(array['draft', 'active', 'completed', 'cancelled']) as plan_status
cross join unnest(array['draft', 'pending', 'overdue', 'paid', 'partial', 'cancelled']) as status
where plan_status <> 'active'
  or status <> 'pending';

create table pg_temp.quiet_before as
select *
from pg_temp.rows_of(array[uuid :'quiet']);

select is(
  (
    select updated_count
    from public.update_installment_statuses(as_of => '2001-03-10 12:00:00+00')
    where agency_id = :'quiet'
  ),
  0,
  'Only pending installments of active plans are counted'
);

select results_eq(
  format('select * from pg_temp.rows_of(array[uuid %L])', :'quiet'),
  'select * from pg_temp.quiet_before',
  'Only pending installments of active plans are written'
);

select is(
  pg_temp.judged('2001-03-10 12:00:00+00', '2001-03-01', plan_status => left_alone),
  'pending',
  format('A pending installment of a plan that is %s stays pending', left_alone)
)
from unnest(array['draft', 'completed', 'cancelled']) as left_alone;

select is(
  pg_temp.judged('2001-03-10 12:00:00+00', '2001-03-01', status => left_alone),
  left_alone,
  format('An installment that is %1$s stays %1$s', left_alone)
)
from unnest(array['draft', 'overdue', 'paid', 'partial', 'cancelled']) as left_alone;

-- Agencies that fail

create function pg_temp.arrange_agency_with_due(name text, due_count int)
returns uuid
language plpgsql
as $$
declare
  agency uuid := pg_temp.insert_agency(name => arrange_agency_with_due.name);
  plan uuid := pg_temp.insert_plan(agency);
begin
  perform pg_temp.insert_installment(plan, '2001-03-01')
  from generate_series(1, due_count);
  return agency;
end
$$;

select pg_temp.arrange_agency_with_due('Closed books', 3) as closed \gset
select pg_temp.arrange_agency_with_due('Refuses silently', 2) as silent \gset
select pg_temp.arrange_agency_with_due('Healthy', 4) as healthy \gset
select pg_temp.arrange_agency_with_due('Nowhere', 1) as nowhere \gset
select pg_temp.arrange_agency_with_due('Without a zone', 1) as zoneless \gset

select pg_temp.refuse_updates_of(:'closed', 'raise');
select pg_temp.refuse_updates_of(:'silent', 'return null');

alter table public.agencies disable trigger check_agency_timezone;
update public.agencies
set timezone = 'Mars/Olympus_Mons'
where id = :'nowhere';
-- An adopter's own column may be nullable.
alter table public.agencies alter column timezone drop not null;
update public.agencies
set timezone = null
where id = :'zoneless';
alter table public.agencies enable trigger check_agency_timezone;

create table pg_temp.failing_before as
select *
from pg_temp.rows_of(array[:'closed', :'silent', :'nowhere', :'zoneless']::uuid[]);

create table pg_temp.failing as
select *
from public.update_installment_statuses(as_of => '2001-03-10 12:00:00+00');

select results_eq(
  format('select updated_count, transitions from pg_temp.failing where agency_id = %L', :'closed'),
  $$values (0, jsonb '{"pending_to_overdue": 0, "error": "the books of this agency are closed (SQLSTATE P0001)"}')$$,
  'An agency whose update raises has the error in its row'
);

select results_eq(
  format('select updated_count, transitions from pg_temp.failing where agency_id = %L', :'silent'),
  $$
    values (
      0,
      jsonb '{"pending_to_overdue": 0, "error": "a trigger on public.installments left 2 installments pending"}'
    )
  $$,
  'An agency whose trigger keeps installments pending has an error in its row'
);

select results_eq(
  format('select updated_count, transitions from pg_temp.failing where agency_id = %L', agency),
  $$
    values (
      0,
      jsonb '{"pending_to_overdue": 0, "error": "the agency has no time zone that the database knows"}'
    )
  $$,
  format('An agency %s has an error in its row', description)
)
from (
  values
    (:'nowhere', 'in a time zone that the database does not know'),
    (:'zoneless', 'without a time zone')
) as lost (agency, description);

select results_eq(
  format(
    'select * from pg_temp.rows_of(array[%L, %L, %L, %L]::uuid[])',
    :'closed', :'silent', :'nowhere', :'zoneless'
  ),
  'select * from pg_temp.failing_before',
  'Nothing of a failed agency is changed'
);

select results_eq(
  format('select updated_count, transitions from pg_temp.failing where agency_id = %L', :'healthy'),
  $$values (4, jsonb '{"pending_to_overdue": 4}')$$,
  'A healthy agency is counted among failing ones, without an error'
);

select results_eq(
  format('select distinct status from pg_temp.rows_of(array[uuid %L])', :'healthy'),
  $$values ('overdue')$$,
  'A healthy agency is updated among failing ones'
);

select pg_temp.arrange_agency_with_due('Busy', 1) as busy \gset
select pg_temp.refuse_updates_of(:'busy', 'raise', '55P03');

select matches(
  (
    select transitions ->> 'error'
    from public.update_installment_statuses(as_of => '2001-03-10 12:00:00+00')
    where agency_id = :'busy'
  ),
  'SQLSTATE 55P03',
  'An agency whose trigger times out on a lock has an error in its row'
);

select * from finish();
rollback;
