begin;
\ir ../arrange.psql
\ir arrange_digest.psql
select no_plan();

create function pg_temp.list(run_id uuid)
returns jsonb
language sql
as $$
  select public.list_overdue_digests(run_id => list.run_id);
$$;

-- Runs and agencies of the database are not those of the test.
delete from public.jobs_log where true;
delete from jobs.overdue_digests where true;

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
      ('pgtap partial of active'),
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
  pg_temp.list(:'run_id') - array['agencies', 'agencies_of_the_week'],
  jsonb :'before' - array['agencies', 'agencies_of_the_week']
    || jsonb_build_object('week', '2001-W11', 'judged_at', timestamptz '2001-03-12 06:00:00+00'),
  'The week and the instant are those of the run'
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

-- After 08:00 in UTC, whose week counts there.
select results_eq(
  format($$select name from pg_temp.names_listed(%L) as name where name like '%%nowhere%%'$$, pg_temp.insert_run('2001-03-12 08:00:00+00')),
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
select pg_temp.insert_run('2001-03-19 05:00:00+00') as next_week \gset

select ok(
  exists (select from pg_temp.names_listed(:'next_week') as name where name = 'pgtap overdue of draft')
    and pg_temp.list(:'next_week') -> 'agencies_already_mailed' = '0',
  'A mailed agency is listed again in the next week'
);

-- Whose week is settled

select pg_temp.insert_customer('pgtap late') as late \gset
select pg_temp.insert_debt(:'late', due => '2001-03-13');
select pg_temp.insert_customer('pgtap refused') as refused \gset
select pg_temp.insert_debt(:'refused', due => '2001-03-01');

create function pg_temp.late_names(started_at timestamptz, trigger_source text)
returns text[]
language sql
as $$
  select array(
    select name
    from pg_temp.names_listed(pg_temp.insert_run(late_names.started_at, late_names.trigger_source)) as name
    where name in ('pgtap late', 'pgtap refused')
    order by name
  );
$$;

select is(
  pg_temp.late_names('2001-03-14 06:00:00+00', source),
  array['pgtap late', 'pgtap refused'],
  format('Before any success a run started by %s lists everybody with something overdue', source)
)
from unnest(array['manual', 'cron', 'catch_up', 'due']) as source;

insert into public.jobs_log (job_name, started_at, completed_at, status)
values ('weekly-overdue-digest', '2001-03-12 05:00:00+00', '2001-03-12 05:00:01+00', 'success');

select is(
  pg_temp.late_names('2001-03-14 06:00:00+00', source),
  '{}',
  format('An agency that owes something later in the week waits for its next Monday, whatever starts a run: %s', source)
)
from unnest(array['cron', 'catch_up', 'due']) as source;
select is(
  pg_temp.late_names('2001-03-14 06:00:00+00', 'manual'),
  array['pgtap late', 'pgtap refused'],
  'A person can send it before then'
);

insert into jobs.overdue_digests (week, agency_id, key_number)
values ('2001-W11', :'refused', 2);

select is(
  pg_temp.late_names('2001-03-14 06:00:00+00', 'cron'),
  array['pgtap refused'],
  'A mail that was refused is tried again by every run of its week'
);
select is(
  pg_temp.late_names('2001-03-19 05:00:00+00', source),
  array['pgtap late', 'pgtap refused'],
  format('On its next Monday at 08:00 each is listed: %s', source)
)
from unnest(array['cron', 'catch_up', 'due']) as source;
select is(
  pg_temp.late_names('2001-03-19 04:59:59+00', source),
  '{}',
  format('And not a second earlier: %s', source)
)
from unnest(array['manual', 'cron', 'catch_up', 'due']) as source;

-- The list of the whole week

-- In statements of their own: the list is as of the beginning of its statement.
select pg_temp.insert_run('2001-03-14 06:00:00+00', 'cron') as cron_run \gset
select pg_temp.insert_run('2001-03-14 06:00:00+00', 'manual') as manual_run \gset
select pg_temp.list(:'cron_run') as of_few \gset
select pg_temp.list(:'manual_run') as of_all \gset

select results_eq(
  format(
    $$
      select
        jsonb_array_length(list -> 'agencies') < (list -> 'agencies_of_the_week')::int,
        (list -> 'agencies_of_the_week')::int
      from (values (jsonb %L)) as listed (list)
    $$,
    :'of_few'
  ),
  format(
    $$
      select true, jsonb_array_length(list -> 'agencies') + (list -> 'agencies_already_mailed')::int
      from (values (jsonb %L)) as listed (list)
    $$,
    :'of_all'
  ),
  'The list of the week has those who were mailed and those who wait, too'
);

-- It only reads

select is(
  (
    select routine.provolatile::text
    from pg_catalog.pg_proc as routine
    where routine.oid = 'public.list_overdue_digests(uuid)'::regprocedure
  ),
  's',
  'A function that is stable can write nothing'
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
