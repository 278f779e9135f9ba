begin;
\ir ../arrange.psql
\ir arrange_digest.psql
select no_plan();

-- 200 agencies with 50 overdue installments each. Rows that are read are
-- counted, because how long that takes depends on the machine.

select pg_temp.insert_customer('pgtap ' || number) as id
into pg_temp.customer
from generate_series(1, 200) as number;
select count(pg_temp.insert_debt(customer.id, status => 'overdue'))
from pg_temp.customer
cross join generate_series(1, 50);
analyze public.agencies, public.payment_plans, public.installments;

set local pgtap.counted_tables = '{public.installments,public.payment_plans}';
\ir ../rows_read.psql

select cmp_ok(
  pg_temp.rows_read_by(
    format('select pg_temp.digest_of(%L)', (select customer.id from pg_temp.customer limit 1))
  ),
  '<',
  500::bigint,
  'The digest of an agency reads its own plans and installments, and not those of all'
);
select cmp_ok(
  pg_temp.rows_read_by(format('select public.list_overdue_digests(%L)', pg_temp.insert_run())),
  '<',
  3 * (
    select count(*)
    from public.installments
  ),
  'The list reads every installment, and not once for each agency'
);

select * from finish();
rollback;
