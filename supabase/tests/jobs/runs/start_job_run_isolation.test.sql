-- A repeatable read transaction does not see the runs that others start
-- meanwhile.
begin isolation level repeatable read;
\ir ../../arrange.psql
select no_plan();

select throws_ok(
  $$select public.start_job_run('pgtap-isolation')$$,
  '25000',
  'start_job_run needs the isolation level read committed',
  'A run cannot start in a repeatable read transaction'
);
select is_empty(
  $$select 1 from public.jobs_log where job_name = 'pgtap-isolation'$$,
  'A refused start leaves no row'
);

select * from finish();
rollback;
