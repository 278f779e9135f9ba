-- Marking waits for no row. What it sets for that ends with it.
begin;
\ir ../../arrange.psql
select no_plan();

select pg_temp.insert_agency(name => 'Pays') as paying \gset
select pg_temp.insert_plan(:'paying') as paying_plan \gset
select pg_temp.insert_installment(:'paying_plan', '2001-02-01') as due \gset

set local lock_timeout = '7s';

savepoint nothing_marked;

select public.update_installment_statuses('2001-03-10 12:00:00+00');

select is(pg_temp.status_of(:'due'), 'overdue', 'The installment is marked');
select is(
  current_setting('lock_timeout'),
  '7s',
  'The caller''s lock time-out is what it was'
);

rollback to savepoint nothing_marked;

select pg_temp.insert_agency(name => 'Refuses') as refusing \gset
select pg_temp.insert_plan(:'refusing') as refusing_plan \gset
select pg_temp.insert_installment(:'refusing_plan', '2001-02-01');
select pg_temp.refuse_updates_of(:'refusing');
select public.update_installment_statuses('2001-03-10 12:00:00+00');

select is(
  pg_temp.status_of(:'due'),
  'overdue',
  'The installment is marked beside an agency that refuses'
);
select is(
  current_setting('lock_timeout'),
  '7s',
  'The caller''s lock time-out is what it was after an agency refused'
);

select * from finish();
rollback;
