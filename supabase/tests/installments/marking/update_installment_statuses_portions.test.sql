-- One call marks all its installments, in portions of 50,000.
begin;
\ir ../../arrange.psql

select no_plan();

select pg_temp.insert_agency(name => 'Large') as large \gset
select pg_temp.insert_plan(:'large') as plan \gset

insert into public.installments (payment_plan_id, amount, student_due_date, status)
select
  :'plan',
  100,
  date '2001-01-01' + number % 7,
  'pending'
from generate_series(1, 50001) as number;

select is(
  (
    select updated_count
    from public.update_installment_statuses('2001-03-10 12:00:00+00')
    where agency_id = :'large'
  ),
  50001,
  'More installments than one portion are marked and counted'
);
select is_empty(
  format(
    'select 1 from public.installments where payment_plan_id = %L and status = %L',
    :'plan',
    'pending'
  ),
  'No installment between two portions stays pending'
);

select * from finish();
rollback;
