begin;
\ir ../../arrange.psql
select no_plan();

create function pg_temp.due_check()
returns text
language sql
as $$
  select coalesce(definition.due_check, 'none')
  from jobs.definitions as definition
  where definition.job_name = 'update-installment-statuses';
$$;

select is(pg_temp.due_check(), 'none', 'After an installation the main job follows its schedule alone');

select pg_temp.insert_agency() as agency \gset
select jobs.follow_cutoffs(true);
select is(pg_temp.due_check(), 'jobs.installments_are_due', 'Turned on, the job has a due check');
select pg_temp.insert_agency();
select jobs.is_due('update-installment-statuses');
select isnt_empty('select 1 from jobs.followed_cutoffs', 'A question notes up to where it has looked');

select jobs.follow_cutoffs(true);
select isnt_empty('select 1 from jobs.followed_cutoffs', 'Turned on again, it stays as it is');

\ir ../../../schemas/installments/marking/update_installment_statuses_job.sql
select is(
  pg_temp.due_check(),
  'jobs.installments_are_due',
  'A migration that is applied again leaves it on'
);

select jobs.follow_cutoffs(false);
select is(pg_temp.due_check(), 'none', 'Turned off, the job has no due check');
select is_empty('select 1 from jobs.followed_cutoffs', 'And nothing is noted any more');
select jobs.follow_cutoffs(false);
select is(pg_temp.due_check(), 'none', 'Turned off again, it stays as it is');

update jobs.definitions set due_check = 'public.mine' where job_name = 'update-installment-statuses';
select jobs.follow_cutoffs(false);
select is(pg_temp.due_check(), 'public.mine', 'A due check of somebody''s own is left alone');
select jobs.follow_cutoffs(true);
select is(pg_temp.due_check(), 'jobs.installments_are_due', 'And replaced');

select throws_ok('select jobs.follow_cutoffs(null)', '22023', 'enabled has to be true or false');
select jobs.unregister('update-installment-statuses');
select throws_ok(
  'select jobs.follow_cutoffs(true)',
  '55000',
  'the job update-installment-statuses is not registered'
);

select * from finish();
rollback;
