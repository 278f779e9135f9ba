-- A transaction that keeps its first snapshot does not see the runs that others
-- start meanwhile.
begin isolation level repeatable read;
\ir ../../arrange.psql
select no_plan();

select throws_ok(
  $$select public.start_job_run('pgtap-isolation')$$,
  '25000',
  'start_job_run needs the isolation level read committed',
  'No run starts in a transaction that is repeatable read'
);
select is_empty(
  $$select 1 from public.jobs_log where job_name = 'pgtap-isolation'$$,
  'It leaves no row'
);

select * from finish();
rollback;
