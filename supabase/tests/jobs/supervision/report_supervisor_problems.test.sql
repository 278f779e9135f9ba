begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
select no_plan();

create function pg_temp.logged()
returns text[]
language sql
as $$
  select coalesce(array_agg(run.status order by run.started_at), '{}')
  from public.jobs_log as run
  where run.job_name = 'job-supervisor';
$$;

select jobs.report_supervisor_problems(now());
select is(pg_temp.logged(), '{}', 'Without a problem nothing is logged');

select jobs.note_supervisor_step('supervise', 'a lock', now());
select jobs.report_supervisor_problems(now());
select is(pg_temp.logged(), '{}', 'A step that failed once may have met a lock');

select jobs.note_supervisor_step('supervise', 'it is broken', now() + interval '1 minute');
select jobs.report_supervisor_problems(now() + interval '1 minute');
select is(pg_temp.logged(), array['failed'], 'One that fails again is a failed run of the supervisor');
select matches(
  (select error_message from public.jobs_log where job_name = 'job-supervisor'),
  'supervise: it is broken',
  'It says which step fails, and why'
);
select is(
  (select array_agg(alert.kind) from jobs.alerts as alert where alert.job_name = 'job-supervisor'),
  array['run_failed'],
  'People get an alert'
);
select jobs.report_supervisor_problems(now() + interval '2 minutes');
select is(pg_temp.logged(), array['failed'], 'It is logged once');

select jobs.note_supervisor_step('supervise', null);
select jobs.report_supervisor_problems(now() + interval '3 minutes');
select is(pg_temp.logged(), array['failed', 'success'], 'The end is logged as well');
select is(
  (select array_agg(alert.kind order by alert.sequence) from jobs.alerts as alert where alert.job_name = 'job-supervisor'),
  array['run_failed', 'job_recovered'],
  'People get an alert that it is over'
);
select jobs.report_supervisor_problems(now() + interval '4 minutes');
select is(pg_temp.logged(), array['failed', 'success'], 'Then all is quiet');

-- A row that somebody has logged by hand, with a start in the future

insert into public.jobs_log (job_name, started_at, completed_at, status)
values ('job-supervisor', now() + interval '1 year', now() + interval '1 year', 'failed');
select jobs.note_supervisor_step('supervise', 'it is broken again', now() + interval '5 minutes');
select jobs.report_supervisor_problems(now() + interval '6 minutes');
select is(
  (pg_temp.logged())[1:3],
  array['failed', 'success', 'failed'],
  'A start in the future does not hide a step that fails'
);
select jobs.note_supervisor_step('supervise', null);
select jobs.report_supervisor_problems(now() + interval '7 minutes');
select is((pg_temp.logged())[4], 'success', 'nor its end');

-- A job that needs no catch-up run any more

select jobs.note_supervisor_step('start_catch_up of pgtap-job', 'it is broken', now());
select jobs.report_supervisor_problems(now() + interval '11 minutes');
select is_empty('select 1 from jobs.supervisor_problems', 'A step that is not tried any more is forgotten');

select * from finish();
rollback;
