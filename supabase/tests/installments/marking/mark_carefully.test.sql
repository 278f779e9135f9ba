-- A database that refuses to lock rows and skip those of others, as Citus does
-- across shards.
begin;
\ir ../../arrange.psql
select no_plan();

select replace(
  pg_get_functiondef('jobs.pick_overdue(date, date, uuid[], int, boolean)'::regprocedure),
  E'begin\n',
  $$begin
    if pick_overdue.locking then
      raise exception 'could not run distributed query with FOR UPDATE/SHARE commands'
        using errcode = 'feature_not_supported';
    end if;
  $$
)
\gexec

select pg_temp.insert_agency(name => 'Refuses') as refusing \gset
select pg_temp.insert_installment(pg_temp.insert_plan(:'refusing'), '2001-02-01') as refused \gset
select pg_temp.insert_agency(name => 'Pays') as paying \gset
select pg_temp.insert_plan(:'paying') as plan \gset
select pg_temp.insert_installment(:'plan', '2001-02-02') as due \gset
select pg_temp.insert_installment(:'plan', '2001-02-03');
select pg_temp.refuse_updates_of(:'refusing');

select results_eq(
  format(
    $$
      select updated_count, transitions
      from public.update_installment_statuses('2001-03-10 12:00:00+00')
      where agency_id = any (%L)
      order by updated_count
    $$,
    array[:'refusing', :'paying']
  ),
  $$
    values
      (
        0,
        jsonb '{"pending_to_overdue": 0, "error": "the books of this agency are closed (SQLSTATE P0001)"}'
      ),
      (2, '{"pending_to_overdue": 2}')
  $$,
  'The refusal stops nobody: one agency fails, the other is marked'
);
select is(
  (select count(*) from public.installment_history(:'due')),
  1::bigint,
  'What is marked without locks is in the ledger'
);
select is_empty(
  format('select 1 from public.installment_history(%L)', :'refused'),
  'What was refused is not'
);

select * from finish();
rollback;
