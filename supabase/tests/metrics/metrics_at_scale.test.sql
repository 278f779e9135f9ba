begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir ../arrange_runs.psql
select no_plan();

-- 50,000 runs of five jobs, one an hour each, and one that has seldom run. Rows
-- that are read are counted, because how long that takes depends on the machine.

alter table public.jobs_log disable trigger user;
insert into public.jobs_log (id, job_name, started_at, completed_at, status, records_updated, items_updated)
select
  pg_temp.run_id(5 * hour + job),
  'pgtap-' || job,
  timestamptz '2001-03-20 12:00:00+00' - hour * interval '1 hour',
  timestamptz '2001-03-20 12:00:00+00' - hour * interval '1 hour' + interval '1 second',
  case when hour % 10 = 0 then 'failed' else 'success' end,
  1,
  case when job = 1 then 1 end
from generate_series(1, 10000) as hour
cross join generate_series(1, 5) as job;
insert into public.jobs_log (job_name, started_at, completed_at, status)
select
  'pgtap-seldom',
  timestamptz '2000-03-20 12:00:00+00' + number * interval '1 day',
  timestamptz '2000-03-20 12:00:00+00' + number * interval '1 day',
  'success'
from generate_series(1, 3) as number;
alter table public.jobs_log enable trigger user;
insert into jobs.run_results (run_id, item_id, transition, updated_count)
select run.id, 'north', 'pending_to_overdue', 1
from public.jobs_log as run
where run.items_updated > 0;
analyze public.jobs_log;
analyze jobs.run_results;

-- On a log that is larger still the planner would share the reading of it among
-- processes: here that costs nothing, so that it is tempted as well. None is
-- started, because what others read would not be counted.
set local min_parallel_table_scan_size = 0;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local max_parallel_workers = 0;

set local pgtap.counted_tables = '{public.jobs_log}';
\ir ../rows_read.psql

select cmp_ok(
  pg_temp.rows_read_by('select count(*) from public.jobs_log'),
  '>=',
  50000::bigint,
  'A read of the whole log is noticed'
);

select cmp_ok(pg_temp.rows_read_by(statement), '<', most::bigint, description)
from (
  values
    ('select public.list_job_runs()', 40, 'The first page reads little more than its runs'),
    (
      $$
        select public.list_job_runs(
          before_started_at => '2000-06-01 00:00:00+00',
          before_id => pg_temp.run_id(0)
        )
      $$,
      40,
      'A page far back reads little more than its runs'
    ),
    ($$select public.list_job_runs(job_name => 'pgtap-3')$$, 40, 'A page of one job reads little more than its runs'),
    (
      $$
        select public.list_job_runs(
          job_name => 'pgtap-3',
          before_started_at => '2000-06-01 00:00:00+00',
          before_id => pg_temp.run_id(0)
        )
      $$,
      40,
      'Also far back'
    ),
    ($$select public.list_job_runs(job_name => 'pgtap-3', status => 'failed')$$, 40, 'A page of the failures of a job reads little more than its runs'),
    ($$select public.list_job_runs(job_name => 'pgtap-seldom')$$, 40, 'The page of a job with few runs reads no others'),
    (
      $$select public.list_job_runs(job_name => 'pgtap-seldom', status => 'failed')$$,
      40,
      'The empty page of its failures reads no run'
    ),
    ($$select public.list_job_runs(status => 'running')$$, 40, 'The empty page of running runs reads no run'),
    ('select public.list_job_runs(run_id => pg_temp.run_id(7777))', 10, 'One run is read by its id'),
    ('select jobs.known_jobs()', 20, 'The names of the jobs read one run of each'),
    (
      $$
        select jobs.run_statistics(
          'pgtap-3', '2001-03-13 12:00:00+00', '2001-03-20 12:00:00+00', '2001-03-20 12:00:00+00'
        )
      $$,
      350,
      'The numbers of a week read its 168 runs twice: to count them, and to sort them for the percentiles'
    ),
    (
      $$select jobs.item_totals('pgtap-1', '2001-03-13 12:00:00+00', '2001-03-20 12:00:00+00')$$,
      200,
      'The items of a week read its runs once'
    ),
    (
      $$select jobs.agency_transitions('2001-03-13 12:00:00+00', '2001-03-20 12:00:00+00')$$,
      1000,
      'The transitions of agencies read the runs of all jobs in that week'
    ),
    (
      $$select jobs.item_totals('pgtap-3', '2000-01-01', '2001-03-20 12:00:00+00')$$,
      20,
      'A job without items reads no results, however long the window'
    ),
    (
      $$
        select public.get_job_metrics(
          'pgtap-3', '2001-03-13 12:00:00+00', '2001-03-20 12:00:00+00', as_of => '2001-03-20 12:00:00+00'
        )
      $$,
      700,
      'The metrics of a week read the runs of that job and week, once for each list'
    ),
    ($$select public.get_job_counters('2001-03-20 12:00:00+00')$$, 40, 'Counters read no past runs')
) as reads (statement, most, description);

select cmp_ok(
  pg_temp.rows_read_by($$select jobs.prune(as_of => '2001-03-20 12:00:00+00')$$),
  '<',
  200000::bigint,
  'Pruning does not read the log over and over'
);
select is(
  (select count(*) from public.jobs_log),
  5 * 90 * 24 + 1::bigint,
  'Pruning keeps ninety days and the last run of the job with few runs'
);

select * from finish();
rollback;
