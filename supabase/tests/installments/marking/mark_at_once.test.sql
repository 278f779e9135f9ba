begin;
\ir ../../arrange.psql
select no_plan();

create function pg_temp.pointer_of(installment uuid)
returns tid
language sql
as $$
  select stored.ctid
  from public.installments as stored
  where stored.id = pointer_of.installment;
$$;

create function pg_temp.mark(variadic installments uuid[])
returns text
language sql
as $$
  select format(
    'select jobs.mark_at_once(%L, %L, %L)',
    array(
      select pg_temp.pointer_of(picked.id)
      from unnest(mark.installments) with ordinality as picked (id, position)
      order by picked.position
    ),
    mark.installments,
    '2001-03-10'
  );
$$;

select pg_temp.insert_agency() as agency \gset
select pg_temp.insert_plan(:'agency') as plan \gset
select pg_temp.insert_installment(:'plan', '2001-03-01') as first \gset
select pg_temp.insert_installment(:'plan', '2001-03-02') as second \gset

select lives_ok(pg_temp.mark(:'first', :'second'), 'Installments are marked together');
select is(
  array[pg_temp.status_of(:'first'), pg_temp.status_of(:'second')],
  array['overdue', 'overdue'],
  'Each of them is overdue'
);

-- What stops the attempt

select pg_temp.insert_installment(:'plan', '2001-03-03') as good \gset
select throws_ok(
  pg_temp.mark(:'good', pg_temp.insert_installment(:'plan', '2001-03-03', status)),
  'not every row was marked',
  format('An installment that has become %s since it was picked stops the attempt', status)
)
from unnest(array['paid', 'partial', 'cancelled']) as status;
select throws_ok(
  pg_temp.mark(:'good', pg_temp.insert_installment(:'plan', '2001-03-10')),
  'not every row was marked',
  'So does one whose due date was moved'
);
select is(pg_temp.status_of(:'good'), 'pending', 'The attempt is undone');

-- Partitions number their rows alike

drop view jobs.overdue_candidates;
drop view public.installments_due;
alter table public.installments rename to pgtap_installments;
create table public.installments (
  like public.pgtap_installments including defaults
) partition by range (student_due_date);
create table public.pgtap_february
  partition of public.installments
  for values from ('2001-02-01') to ('2001-03-01');
create table public.pgtap_march
  partition of public.installments
  for values from ('2001-03-01') to ('2001-04-01');

select pg_temp.insert_installment(pg_temp.insert_plan(:'agency', 'cancelled'), '2001-02-01') as cancelled \gset
select pg_temp.insert_installment(:'plan', '2001-03-01') as due \gset
select is(pg_temp.pointer_of(:'cancelled'), pg_temp.pointer_of(:'due'), 'Rows of two partitions have the same number');

select results_eq(
  format(
    'select updated_count from public.update_installment_statuses(%L) where agency_id = %L',
    '2001-03-10 12:00:00+00', :'agency'
  ),
  'values (1)',
  'Of a partitioned table one installment is marked'
);
select is(
  array[pg_temp.status_of(:'due'), pg_temp.status_of(:'cancelled')],
  array['overdue', 'pending'],
  'It is the one that is due, and not that of a cancelled plan in another partition'
);

select * from finish();
rollback;
