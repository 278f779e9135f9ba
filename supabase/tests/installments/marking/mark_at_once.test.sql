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
  'Each marked installment is overdue'
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
  'An installment whose due date was moved stops the attempt'
);
select is(pg_temp.status_of(:'good'), 'pending', 'A stopped attempt is undone');

select * from finish();
rollback;
