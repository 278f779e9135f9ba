begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
select no_plan();

-- 50,000 runs of five jobs, one an hour each, and a job that has never run. Rows
-- that are read are counted, because how long that takes depends on the machine.
-- They lie in no order: in that of time, a log that no vacuum has seen yet may
-- well be read by time.

select pg_temp.register('pgtap-' || job)
from generate_series(1, 5) as job;
select pg_temp.register('pgtap-idle');
alter table public.jobs_log disable trigger user;
insert into public.jobs_log (job_name, started_at, completed_at, status)
select
  'pgtap-' || job,
  timestamptz '2001-03-20 12:00:00+00' - hour * interval '1 hour',
  timestamptz '2001-03-20 12:00:00+00' - hour * interval '1 hour' + interval '10 seconds',
  case when hour % 10 = 0 then 'failed' else 'success' end
from generate_series(10000, 1, -1) as hour
cross join generate_series(1, 5) as job
order by md5(format('%s %s', job, hour));
alter table public.jobs_log enable trigger user;
analyze public.jobs_log;

set local pgtap.counted_tables = '{public.jobs_log}';
\ir ../rows_read.psql

select cmp_ok(pg_temp.rows_read_by(statement), '<', most::bigint, description)
from (
  values
    (
      $$select jobs.job_health_report('2001-03-20 12:00:00+00')$$,
      3700,
      'The report reads each of the 3,600 runs of thirty days once'
    ),
    (
      $$select jobs.job_health_report('2001-03-20 12:00:00+00', 'pgtap-idle')$$,
      10,
      'The report of one job reads no runs of others, even when the job has none'
    ),
    (
      $$select jobs.expectations('2001-03-20 12:00:00+00')$$,
      20,
      'The expectations read only the last run and the last success of each job'
    )
) as reads (statement, most, description);

select * from finish();
rollback;
