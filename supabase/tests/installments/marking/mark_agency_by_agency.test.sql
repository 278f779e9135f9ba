-- Agencies whose own triggers prevent the update without raising at once.
begin;
\ir ../../arrange.psql

select no_plan();

-- A trigger that restores the status

select pg_temp.insert_agency(name => 'Puts back') as putting_back \gset
select pg_temp.insert_plan(:'putting_back') as plan \gset
select pg_temp.insert_installment(:'plan', '2001-02-01')
from generate_series(1, 2);
select pg_temp.refuse_updates_of(:'putting_back', 'put back');

savepoint nothing_marked;

select results_eq(
  format(
    'select updated_count, transitions ? %L from public.update_installment_statuses(%L) where agency_id = %L',
    'error',
    '2001-03-10 12:00:00+00',
    :'putting_back'
  ),
  $$values (0, true)$$,
  'An agency whose trigger restores the status is reported, not counted'
);

rollback to savepoint nothing_marked;

select public.start_job_run('failing-agencies', as_of => '2001-03-10 12:00:00+00') ->> 'run_id' as run_id \gset

select is(
  public.process_installment_batch(:'run_id', 2) ->> 'done',
  'false',
  'A batch of rows that all stay pending is not the last one'
);

select is(
  public.process_installment_batch(:'run_id', 2) ->> 'done',
  'true',
  'The next batch leaves out the agency of those rows, so that the run ends'
);

-- A deferred trigger, which would raise at commit

select pg_temp.insert_agency(name => 'Raises at commit') as deferred \gset
select pg_temp.insert_installment(pg_temp.insert_plan(:'deferred'), '2001-02-01');
select pg_temp.insert_agency(name => 'Healthy') as healthy \gset
select pg_temp.insert_installment(pg_temp.insert_plan(:'healthy'), '2001-02-01') as healthy_installment \gset

create function pg_temp.refuse_at_commit()
returns trigger
language plpgsql
as $$
begin
  if exists (
    select 1
    from public.payment_plans as plan
    join public.agencies as agency
      on agency.id = plan.agency_id
    where plan.id = new.payment_plan_id
      and agency.name = 'Raises at commit'
  ) then
    raise exception 'refused at commit';
  end if;
  return null;
end
$$;

create constraint trigger refuse_at_commit
  after update on public.installments
  deferrable initially deferred
  for each row
  execute function pg_temp.refuse_at_commit();

select results_eq(
  format(
    'select transitions ->> %L from public.update_installment_statuses(%L) where agency_id = %L',
    'error',
    '2001-03-10 12:00:00+00',
    :'deferred'
  ),
  $$values ('refused at commit (SQLSTATE P0001)')$$,
  'An agency whose deferred trigger raises is reported'
);

select lives_ok(
  'set constraints all immediate',
  'The commit will not raise'
);

select is(
  pg_temp.status_of(:'healthy_installment'),
  'overdue',
  'The other agencies are updated'
);

-- A trigger that restores the status after the update

drop trigger refuse_at_commit on public.installments;
select pg_temp.insert_agency(name => 'Puts back afterwards') as afterwards \gset
select pg_temp.insert_installment(pg_temp.insert_plan(:'afterwards'), '2001-02-02')
from generate_series(1, 3);

create function pg_temp.put_back_afterwards()
returns trigger
language plpgsql
as $$
begin
  update public.installments
  set status = 'pending'
  where id = new.id
    and exists (
      select 1
      from public.payment_plans as plan
      join public.agencies as agency
        on agency.id = plan.agency_id
      where plan.id = new.payment_plan_id
        and agency.name = 'Puts back afterwards'
    );
  return null;
end
$$;

create trigger put_back_afterwards
  after update on public.installments
  for each row
  when (new.status = 'overdue')
  execute function pg_temp.put_back_afterwards();

select results_eq(
  format(
    'select updated_count, transitions ->> %L from public.update_installment_statuses(%L) where agency_id = %L',
    'error',
    '2001-03-10 12:00:00+00',
    :'afterwards'
  ),
  $$values (0, 'a trigger on public.installments left 3 installments pending')$$,
  'An agency whose trigger restores the status after the update is reported, not counted'
);

drop trigger put_back_afterwards on public.installments;

-- A trigger of an adopter that names its tables without a schema, and a long error

create table public.pgtap_audit (installment_id uuid);

create function public.pgtap_audit()
returns trigger
language plpgsql
as $$
begin
  insert into pgtap_audit (installment_id)
  values (new.id);
  if (
    select agency.name = 'Long-winded'
    from payment_plans as plan
    join agencies as agency
      on agency.id = plan.agency_id
    where plan.id = new.payment_plan_id
  ) then
    raise exception '%', repeat('no ', 50000);
  end if;
  return new;
end
$$;

create trigger pgtap_audit
  before update on public.installments
  for each row
  execute function public.pgtap_audit();

select pg_temp.insert_agency(name => 'Audited') as audited \gset
select pg_temp.insert_installment(pg_temp.insert_plan(:'audited'), '2001-02-03') as audited_installment \gset
select pg_temp.insert_agency(name => 'Long-winded') as long_winded \gset
select pg_temp.insert_installment(pg_temp.insert_plan(:'long_winded'), '2001-02-03');

select current_setting('search_path') as search_path \gset
create table pg_temp.audited as
select *
from public.update_installment_statuses('2001-03-10 12:00:00+00');

select is(
  pg_temp.status_of(:'audited_installment'),
  'overdue',
  'A trigger that names tables as the Data API lets it works in the job as well'
);

select is(
  current_setting('search_path'),
  :'search_path',
  'The search path of the caller is restored'
);

select cmp_ok(
  (select length(transitions ->> 'error') from pg_temp.audited where agency_id = :'long_winded'),
  '<',
  1100,
  'The error of a long-winded trigger is cut'
);

-- Invalid instants

select throws_ok(
  format('select public.update_installment_statuses(%L)', instant.name),
  '22023',
  'as_of has to be an instant',
  format('as_of %s is refused', coalesce(instant.name, 'null'))
)
from (
  values (null), ('infinity'), ('-infinity')
) as instant (name);

select * from finish();
rollback;
