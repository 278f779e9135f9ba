begin;
\ir ../../arrange.psql
select no_plan();

-- By an instant of 2001: 18:00 at the agencies, an hour after the cut-off of one.
\set at '''2001-06-30 08:00+00'''

insert into public.agencies (name, timezone, overdue_cutoff_time)
values
  ('pgtap B', 'Australia/Brisbane', '17:00'),
  ('pgtap A', 'Australia/Brisbane', '19:30');
select id as b from public.agencies where name = 'pgtap B' \gset
select id as a from public.agencies where name = 'pgtap A' \gset
select pg_temp.insert_plan(:'b') as plan \gset

insert into public.installments (payment_plan_id, amount, student_due_date, status)
values
  (:'plan', 1, '2001-07-01', 'pending'),
  (:'plan', 2, '2001-07-04', 'pending'),
  (:'plan', 4, '2001-07-05', 'pending'),
  (:'plan', 8, '2001-06-30', 'pending'),
  (:'plan', 16, '2001-06-01', 'overdue'),
  (:'plan', 32, '2001-06-01', 'partial'),
  (:'plan', 64, '2001-06-01', 'paid'),
  (pg_temp.insert_plan(:'b', 'cancelled'), 128, '2001-06-01', 'pending');

select results_eq(
  format(
    $$
      select
        agency ->> 'name',
        agency ->> 'localTime',
        (agency ->> 'nextCutoffAt')::timestamptz,
        (agency ->> 'dueSoon')::int,
        (agency ->> 'overdue')::int,
        agency #> '{aging,0,days1To30}',
        agency ->> 'lastMarkedAt'
      from jsonb_array_elements(public.list_agencies('PGTAP', as_of => %s)) as agency
    $$,
    :'at'
  ),
  $$
    values
      ('pgtap A', '2001-06-30T18:00:00', timestamptz '2001-06-30 09:30+00', 0, 0, null::jsonb, null),
      ('pgtap B', '2001-06-30T18:00:00', '2001-07-01 07:00+00', 2, 3, '24.00', null)
  $$,
  'Agencies are listed by name, with their clock and what is open'
);

select is(
  (
    select array[(agency ->> 'dueSoon')::int, (agency ->> 'overdue')::int]
    from jsonb_array_elements(public.list_agencies(:'b')) as agency
  ),
  (
    select array[count(*) filter (where is_due_soon), count(*) filter (where is_overdue_now)]::int[]
    from public.installments_due
    where agency_id = :'b'
  ),
  'The counts are those of installments_due'
);

select is(
  (
    select agency ->> 'name'
    from jsonb_array_elements(public.list_agencies('pgtap', 'pgtap A', :'a', 1)) as agency
  ),
  'pgtap B',
  'The next page begins after the last agency of the page before'
);
select is(public.list_agencies('pgtap no such agency'), '[]', 'A search that finds nothing is empty');

insert into jobs.status_changes (
  run_id, agency_id, from_status, to_status, changed_at, reason, as_of, timezone, local_time, cutoff_time,
  installment_ids, due_dates
)
select
  gen_random_uuid(), :'b', changed.from_status, changed.to_status, changed.at, 'cutoff_passed', changed.at, 'UTC',
  changed.at at time zone 'UTC', '17:00', array[gen_random_uuid()], array[date '2001-06-01']
from (
  values
    ('pending', 'overdue', timestamptz '2001-06-02 07:00+00'),
    ('pending', 'overdue', '2001-06-03 07:00+00'),
    ('overdue', 'pending', '2001-06-04 07:00+00')
) as changed (from_status, to_status, at);
select is(
  (public.list_agencies(:'b') #>> '{0,lastMarkedAt}')::timestamptz,
  '2001-06-03 07:00+00',
  'An agency says when something was last marked'
);

-- Readers

select pg_temp.insert_user('finance', :'b') as member \gset
select pg_temp.insert_user() as stranger \gset

select pg_temp.sign_in(:'member');
select is(
  (select array_agg(agency ->> 'name') from jsonb_array_elements(public.list_agencies()) as agency),
  array['pgtap B'],
  'A member sees their agency alone'
);
select is(public.list_agencies(:'a'), '[]', 'Also by the id of another');
reset role;

select pg_temp.sign_in(:'stranger');
select is(public.list_agencies(), '[]', 'A user without a role sees none');
reset role;

select * from finish();
rollback;
