begin;
\ir ../../arrange.psql
select no_plan();

-- By an instant of 2001: the date at the agency is 2001-06-30, after the cut-off.
\set at '''2001-06-30 18:00+00'''

select pg_temp.insert_agency() as agency \gset
select pg_temp.insert_plan(:'agency') as plan \gset
select pg_temp.insert_plan(:'agency') as yen_plan \gset
update public.payment_plans set currency = 'JPY' where id = :'yen_plan';

insert into public.installments (payment_plan_id, amount, student_due_date, status)
values
  (:'plan', 1, '2001-07-01', 'pending'),
  (:'plan', 2, 'infinity', 'pending'),
  (:'plan', 10, '2001-06-30', 'pending'),
  (:'plan', 20, '2001-05-31', 'overdue'),
  (:'plan', 40, '2001-08-01', 'overdue'),
  (:'plan', 100, '2001-05-30', 'pending'),
  (:'plan', 200, '2001-05-01', 'pending'),
  (:'plan', 1000, '2001-04-30', 'pending'),
  (:'plan', 2000, '2001-04-01', 'overdue'),
  (:'plan', 10000, '2001-03-31', 'overdue'),
  (:'plan', 20000, '-infinity', 'pending'),
  (:'plan', 5, '2001-07-01', 'partial'),
  (:'plan', 7, '2001-01-01', 'partial'),
  (:'plan', 900000, '2001-01-01', 'paid'),
  (:'plan', 900000, '2001-01-01', 'draft'),
  (:'plan', 900000, '2001-01-01', 'cancelled'),
  (:'yen_plan', 3, '2001-06-29', 'overdue'),
  (pg_temp.insert_plan(:'agency', 'cancelled'), 900000, '2001-01-01', 'pending'),
  (pg_temp.insert_plan(:'agency', 'cancelled'), 900000, '2001-01-01', 'partial'),
  (pg_temp.insert_plan(:'agency', 'cancelled'), 30000, '2001-01-01', 'overdue');

select results_eq(
  format('select * from public.installments_aging_at(%L, %L)', :at, :'agency'),
  format(
    $$
      values
        (uuid %1$L, 'AUD', 3.00, 70.00, 300.00, 3000.00, 60000.00, 5.00, 7.00, 2),
        (%1$L, 'JPY', 0, 3, 0, 0, 0, 0, 0, 0)
    $$,
    :'agency'
  ),
  'Open amounts are aged by the days since the due date, per currency; partly paid ones stand apart'
);

select set_eq(
  format('select * from public.installments_aging_at(%L) where agency_id = %L', :at, :'agency'),
  format('select * from public.installments_aging_at(%L, %L)', :at, :'agency'),
  'Among all agencies, an agency has the same rows'
);

-- Grace keeps it out of what is overdue, and does not change its age then

update public.agencies
set grace_days = 31
where id = :'agency';

select results_eq(
  format(
    $$select not_due, days_1_to_30, days_31_to_60 from public.installments_aging_at(%L, %L) where currency = 'AUD'$$,
    :at, :'agency'
  ),
  'values (13.00, 60.00, 300.00)',
  'What is in its grace is not due; what is overdue is aged by its due date'
);

-- The view is the function now

select set_eq(
  'select * from public.installments_aging',
  'select * from public.installments_aging_at(now())',
  'The view shows the ages as of now'
);

select is_empty(
  $$
    select aging.agency_id
    from public.installments_aging as aging
    join (
      select
        due.agency_id,
        plan.currency,
        sum(due.amount) filter (where due.is_overdue_now and due.status <> 'partial') as overdue,
        sum(due.amount) filter (where due.status = 'partial' and due.is_overdue_now) as partial_overdue
      from public.installments_due as due
      join public.payment_plans as plan
        on plan.id = due.payment_plan_id
      group by
        due.agency_id,
        plan.currency
    ) as due
      on due.agency_id = aging.agency_id
      and due.currency = aging.currency
    where coalesce(due.overdue, 0)
        <> aging.days_1_to_30 + aging.days_31_to_60 + aging.days_61_to_90 + aging.days_over_90
      or coalesce(due.partial_overdue, 0) <> aging.partial_overdue
  $$,
  'What is overdue adds up to what installments_due shows as overdue'
);

-- Who sees it

select pg_temp.insert_user('member', :'agency') as member \gset
select pg_temp.sign_in(:'member');
select set_eq(
  'select distinct agency_id from public.installments_aging',
  array[uuid :'agency'],
  'A member sees the ages of their own agency'
);
select set_eq(
  'select distinct agency_id from public.installments_aging_at()',
  array[uuid :'agency'],
  'A member who names no agency gets their own'
);
reset role;

set local role anon;
select throws_ok(
  statement,
  '42501',
  null,
  format('Without a sign-in no role can %s', statement)
)
from (
  values ('select * from public.installments_aging'), ('select * from public.installments_aging_at()')
) as statements (statement);
reset role;

-- An instant that is none

select throws_ok(
  format('select * from public.installments_aging_at(%L)', refused),
  '22023',
  'as_of has to be an instant',
  format('The instant %s is refused', coalesce(refused, 'null'))
)
from (
  values ('infinity'), ('-infinity'), (null)
) as instants (refused);

select * from finish();
rollback;
