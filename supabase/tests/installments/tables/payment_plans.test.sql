begin;
\ir ../../arrange.psql
select no_plan();

select pg_temp.insert_agency() as agency
\gset

insert into public.payment_plans (agency_id)
values (:'agency')
returning id as plan
\gset

select is(
  array[status, currency],
  array['draft', 'AUD'],
  'A plan is a draft in Australian dollars by default'
)
from public.payment_plans
where id = :'plan';

select lives_ok(
  format('select pg_temp.insert_plan(%L, %L)', :'agency', accepted.status),
  format('A plan can be %s', accepted.status)
)
from (
  values ('draft'), ('active'), ('completed'), ('cancelled')
) as accepted (status);

select throws_ok(
  format('select pg_temp.insert_plan(%L, %L)', :'agency', refused.status),
  '23514',
  null,
  format('A plan cannot be %L', refused.status)
)
from (
  values ('overdue'), ('Active'), ('')
) as refused (status);

select throws_ok(
  format('insert into public.payment_plans (agency_id, currency) values (%L, %L)', :'agency', 'dollars'),
  '23514',
  null,
  'A currency is a code of three capital letters'
);

select throws_ok(
  format('select pg_temp.insert_plan(%L)', gen_random_uuid()),
  '23503',
  null,
  'A plan belongs to an agency'
);

select has_index(
  'public', 'payment_plans', 'payment_plans_agency_id_idx', 'agency_id',
  'The plans of an agency are found by index'
);

select * from finish();
rollback;
