begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir ../arrange_runs.psql
select no_plan();

select is(public.job_exists('pgtap-a'), 'false', 'A name that is neither registered nor logged does not exist');

select pg_temp.register('pgtap-a');
select is(public.job_exists('pgtap-a'), 'true', 'A registered job exists before its first run');
select is(public.job_exists('pgtap'), 'false', 'The beginning of a name does not exist');
select is(public.job_exists('PGTAP-A'), 'false', 'Capital letters matter');

insert into public.jobs_log (job_name, started_at, status)
values ('pgtap-logged', '2001-03-10 12:00:00+00', 'running');
select is(public.job_exists('pgtap-logged'), 'true', 'A job that is only in the log exists');

select jobs.raise_incident(
  job_name => 'pgtap-incident',
  kind => 'run_failed',
  details => '{}',
  as_of => '2001-03-10 12:00:00+00'
);
select is(public.job_exists('pgtap-incident'), 'true', 'A job with an open incident exists');

select is(public.job_exists(''), 'false', 'An empty name does not exist');
select is(public.job_exists(null), 'false', 'A null name does not exist');

select * from finish();
rollback;
