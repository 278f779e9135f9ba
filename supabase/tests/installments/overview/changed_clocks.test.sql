begin;
\ir ../../arrange.psql
select no_plan();

insert into public.agencies (name, timezone, overdue_cutoff_time)
values
  ('pgtap moved', 'Australia/Brisbane', '17:00'),
  ('pgtap stays', 'Australia/Brisbane', '17:00');
insert into public.installments (payment_plan_id, amount, student_due_date, status)
select pg_temp.insert_plan(agency.id), 1, current_date - 9, 'pending'
from public.agencies as agency
where agency.name like 'pgtap %';
select from public.update_installment_statuses();

create function pg_temp.changed(as_of timestamptz default now())
returns table (name text, timezone text, cutoff_time text, former_timezone text, former_cutoff_time text)
language sql
as $$
  select
    clock ->> 'name',
    clock ->> 'timezone',
    clock ->> 'cutoffTime',
    clock ->> 'formerTimezone',
    clock ->> 'formerCutoffTime'
  from jsonb_array_elements(public.changed_clocks(100, changed.as_of)) as clock
  where clock ->> 'name' like 'pgtap %';
$$;

select is_empty('select * from pg_temp.changed()', 'An agency that was marked by the clock of today is not listed');

update public.agencies set timezone = 'America/New_York' where name = 'pgtap moved';
select results_eq(
  'select * from pg_temp.changed()',
  $$values ('pgtap moved', 'America/New_York', '17:00:00', 'Australia/Brisbane', '17:00:00')$$,
  'Another zone is listed, with the one before'
);

-- The page of the agency has it, and the statement takes it back

select agency.id as moved from public.agencies as agency where agency.name = 'pgtap moved' \gset
select agency.id as stays from public.agencies as agency where agency.name = 'pgtap stays' \gset
select ok(
  public.changed_clocks(100) @> jsonb_build_array(public.agency_report(:'moved') -> 'changedClock'),
  'It is on the page of the agency as well'
);
select is(public.agency_report(:'stays') ->> 'changedClock', null, 'And not on that of another');

select is_empty(
  $$select * from pg_temp.changed(now() + interval '8 days')$$, 'For seven days after the last marking by it'
);

select public.agency_report(:'moved') #>> '{changedClock,statement}' as statement \gset
:statement
select is_empty('select * from pg_temp.changed()', 'Until its statement has brought the former one back');
select is(
  (select agency.timezone from public.agencies as agency where agency.name = 'pgtap moved'),
  'Australia/Brisbane',
  'The statement writes the former zone'
);

update public.agencies set overdue_cutoff_time = '09:00' where name = 'pgtap moved';
select results_eq(
  'select cutoff_time, former_cutoff_time from pg_temp.changed()',
  $$values ('09:00:00', '17:00:00')$$,
  'Another cut-off is listed as well'
);

-- Who may see it

set local role authenticated;
select set_config('request.jwt.claims', jsonb_build_object('sub', gen_random_uuid())::text, true);
select is(public.changed_clocks(), '[]', 'Who may see no agency sees none here');

select * from finish();
rollback;
