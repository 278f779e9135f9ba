begin;
\ir ../arrange.psql
\ir arrange_digest.psql
select no_plan();

create function pg_temp.list(
  run_id uuid,
  as_of timestamptz default '2001-03-12 06:00:01+00'
)
returns jsonb
language sql
as $$
  select public.list_overdue_digests(run_id => list.run_id, as_of => list.as_of);
$$;

select pg_temp.insert_run() as run_id \gset
-- Other rows of the database may be overdue as well.
select pg_temp.list(:'run_id') as before \gset

create function pg_temp.names_listed(run_id uuid)
returns setof text
language sql
as $$
  select agency ->> 'name'
  from jsonb_array_elements(pg_temp.list(names_listed.run_id) -> 'agencies') as agency
  where agency ->> 'name' like 'pgtap %';
$$;

-- Who is listed

select pg_temp.insert_customer('pgtap ' || status || ' of ' || plan_status) as id, status, plan_status
into pg_temp.customer
from unnest(array['draft', 'pending', 'overdue', 'paid', 'partial', 'cancelled']) as status
cross join unnest(array['draft', 'active', 'completed', 'cancelled']) as plan_status;

select pg_temp.insert_debt(customer.id, status => customer.status, plan_status => customer.plan_status)
from pg_temp.customer
cross join generate_series(1, 2);

select pg_temp.insert_customer('pgtap without installments');
select pg_temp.insert_debt(
  pg_temp.insert_customer('pgtap due ' || due || ' in ' || zone, timezone => zone),
  due => due
)
from unnest(array['Pacific/Kiritimati', 'Pacific/Honolulu']) as zone
cross join unnest(array['2001-03-11', '2001-03-12', '2001-03-13']::date[]) as due;

select results_eq(
  format('select * from pg_temp.names_listed(%L)', :'run_id'),
  $$
    values
      ('pgtap due 2001-03-11 in Pacific/Honolulu'),
      ('pgtap due 2001-03-11 in Pacific/Kiritimati'),
      ('pgtap due 2001-03-12 in Pacific/Kiritimati'),
      ('pgtap overdue of active'),
      ('pgtap overdue of cancelled'),
      ('pgtap overdue of completed'),
      ('pgtap overdue of draft'),
      ('pgtap pending of active')
  $$,
  'The list has each agency with overdue installments in its own calendar at the start of the run, once, by name'
);

select set_eq(
  format(
    $$
      select (agency ->> 'id')::uuid
      from jsonb_array_elements(pg_temp.list(%L) -> 'agencies') as agency
    $$,
    :'run_id'
  ),
  $$
    select agency.id
    from public.agencies as agency
    where jobs.overdue_digest(agency.id, '2001-03-12 06:00:00+00') #>> '{agency,contact_email}' is not null
  $$,
  'The listed agencies are those with a digest and an address'
);

select is(
  pg_temp.list(:'run_id') - 'agencies',
  jsonb :'before' - 'agencies'
    || jsonb_build_object('week', '2001-W11', 'judged_at', timestamptz '2001-03-12 06:00:00+00'),
  'The week and the instant are those of the run'
);

select is(
  pg_temp.list(:'run_id', as_of => '2001-03-14 20:00:00+00'),
  pg_temp.list(:'run_id'),
  'Days later the list is still that of the start of the run'
);

select pg_temp.insert_debt(pg_temp.insert_customer('pgtap unreachable', contact_email => address))
from unnest(array[null, '', E' \t']) as address;
select pg_temp.insert_customer('pgtap unreachable and settled', contact_email => null);

select is(
  (pg_temp.list(:'run_id') -> 'agencies_without_address')::int,
  (jsonb :'before' -> 'agencies_without_address')::int + 3,
  'Agencies without an address are counted if they have overdue installments'
);
select is_empty(
  format($$select name from pg_temp.names_listed(%L) as name where name like '%%unreachable%%'$$, :'run_id'),
  'Agencies without an address are not listed'
);

alter table public.agencies
  disable trigger check_agency_timezone;
select pg_temp.insert_debt(
  pg_temp.insert_customer('pgtap nowhere ' || status, timezone => 'Mars/Olympus'),
  status => status
)
from unnest(array['pending', 'overdue']) as status;

select results_eq(
  format($$select name from pg_temp.names_listed(%L) as name where name like '%%nowhere%%'$$, :'run_id'),
  $$values ('pgtap nowhere overdue')$$,
  'In an unknown time zone only installments that are marked overdue count'
);

-- Sent digests

select customer.id as done
from pg_temp.customer
where customer.status = 'overdue'
  and customer.plan_status = 'draft'
\gset

insert into jobs.overdue_digests (week, agency_id, state, key_number, run_id, judged_at, claimed_at, sent_at)
values ('2001-W11', :'done', 'sent', 1, :'run_id', now(), now(), now());

select ok(
  exists (select from pg_temp.names_listed(:'run_id') as name where name = 'pgtap overdue of draft'),
  'An agency that the run has mailed stays in its list, so that a repeated call has the same answer'
);

select pg_temp.insert_run('2001-03-14 06:00:00+00') as next_run \gset
select is(
  pg_temp.list(:'next_run') -> 'agencies_already_mailed',
  '1',
  'Another run of the week counts the mailed agency'
);
select ok(
  not exists (select from pg_temp.names_listed(:'next_run') as name where name = 'pgtap overdue of draft'),
  'Another run of the week does not list the mailed agency'
);

update jobs.overdue_digests as digest
set
  state = 'claimed',
  sent_at = null
where digest.agency_id = :'done';

select ok(
  exists (select from pg_temp.names_listed(:'next_run') as name where name = 'pgtap overdue of draft'),
  'An agency whose digest was claimed and not sent is listed'
);

update jobs.overdue_digests as digest
set
  state = 'sent',
  sent_at = now()
where digest.agency_id = :'done';
select pg_temp.insert_run('2001-03-19 00:00:00+00') as next_week \gset

select ok(
  exists (select from pg_temp.names_listed(:'next_week') as name where name = 'pgtap overdue of draft')
    and pg_temp.list(:'next_week') -> 'agencies_already_mailed' = '0',
  'A mailed agency is listed again in the next week'
);

-- Retention of the ledger

insert into jobs.overdue_digests (week, agency_id)
select week, gen_random_uuid()
from unnest(array['2000-W48', '2000-W49', '2001-W01']) as week;

select pg_temp.list(:'run_id', as_of => '2001-03-09 12:00:00+00');

select set_eq(
  $$
    select week
    from jobs.overdue_digests
    where week < '2001-W11'
  $$,
  array['2000-W49', '2001-W01'],
  'Weeks older than 90 days are deleted'
);

-- Refusals

select throws_ok(
  format('select pg_temp.list(%L)', gen_random_uuid()),
  'PT404',
  null,
  'An unknown run has no list'
);

update public.jobs_log
set status = 'failed'
where id = :'run_id';

select throws_ok(
  format('select pg_temp.list(%L)', :'run_id'),
  'PT409',
  null,
  'A run that has ended has no list'
);

select * from finish();
rollback;
