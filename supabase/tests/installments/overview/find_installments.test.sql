begin;
\ir ../../arrange.psql
select no_plan();

select pg_temp.insert_agency() as agency \gset
select pg_temp.insert_agency() as other_agency \gset
select pg_temp.insert_plan(:'agency') as plan \gset
select pg_temp.insert_plan(:'other_agency') as other_plan \gset
update public.payment_plans
set student_name = 'pgtap Zoë 100%'
where id in (:'plan', :'other_plan');

insert into public.installments (payment_plan_id, amount, student_due_date, status)
values
  (:'plan', 1, '2001-07-01', 'paid'),
  (:'plan', 2, '2001-06-01', 'overdue'),
  (:'other_plan', 4, '2001-08-01', 'pending');
select id as paid from public.installments where payment_plan_id = :'plan' and amount = 1 \gset
select id as pending from public.installments where payment_plan_id = :'other_plan' \gset

create function pg_temp.amounts(found jsonb)
returns numeric[]
language sql
as $$
  select coalesce(array_agg((installment ->> 'amount')::numeric order by position), '{}')
  from jsonb_array_elements(found -> 'installments') with ordinality as listed (installment, position);
$$;

select is(
  pg_temp.amounts(public.find_installments(search, max_count)),
  amounts,
  description
)
from (
  values
    ('PGTAP zoë', 20, array[2, 4, 1]::numeric[], 'A part of the name finds them, overdue ones first, then the latest'),
    ('pgtap zoë', 1, array[2]::numeric[], 'No more are listed than are asked for'),
    ('zoë 100%', 20, array[2, 4, 1]::numeric[], 'A percent sign is a percent sign'),
    ('%', 20, '{}', 'One character is too little'),
    ('', 20, '{}', 'Nothing finds nothing'),
    (format(' %s ', upper(:'paid')), 20, array[1]::numeric[], 'An id finds its installment')
) as searches (search, max_count, amounts, description);

select is(
  (public.find_installments(:'paid') #> '{installments,0}') - 'agencyName',
  jsonb_build_object(
    'installmentId', :'paid',
    'studentName', 'pgtap Zoë 100%',
    'courseName', null,
    'agencyId', :'agency',
    'amount', 1.00,
    'currency', 'AUD',
    'dueDate', '2001-07-01',
    'status', 'paid',
    'planStatus', 'active'
  ),
  'It says whose it is'
);

select is(
  public.find_installments('pgtap zoë', max_count) -> 'complete',
  to_jsonb(max_count >= 3),
  format('Of three that match, %s are asked for', max_count)
)
from (values (2), (3), (4)) as counts (max_count);

insert into public.payment_plans (agency_id, status, student_name)
select :'agency', 'active', 'pgtap many'
from generate_series(1, 1001);
select is(
  public.find_installments('pgtap many') - 'installments',
  '{"complete": false, "byStudent": true}',
  'A search that matches more than 1,000 plans says that there may be more'
);

-- Readers

select pg_temp.insert_user('finance', :'agency') as member \gset
select pg_temp.sign_in(:'member');
select is(
  pg_temp.amounts(public.find_installments('pgtap zoë')),
  array[2, 1]::numeric[],
  'A member finds those of their agency'
);
select is(public.find_installments(:'pending') -> 'installments', '[]', 'And no other, also by its id');
reset role;

-- Plans without a student

create function pg_temp.found_without_students(search text)
returns jsonb
language plpgsql
as $$
declare
  found jsonb;
begin
  -- The other tests of this file have planned it with the column.
  discard plans;
  alter table public.payment_plans rename column student_name to pupil;
  found := public.find_installments(found_without_students.search);
  return found;
end
$$;
select is(
  pg_temp.found_without_students('pgtap zoë'),
  '{"installments": [], "complete": true, "byStudent": false}',
  'Where plans have no student, it says so'
);
select is(
  jsonb_array_length(public.find_installments(:'paid') -> 'installments'),
  1,
  'And finds an installment by its id'
);

select * from finish();
rollback;
