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
  from jsonb_array_elements(found) with ordinality as listed (installment, position);
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
  (public.find_installments(:'paid') -> 0) - 'agencyName',
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

-- Readers

select pg_temp.insert_user('finance', :'agency') as member \gset
select pg_temp.sign_in(:'member');
select is(
  pg_temp.amounts(public.find_installments('pgtap zoë')),
  array[2, 1]::numeric[],
  'A member finds those of their agency'
);
select is(public.find_installments(:'pending'), '[]', 'And no other, also by its id');
reset role;

select * from finish();
rollback;
