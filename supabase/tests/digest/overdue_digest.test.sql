begin;
\ir ../arrange.psql
\ir arrange_digest.psql
select no_plan();

-- In the agency's own calendar

create function pg_temp.dates_described(agency uuid, as_of timestamptz)
returns table (local_date text, local_time text, due_date text, days_overdue text)
language sql
as $$
  select
    described.digest ->> 'local_date',
    described.digest ->> 'local_time',
    installment.details ->> 'due_date',
    installment.details ->> 'days_overdue'
  from (
    select pg_temp.digest_of(dates_described.agency, dates_described.as_of) as digest
  ) as described
  cross join jsonb_array_elements(described.digest -> 'largest') as installment (details)
  order by 3;
$$;

select pg_temp.insert_customer(timezone => 'Pacific/Kiritimati') as kiritimati \gset
select pg_temp.insert_customer(timezone => 'Pacific/Honolulu') as honolulu \gset

select pg_temp.insert_debt(agency, due => due)
from unnest(array[:'kiritimati', :'honolulu']::uuid[]) as agency
cross join unnest(array['2001-03-10', '2001-03-11', '2001-03-12', '2001-03-13']::date[]) as due;

select results_eq(
  format($$select * from pg_temp.dates_described(%L, '2001-03-12 06:00:00+00')$$, :'kiritimati'),
  $$
    values
      ('2001-03-12', '20:00', '2001-03-10', '2'),
      ('2001-03-12', '20:00', '2001-03-11', '1'),
      ('2001-03-12', '20:00', '2001-03-12', '0')
  $$,
  'On Monday evening in Kiritimati, installments due on Monday are overdue since today'
);

select results_eq(
  format($$select * from pg_temp.dates_described(%L, '2001-03-12 06:00:00+00')$$, :'honolulu'),
  $$
    values
      ('2001-03-11', '20:00', '2001-03-10', '1'),
      ('2001-03-11', '20:00', '2001-03-11', '0')
  $$,
  'At the same instant it is Sunday evening in Honolulu, and installments due on Monday are not overdue'
);

select results_eq(
  format(
    $$
      select
        instant,
        (
          select count(*)
          from pg_temp.dates_described(%L, timestamptz '2001-03-12 00:00:00+00' + instant)
        )
      from unnest(array['02:59:59.999999', '03:00:00']::interval[]) as instant
    $$,
    :'kiritimati'
  ),
  $$values (interval '02:59:59.999999', 2::bigint), ('03:00:00', 3)$$,
  'An installment due today joins the digest at the cut-off'
);

select is(
  pg_temp.digest_of(:'honolulu') - array['installments', 'totals', 'oldest', 'largest'],
  jsonb_build_object(
    'agency', jsonb_build_object(
      'id', :'honolulu',
      'name', 'An agency',
      'contact_email', 'people@agency.example'
    ),
    'judged_at', timestamptz '2001-03-12 06:00:00+00',
    'timezone', 'Pacific/Honolulu',
    'local_date', '2001-03-11',
    'local_time', '20:00'
  ),
  'The digest has the agency, its time zone and its local time'
);

-- What is overdue

select pg_temp.insert_customer() as mixed \gset
select pg_temp.insert_debt(:'mixed', status => status, plan_status => plan_status, student => status || ' of ' || plan_status)
from unnest(array['draft', 'pending', 'overdue', 'paid', 'partial', 'cancelled']) as status
cross join unnest(array['draft', 'active', 'completed', 'cancelled']) as plan_status;

select set_eq(
  format(
    $$
      select installment ->> 'student_name'
      from jsonb_array_elements(pg_temp.digest_of(%L) -> 'largest') as installment
    $$,
    :'mixed'
  ),
  array[
    'pending of active',
    'partial of active',
    'overdue of draft',
    'overdue of active',
    'overdue of completed',
    'overdue of cancelled'
  ],
  'Installments are overdue when marked so, or when pending or partly paid on an active plan and past the cut-off'
);

select pg_temp.insert_customer() as moved \gset
select pg_temp.insert_debt(:'moved', due => '2001-03-14', status => 'overdue');

select is(
  pg_temp.digest_of(:'moved') #> '{oldest,days_overdue}',
  '0',
  'A marked installment that is due later is overdue by zero days'
);

select pg_temp.insert_customer(timezone => zone.name) as id
from (
  values ('Pacific/Kiritimati'), ('Pacific/Honolulu'), ('Asia/Kathmandu'), ('CET')
) as zone (name);

select pg_temp.insert_debt(agency.id, due => current_date + days, status => status)
from public.agencies as agency
cross join generate_series(-2, 2) as days
cross join unnest(array['pending', 'overdue', 'paid']) as status
where agency.timezone in ('Pacific/Kiritimati', 'Pacific/Honolulu', 'Asia/Kathmandu', 'CET');

select results_eq(
  $$
    select agency.id, (jobs.overdue_digest(agency.id) ->> 'installments')::bigint
    from public.agencies as agency
    where jobs.overdue_digest(agency.id) is not null
    order by 1
  $$,
  $$
    select due.agency_id, count(*)
    from public.installments_due as due
    where due.is_overdue_now
    group by due.agency_id
    order by 1
  $$,
  'The digest counts the installments that installments_due shows as overdue'
);

select is(
  pg_temp.digest_of(pg_temp.insert_customer()),
  null,
  'An agency without overdue installments has no digest'
);

select is(
  pg_temp.digest_of(gen_random_uuid()),
  null,
  'An unknown agency has no digest'
);

-- Amounts

select pg_temp.insert_customer() as sums \gset
select pg_temp.insert_debt(:'sums', amount => amount, currency => currency)
from (
  values
    (9999999999.99, 'AUD'),
    (9999999999.99, 'AUD'),
    (0.02, 'AUD'),
    (5, 'JPY'),
    (0.1, 'NZD'),
    (0.2, 'NZD')
) as debt (amount, currency);

select is(
  pg_temp.digest_of(:'sums') -> 'totals',
  '[
    {"amount": "20000000000.00", "currency": "AUD", "installments": 3},
    {"amount": "0.30", "currency": "NZD", "installments": 2},
    {"amount": "5.00", "currency": "JPY", "installments": 1}
  ]',
  'Totals are exact to the cent, per currency, the most frequent currency first'
);

select is(
  pg_temp.digest_of(:'sums') -> 'installments',
  '6',
  'All overdue installments are counted, whatever their currency'
);

select results_eq(
  $$
    select jobs.amount_as_text(amount)
    from unnest(array[12, 12.5, 12.345, 12.3400, -0.005, 12345678901234567890.12]) as amount
  $$,
  $$values ('12.00'), ('12.50'), ('12.345'), ('12.34'), ('-0.005'), ('12345678901234567890.12')$$,
  'An amount has two decimals, and more only where it needs them'
);

-- The oldest and the largest

select pg_temp.insert_customer() as many \gset
select pg_temp.insert_debt(
  :'many',
  amount => 100 + number,
  due => date '2001-03-01' - number % 3,
  student => 'Student ' || number
)
from generate_series(1, 10) as number;
select pg_temp.insert_debt(:'many', amount => 1, due => '2000-02-29', student => 'Small and old', course => ' Law ') as old \gset

select is(
  pg_temp.digest_of(:'many') -> 'oldest',
  jsonb_build_object(
    'id', :'old',
    'student_name', 'Small and old',
    'course_name', 'Law',
    'amount', '1.00',
    'currency', 'AUD',
    'due_date', '2000-02-29',
    'days_overdue', 377
  ),
  'The oldest installment has all its details, however small it is'
);

select results_eq(
  format(
    $$
      select installment ->> 'student_name'
      from jsonb_array_elements(pg_temp.digest_of(%L) -> 'largest') as installment
    $$,
    :'many'
  ),
  $$
    select 'Student ' || number
    from generate_series(10, 1, -1) as number
  $$,
  'The ten largest installments are listed in order'
);

select pg_temp.insert_customer() as equals \gset
select pg_temp.insert_debt(:'equals', due => date '2001-03-01' + number)
from unnest(array[2, 0, 1]) as number;

select results_eq(
  format(
    $$
      select installment ->> 'due_date'
      from jsonb_array_elements(pg_temp.digest_of(%L) -> 'largest') as installment
    $$,
    :'equals'
  ),
  $$values ('2001-03-01'), ('2001-03-02'), ('2001-03-03')$$,
  'Of equal amounts the older installment comes first'
);

-- The largest of each currency

select pg_temp.insert_customer() as currencies \gset
select pg_temp.insert_debt(:'currencies', amount => 144000 + number, currency => 'JPY')
from generate_series(1, 11) as number;
select pg_temp.insert_debt(:'currencies', amount => 4250 + number, currency => 'AUD')
from generate_series(1, 12) as number;
select pg_temp.insert_debt(:'currencies', amount => 7, currency => currency)
from unnest(array['EUR', 'GBP', 'NZD', 'USD']) as currency;

select results_eq(
  format(
    $$
      select installment ->> 'currency', count(*), min((installment ->> 'amount')::numeric)
      from jsonb_array_elements(pg_temp.digest_of(%L) -> 'largest') with ordinality as listed (installment, position)
      group by 1
      order by min(position)
    $$,
    :'currencies'
  ),
  $$
    values
      ('AUD', 10::bigint, 4253.00), ('JPY', 10, 144002.00), ('EUR', 1, 7.00), ('GBP', 1, 7.00), ('NZD', 1, 7.00)
  $$,
  'The ten largest are those of each currency, for the five with most installments, in the order of the totals'
);

-- Due dates that are none

select pg_temp.insert_customer() as dateless \gset
select pg_temp.insert_debt(:'dateless', due => due, status => 'overdue', student => due::text)
from unnest(array['-infinity', 'infinity', '0044-03-15 BC', '2001-03-01', '12001-03-01']::date[]) as due;

select results_eq(
  format(
    $$
      select installment ->> 'student_name', installment ->> 'due_date', installment ->> 'days_overdue'
      from jsonb_array_elements(pg_temp.digest_of(%L) -> 'largest') as installment
      order by 1
    $$,
    :'dateless'
  ),
  $$
    values
      ('-infinity', null, null),
      ('0044-03-15 BC', '0044-03-15 BC', '746553'),
      ('12001-03-01', '12001-03-01', '0'),
      ('2001-03-01', '2001-03-01', '11'),
      ('infinity', null, null)
  $$,
  'An infinite due date has no days, and any other date is counted'
);
select is(
  pg_temp.digest_of(:'dateless') #>> '{oldest,due_date}',
  '0044-03-15 BC',
  'The oldest is the one with the oldest date, if any has one'
);

-- Missing values

select pg_temp.insert_customer(name => E' \t', contact_email => E' \n') as blank \gset
select pg_temp.insert_debt(:'blank', student => '  ', course => '');

select is(
  (pg_temp.digest_of(:'blank') -> 'agency') - 'id',
  '{"name": null, "contact_email": null}',
  'A blank name or address counts as none'
);

select is(
  (pg_temp.digest_of(:'blank') #> '{largest,0}') - array['id', 'due_date', 'days_overdue'],
  '{"student_name": null, "course_name": null, "amount": "100.00", "currency": "AUD"}',
  'A blank student or course counts as none'
);

alter table public.agencies
  disable trigger check_agency_timezone;
select pg_temp.insert_customer(timezone => 'Mars/Olympus') as nowhere \gset
select pg_temp.insert_debt(:'nowhere', status => status)
from unnest(array['pending', 'overdue']) as status;

select results_eq(
  format($$select digest -> 'installments', digest ->> 'local_date' from pg_temp.digest_of(%L) as digest$$, :'nowhere'),
  $$values (jsonb '1', null)$$,
  'In an unknown time zone there is no date, and only marked installments are overdue'
);

-- An adopter's plans

alter table public.payment_plans
  drop column currency,
  drop column student_name,
  drop column course_name,
  add column stored text default 'a name that the query uses';
alter table public.installments
  alter column amount drop not null;
update public.installments as installment
set amount = null
from public.payment_plans as plan
where plan.id = installment.payment_plan_id
  and plan.agency_id = :'blank';

select results_eq(
  format(
    $$
      select digest -> 'totals', digest #> '{oldest,amount}', digest #> '{oldest,currency}', digest #> '{oldest,student_name}'
      from unnest(array[%L, %L]::uuid[]) as agency
      cross join pg_temp.digest_of(agency) as digest
    $$,
    :'equals', :'blank'
  ),
  $$
    values
      (jsonb '[{"amount": "300.00", "currency": null, "installments": 3}]', jsonb '"100.00"', jsonb 'null', jsonb 'null'),
      ('[{"amount": "0.00", "currency": null, "installments": 1}]', '"0.00"', 'null', 'null')
  $$,
  'Plans without currency and names are listed without them, and a missing amount counts as zero'
);

alter table public.payment_plans
  add column currency char(5) default ' aud';

select is(
  pg_temp.digest_of(:'equals') #> '{totals,0,currency}',
  '"AUD"',
  'Spellings of one currency are added up together'
);

select * from finish();
rollback;
