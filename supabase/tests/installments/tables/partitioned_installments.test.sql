-- An adopter's installments may be partitioned. Partitions number their rows
-- alike, so that one physical position stands for a row in each of them.
begin;
\ir ../../arrange.psql

select no_plan();

-- The tables of an adopter replace those of the database.
alter table public.installments
  rename to installments_before;

create function pg_temp.create_installments(partition_by text)
returns void
language plpgsql
as $$
begin
  execute format(
    'create table public.installments (
      id uuid not null default gen_random_uuid(),
      payment_plan_id uuid not null references public.payment_plans (id),
      amount numeric(12, 2) not null,
      student_due_date date not null,
      status text not null
    ) partition by %s',
    create_installments.partition_by
  );
end
$$;

select pg_temp.insert_agency(name => 'Collects') as agency \gset
select pg_temp.insert_plan(:'agency') as active_plan \gset
select pg_temp.insert_plan(:'agency', 'cancelled') as cancelled_plan \gset

savepoint no_table;

-- By range: earlier due dates are in the other partition

select pg_temp.create_installments('range (student_due_date)');
create table public.installments_of_january
  partition of public.installments
  for values from ('2001-01-01') to ('2001-02-01');
create table public.installments_of_february
  partition of public.installments
  for values from ('2001-02-01') to ('2001-03-01');

select pg_temp.insert_installment(:'active_plan', '2001-02-10') as due \gset
select pg_temp.insert_installment(:'cancelled_plan', '2001-01-10') as cancelled \gset

select is(
  (select count(distinct ctid) from public.installments),
  1::bigint,
  'Two partitions by range number their first rows alike'
);

savepoint by_range;

select results_eq(
  format(
    'select updated_count, transitions from public.update_installment_statuses(%L) where agency_id = %L',
    '2001-03-10 12:00:00+00',
    :'agency'
  ),
  $$values (1, jsonb '{"pending_to_overdue": 1}')$$,
  'An installment in a partition by range is marked overdue'
);
select results_eq(
  format(
    'values (pg_temp.status_of(%L), pg_temp.status_of(%L))',
    :'due',
    :'cancelled'
  ),
  $$values ('overdue', 'pending')$$,
  'The installment of a cancelled plan at the same position of another range stays pending'
);

rollback to savepoint by_range;

select public.start_job_run('partitioned-installments', as_of => '2001-03-10 12:00:00+00') ->> 'run_id' as run_id \gset

select is(
  public.process_installment_batch(:'run_id', 10) ->> 'records_updated',
  '1',
  'A batch counts what it marked in a partition by range'
);
select is(
  pg_temp.status_of(:'cancelled'),
  'pending',
  'A batch leaves the installment of a cancelled plan in another partition by range'
);

rollback to savepoint by_range;

-- A trigger that only one partition has

create function pg_temp.put_status_back()
returns trigger
language plpgsql
as $$
begin
  new.status := old.status;
  return new;
end
$$;

create trigger put_status_back
  before update on public.installments_of_february
  for each row
  execute function pg_temp.put_status_back();

select results_eq(
  format(
    'select updated_count, transitions ? %L from public.update_installment_statuses(%L) where agency_id = %L',
    'error',
    '2001-03-10 12:00:00+00',
    :'agency'
  ),
  $$values (0, true)$$,
  'An installment that a trigger of its partition leaves pending is reported, not counted'
);

rollback to savepoint by_range;

-- A run looks only at what can be due, or be wrong

create table public.installments_of_2000
  partition of public.installments
  for values from ('2000-01-01') to ('2001-01-01');
create table public.installments_of_2002
  partition of public.installments
  for values from ('2002-01-01') to ('2003-01-01');
create index on public.installments (student_due_date)
  where status = 'pending';
create index on public.installments (student_due_date)
  where status = 'overdue';
insert into public.installments (payment_plan_id, amount, student_due_date, status)
select uuid :'active_plan', 100, date '2000-01-01' + number % 300, 'overdue'
from generate_series(1, 3000) as number
union all
select uuid :'active_plan', 100, date '2002-01-01' + number % 300, 'pending'
from generate_series(1, 3000) as number;
analyze public.installments;

\ir ../../rows_read.psql
set local pgtap.counted_tables = '{public.installments_of_2000,public.installments_of_2002}';
select is(
  pg_temp.rows_read_by('select public.update_installment_statuses(''2001-03-10 12:00:00+00'')'),
  0::bigint,
  'No row is read of partitions in which nothing can be due or wrong'
);
select is(pg_temp.status_of(:'due'), 'overdue', 'What is due in another partition is marked');

rollback to savepoint no_table;

-- By hash: every due date is in every partition

select pg_temp.create_installments('hash (id)');
create table public.installments_0
  partition of public.installments
  for values with (modulus 2, remainder 0);
create table public.installments_1
  partition of public.installments
  for values with (modulus 2, remainder 1);

insert into public.installments (id, payment_plan_id, amount, student_due_date, status)
select
  numbered.id,
  case numbered.remainder
    when 0 then :'active_plan'::uuid
    else :'cancelled_plan'::uuid
  end,
  100,
  '2001-02-10',
  'pending'
from (
  select
    known.id,
    hashed.remainder,
    row_number() over (partition by hashed.remainder order by known.id) as number
  from generate_series(1, 100) as counted (number)
  cross join lateral (
    select format('00000000-0000-4000-8000-%s', lpad(counted.number::text, 12, '0'))::uuid as id
  ) as known
  cross join lateral (
    select (
      not satisfies_hash_partition('public.installments'::regclass, 2, 0, known.id)
    )::int as remainder
  ) as hashed
) as numbered
where numbered.number <= 3;

select is(
  (select count(distinct ctid) from public.installments),
  3::bigint,
  'Two partitions by hash number their rows alike'
);

select is(
  (
    select updated_count
    from public.update_installment_statuses('2001-03-10 12:00:00+00')
    where agency_id = :'agency'
  ),
  3,
  'Installments in a partition by hash are marked overdue'
);
select results_eq(
  $$
    select plan.status, installment.status, count(*)
    from public.installments as installment
    join public.payment_plans as plan
      on plan.id = installment.payment_plan_id
    group by plan.status, installment.status
    order by plan.status
  $$,
  $$values ('active', 'overdue', 3::bigint), ('cancelled', 'pending', 3)$$,
  'Installments of a cancelled plan at the same positions of another partition stay pending'
);

-- Back again

update public.installments
set student_due_date = '2001-05-10'
where status = 'overdue';
select results_eq(
  format(
    'select updated_count, transitions from public.update_installment_statuses(%L) where agency_id = %L',
    '2001-03-11 12:00:00+00',
    :'agency'
  ),
  $$values (3, jsonb '{"overdue_to_pending": 3, "pending_to_overdue": 0}')$$,
  'Installments in partitions by hash are corrected when their dates are moved'
);
select is(
  (
    select count(*)
    from public.installments as installment
    cross join lateral jobs.changes_of(installment.id)
  ),
  6::bigint,
  'Their history has both changes'
);

select * from finish();
rollback;
