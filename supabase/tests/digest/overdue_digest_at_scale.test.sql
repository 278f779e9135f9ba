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

create function pg_temp.installments_read()
returns bigint
language sql
as $$
  select sum(counted.seq_tup_read + counted.idx_tup_fetch)::bigint
  from pg_catalog.pg_stat_xact_all_tables as counted
  where counted.relid in ('public.installments'::regclass, 'public.payment_plans'::regclass);
$$;

create function pg_temp.installments_read_by(statement text)
returns bigint
language plpgsql
as $$
declare
  before bigint := pg_temp.installments_read();
begin
  execute installments_read_by.statement;
  return pg_temp.installments_read() - before;
end
$$;

select cmp_ok(
  pg_temp.installments_read_by(
    format('select pg_temp.digest_of(%L)', (select customer.id from pg_temp.customer limit 1))
  ),
  '<',
  500::bigint,
  'The digest of an agency reads its own plans and installments, and not those of all'
);
select cmp_ok(
  pg_temp.installments_read_by(format('select public.list_overdue_digests(%L)', pg_temp.insert_run())),
  '<',
  3 * (
    select count(*)
    from public.installments
  ),
  'The list reads every installment, and not once for each agency'
);

select * from finish();
rollback;
