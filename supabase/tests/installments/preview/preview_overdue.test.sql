begin;
\ir ../../arrange.psql
select no_plan();

\set at '''2001-06-30 18:00+00'''

select pg_temp.insert_agency(name => 'Harbour') as agency \gset
select pg_temp.insert_agency('Pacific/Honolulu', name => 'Islands') as islands \gset
select pg_temp.insert_plan(:'agency') as plan \gset
select pg_temp.insert_plan(:'islands') as islands_plan \gset
update public.payment_plans set currency = 'USD' where id = :'islands_plan';

select pg_temp.insert_installment(plan, date '2001-06-30' + days, status)
from (values (uuid :'plan'), (:'islands_plan')) as plans (plan)
cross join generate_series(-1, 1) as days
cross join unnest(array['draft', 'pending', 'overdue', 'paid', 'partial', 'cancelled']) as status;
select pg_temp.insert_installment(pg_temp.insert_plan(:'agency', 'cancelled'), '2001-06-01');

select is(
  public.preview_overdue(:at),
  jsonb_build_object(
    'asOf', timestamptz :at,
    'installments', 3,
    'amounts', '[{"currency": "AUD", "installments": 2, "amount": 200.00}, {"currency": "USD", "installments": 1, "amount": 100.00}]'::jsonb,
    'byAgency', jsonb_build_array(
      jsonb_build_object(
        'agencyId', uuid :'agency',
        'name', 'Harbour',
        'installments', 2,
        'amounts', '[{"currency": "AUD", "installments": 2, "amount": 200.00}]'::jsonb,
        'oldestDueDate', '2001-06-29',
        'dueBefore', '2001-07-01',
        'timezone', 'UTC',
        'localTime', '2001-06-30T18:00:00',
        'cutoffTime', '17:00:00',
        'graceDays', 0
      ),
      jsonb_build_object(
        'agencyId', uuid :'islands',
        'name', 'Islands',
        'installments', 1,
        'amounts', '[{"currency": "USD", "installments": 1, "amount": 100.00}]'::jsonb,
        'oldestDueDate', '2001-06-29',
        'dueBefore', '2001-06-30',
        'timezone', 'Pacific/Honolulu',
        'localTime', '2001-06-30T08:00:00',
        'cutoffTime', '17:00:00',
        'graceDays', 0
      )
    )
  ),
  'The preview counts what is pending on active plans and past its cut-off, by agency and currency'
);

select is(
  public.preview_overdue(:at, agency_id => :'islands') ->> 'installments',
  '1',
  'It can look at one agency'
);

select is(
  (public.preview_overdue(:at, :'islands', timezone, cutoff_time::time, grace_days) ->> 'installments')::int,
  expected,
  reason
)
from (
  values
    (null, null, null, 1, 'Without other settings, those of the agency are used'),
    ('Asia/Tokyo', null, null, 2, 'In another time zone, it would be the next day already'),
    (null, '08:00', null, 2, 'With an earlier cut-off, what is due today would be marked'),
    (null, null, 1, 0, 'With a day of grace, nothing would be marked'),
    ('Asia/Tokyo', '23:00', 60, 0, 'All settings can be tried at once')
) as settings (timezone, cutoff_time, grace_days, expected, reason);

insert into public.agency_closed_days (agency_id, day)
values (:'agency', '2001-06-30');

select is(
  public.preview_overdue(:at, :'agency') ->> 'installments',
  '1',
  'A closed day counts'
);

select is(
  public.preview_overdue(:at, gen_random_uuid()) - 'asOf',
  '{"installments": 0, "amounts": [], "byAgency": []}',
  'An unknown agency has nothing to mark'
);

select throws_ok(
  format('select public.preview_overdue(%L, null, %L, %L, %L)', refused.at, refused.timezone, refused.cutoff_time, refused.grace_days),
  '22023',
  refused.message,
  refused.message
)
from (
  values
    ('infinity', null, null, null, 'as_of has to be an instant'),
    (null, null, null, null, 'as_of has to be an instant'),
    ('2001-06-30', 'Bogus5', null, null, '"Bogus5" is not the name of a time zone'),
    ('2001-06-30', 'UTC+5', null, null, '"UTC+5" is not the name of a time zone'),
    ('2001-06-30', null, '24:00', null, 'cutoff_time must be from 00:00:00 to 23:59:59, not 24:00:00'),
    ('2001-06-30', null, null, '61', 'grace_days must be from 0 to 60, not 61'),
    ('2001-06-30', null, null, '-1', 'grace_days must be from 0 to 60, not -1')
) as refused (at, timezone, cutoff_time, grace_days, message);

-- It says what the run does then

select public.preview_overdue(:at) as preview \gset

select is(
  (select sum(updated_count) from public.update_installment_statuses(:at)),
  (jsonb :'preview' ->> 'installments')::bigint,
  'The run marks what the preview has counted'
);

select is(
  public.preview_overdue(:at) ->> 'installments',
  '0',
  'After the run, nothing is left to mark'
);

-- Who sees what

select pg_temp.insert_user('member', :'islands') as member \gset
select pg_temp.insert_installment(:'plan', '2001-06-01');
select pg_temp.insert_installment(:'islands_plan', '2001-06-01');

select pg_temp.sign_in(:'member');
select is(
  (
    select jsonb_agg(agency ->> 'name')
    from jsonb_array_elements(public.preview_overdue(:at) -> 'byAgency') as agency
  ),
  '["Islands"]',
  'A member gets the preview of their own agency'
);
select is(
  public.preview_overdue(:at, :'agency') ->> 'installments',
  '0',
  'A member gets nothing of another agency'
);
reset role;

set local role anon;
select throws_ok(
  'select public.preview_overdue()',
  '42501',
  null,
  'Without a sign-in there is no preview'
);
reset role;

select * from finish();
rollback;
