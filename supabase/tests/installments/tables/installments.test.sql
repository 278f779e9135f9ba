begin;
\ir ../../arrange.psql
select no_plan();

select pg_temp.insert_plan(pg_temp.insert_agency()) as plan
\gset

-- Writing

select lives_ok(
  format(
    'insert into public.installments (payment_plan_id, amount, student_due_date, status) values (%L, 250.50, %L, %L)',
    :'plan', '2001-03-10', 'pending'
  ),
  'An installment needs a plan, an amount, a due date and a status, nothing else'
);

select results_eq(
  format('select amount, student_due_date, status from public.installments where payment_plan_id = %L', :'plan'),
  $$values (250.50, date '2001-03-10', 'pending')$$,
  'An installment is stored with the given values'
);

insert into public.installments (payment_plan_id, amount, student_due_date)
values (:'plan', 1, '2001-03-10')
returning id as installment
\gset

select is(
  pg_temp.status_of(:'installment'),
  'draft',
  'An installment is a draft by default'
);

select lives_ok(
  format('select pg_temp.insert_installment(%L, %L, %L)', :'plan', '2001-03-10', accepted.status),
  format('An installment can be %s', accepted.status)
)
from (
  values ('draft'), ('pending'), ('overdue'), ('paid'), ('partial'), ('cancelled')
) as accepted (status);

select throws_ok(
  format('select pg_temp.insert_installment(%L, %L, %L)', :'plan', '2001-03-10', refused.status),
  '23514',
  null,
  format('An installment cannot be %L', refused.status)
)
from (
  values ('late'), ('Pending'), ('')
) as refused (status);

select throws_ok(
  format(
    'insert into public.installments (payment_plan_id, amount, student_due_date) values (%L, %s, %L)',
    :'plan', refused.amount, '2001-03-10'
  ),
  '23514',
  null,
  format('An installment of %s is refused', refused.amount)
)
from (
  values (0), (-0.01)
) as refused (amount);

select throws_ok(
  format('select pg_temp.insert_installment(%L, %L)', gen_random_uuid(), '2001-03-10'),
  '23503',
  null,
  'An installment belongs to a plan'
);

select col_not_null(
  'public', 'installments', required.column_name,
  format('An installment has a %s', required.column_name)
)
from (
  values ('payment_plan_id'), ('amount'), ('student_due_date'), ('status')
) as required (column_name);

select col_type_is(
  'public', 'installments', 'student_due_date', 'date',
  'A due date is a date and has no time zone of its own'
);

-- Finding due installments

select is(
  pg_get_indexdef(to_regclass('public.installments_pending_due_date_idx')),
  'CREATE INDEX installments_pending_due_date_idx ON public.installments'
    ' USING btree (student_due_date) WHERE (status = ''pending''::text)',
  'The index of due dates holds pending installments only'
);

select is(
  pg_get_indexdef(to_regclass('public.installments_payment_plan_id_idx')),
  'CREATE INDEX installments_payment_plan_id_idx ON public.installments USING btree (payment_plan_id)',
  'The installments of a plan are found by index'
);

-- Ten thousand installments in the future, ten due.
insert into public.installments (payment_plan_id, amount, student_due_date, status)
select :'plan', 1, date '2101-01-01' + number, 'pending'
from generate_series(1, 10000) as number;

analyze public.installments;

create function pg_temp.plan_of(statement text)
returns setof text
language plpgsql
as $$
begin
  return query execute 'explain (costs off) ' || plan_of.statement;
end
$$;

select matches(
  (
    select string_agg(line, E'\n')
    from pg_temp.plan_of(
      $$
        select id
        from public.installments
        where status = 'pending'
          and student_due_date < '2001-04-01'
      $$
    ) as line
  ),
  'installments_pending_due_date_idx',
  'Due installments are found by the index of pending due dates'
);

select * from finish();
rollback;
