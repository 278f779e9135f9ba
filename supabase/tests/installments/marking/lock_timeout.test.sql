-- Marking does not wait for row locks. The lock time-out that it sets ends with
-- it.
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
  'The caller''s lock time-out is restored'
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
  'The installment is marked while another agency fails'
);
select is(
  current_setting('lock_timeout'),
  '7s',
  'The caller''s lock time-out is restored after an agency failed'
);

select * from finish();
rollback;
