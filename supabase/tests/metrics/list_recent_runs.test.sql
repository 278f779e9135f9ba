begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir ../arrange_runs.psql
select no_plan();

select is(public.list_recent_runs(), '[]', 'Without a job there is nothing to list');

select pg_temp.register('pgtap-idle');
select pg_temp.log_run('pgtap-a', timestamptz '2001-03-10 12:00:00+00' + number * interval '1 minute', 'success', 1500, 7)
from generate_series(1, 70) as number;
insert into public.jobs_log (
  id, job_name, started_at, status, items_total, items_processed, items_failed, trigger_source, error_message
)
values (pg_temp.run_id(1), 'pgtap-b', '2001-03-10 12:00:00+00', 'running', 10, 4, 1, 'manual', 'secret of a customer');

select is(
  public.list_recent_runs() #> '{1}',
  jsonb_build_object(
    'job_name', 'pgtap-b',
    'runs', jsonb_build_array(
      jsonb_build_object(
        'id', pg_temp.run_id(1),
        'started_at', timestamptz '2001-03-10 12:00:00+00',
        'status', 'running',
        'duration_ms', null,
        'records_updated', 0,
        'items_total', 10,
        'items_processed', 4,
        'items_failed', 1,
        'trigger_source', 'manual'
      )
    )
  ),
  'A run is listed with its progress and without its error'
);
select results_eq(
  $$
    select
      job ->> 'job_name',
      jsonb_array_length(job -> 'runs'),
      (job #>> '{runs,0,started_at}')::timestamptz,
      (job #>> '{runs,-1,started_at}')::timestamptz
    from jsonb_array_elements(public.list_recent_runs()) as job
  $$,
  $$
    values
      ('pgtap-a', 60, timestamptz '2001-03-10 12:11:00+00', timestamptz '2001-03-10 13:10:00+00'),
      ('pgtap-b', 1, '2001-03-10 12:00:00+00', '2001-03-10 12:00:00+00'),
      ('pgtap-idle', 0, null, null)
  $$,
  'Each job has its last 60 runs, oldest first, and a job that never ran has none'
);
select is(
  jsonb_array_length(public.list_recent_runs(2) #> '{0,runs}'),
  2,
  'No more runs are listed than are asked for'
);
select throws_ok(
  format('select public.list_recent_runs(%s)', coalesce(max_count::text, 'null')),
  '22023',
  'max_count must be between 1 and 100',
  format('%s runs are refused', coalesce(max_count::text, 'As many as there are'))
)
from unnest(array[null, 0, 101]) as max_count;

select * from finish();
rollback;
