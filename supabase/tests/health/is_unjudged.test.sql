begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
select no_plan();

select pg_temp.unregister_all();
select pg_temp.register('pgtap-job', enabled_at => now());
update jobs.definitions set max_catch_ups = 2 where job_name = 'pgtap-job';
select pg_temp.claim();

create function pg_temp.alerts()
returns text[]
language sql
as $$
  select coalesce(array_agg(alert.kind order by alert.sequence), '{}')
  from jobs.alerts as alert
  where alert.job_name = 'pgtap-job';
$$;

select jobs.supervise();
select is(jobs.is_unjudged('pgtap-job'), false, 'Without an incident there is nothing to judge');

insert into public.jobs_log (job_name, started_at, completed_at, status, error_message)
select 'pgtap-job', at, at, 'failed', 'It broke.'
from (values (now()), (now() - interval '1 minute')) as run (at);
select jobs.supervise();
select is(pg_temp.alerts(), array['run_failed', 'job_unhealthy'], 'Catch-up is given up');
select is(jobs.is_unjudged('pgtap-job'), false, 'and is judged');

select jobs.pause('pgtap-job', 'We look into it.');
select is(jobs.is_unjudged('pgtap-job'), true, 'A pause leaves it out of the report');
select jobs.supervise();
select public.get_job_health(raise_alerts => true);
select is(pg_temp.alerts(), array['run_failed', 'job_unhealthy'], 'and announces no recovery');

select jobs.resume('pgtap-job');
select is(jobs.is_unjudged('pgtap-job'), false, 'Resumed, it is judged again');
select jobs.supervise();
select is(pg_temp.alerts(), array['run_failed', 'job_unhealthy'], 'and is the same incident');

update jobs.definitions set enabled = false where job_name = 'pgtap-job';
select is(jobs.is_unjudged('pgtap-job'), true, 'So it is with a job that is disabled');
update jobs.definitions set enabled = true where job_name = 'pgtap-job';

insert into public.jobs_log (job_name, started_at, completed_at, status)
values ('pgtap-job', now(), now(), 'success');
select jobs.supervise();
select is(
  (pg_temp.alerts())[3:],
  array['job_recovered', 'job_recovered'],
  'A success is the recovery, of the runs and of the job'
);

select * from finish();
rollback;
