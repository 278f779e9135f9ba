begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir ../arrange_runs.psql
select no_plan();

-- The requested day, and an instant after its end.
\set from '''2001-03-10 12:00:00+00'''
\set to '''2001-03-11 12:00:00+00'''
\set as_of '''2001-03-20 12:00:00+00'''

create function pg_temp.metrics(
  job_name text default null,
  from_at timestamptz default '2001-03-10 12:00:00+00',
  to_at timestamptz default '2001-03-11 12:00:00+00',
  max_runs int default 500,
  as_of timestamptz default '2001-03-20 12:00:00+00'
)
returns jsonb
language sql
as $$
  select public.get_job_metrics(
    job_name => metrics.job_name,
    from_at => metrics.from_at,
    to_at => metrics.to_at,
    max_runs => metrics.max_runs,
    as_of => metrics.as_of
  );
$$;

-- The values of one key in a list.
create function pg_temp.each(list jsonb, key text)
returns text[]
language sql
as $$
  select coalesce(array_agg(item.value ->> each.key order by item.position), '{}')
  from jsonb_array_elements(each.list) with ordinality as item (value, position);
$$;

-- Without a job

select is(
  pg_temp.metrics(),
  jsonb_build_object(
    'checked_at', :as_of::timestamptz,
    'from', :from::timestamptz,
    'to', :to::timestamptz,
    'jobs', jsonb '[]',
    'daily', jsonb '[]',
    'runs', jsonb '[]',
    'items', jsonb '[]',
    'health', jsonb '[]',
    'alerts', jsonb '[]'
  ),
  'Without a job every list is empty'
);

-- With a job that has no run

select pg_temp.register('pgtap-a');
select is(
  pg_temp.metrics() -> 'jobs',
  '[{
    "job_name": "pgtap-a",
    "runs": 0,
    "successes": 0,
    "failures": 0, "cancelled": 0,
    "running": 0,
    "success_rate": null,
    "records_updated": 0,
    "duration_avg_ms": null,
    "duration_p50_ms": null,
    "duration_p95_ms": null,
    "duration_p99_ms": null,
    "duration_max_ms": null,
    "last_run_at": null,
    "last_run_status": null,
    "last_run_duration_ms": null,
    "last_success_at": null,
    "hours_since_last_success": null
  }]',
  'A registered job that has never run has counts of 0, and no rate and no durations'
);

-- With one run

select pg_temp.log_run('pgtap-a', '2001-03-10 18:00:00+00', took_ms => 1500, records_updated => 40);
select is(
  pg_temp.metrics() -> 'jobs' -> 0,
  jsonb_build_object(
    'job_name', 'pgtap-a',
    'runs', 1,
    'successes', 1,
    'failures', 0, 'cancelled', 0,
    'running', 0,
    'success_rate', 100.00,
    'records_updated', 40,
    'duration_avg_ms', 1500.0,
    'duration_p50_ms', 1500.0,
    'duration_p95_ms', 1500.0,
    'duration_p99_ms', 1500.0,
    'duration_max_ms', 1500,
    'last_run_at', timestamptz '2001-03-10 18:00:00+00',
    'last_run_status', 'success',
    'last_run_duration_ms', 1500,
    'last_success_at', timestamptz '2001-03-10 18:00:00+00',
    'hours_since_last_success', 234.0
  ),
  'One run is its own average, median, percentile and maximum'
);

-- With failures only

select pg_temp.log_run('pgtap-failing', '2001-03-10 12:00:00+00', 'failed', took_ms => 90000, records_updated => 5);
select pg_temp.log_run('pgtap-failing', '2001-03-10 13:00:00+00', 'failed', took_ms => 30000);
select is(
  pg_temp.metrics('pgtap-failing') -> 'jobs' -> 0,
  jsonb_build_object(
    'job_name', 'pgtap-failing',
    'runs', 2,
    'successes', 0,
    'failures', 2, 'cancelled', 0,
    'running', 0,
    'success_rate', 0.00,
    'records_updated', 5,
    'duration_avg_ms', null,
    'duration_p50_ms', null,
    'duration_p95_ms', null,
    'duration_p99_ms', null,
    'duration_max_ms', null,
    'last_run_at', timestamptz '2001-03-10 13:00:00+00',
    'last_run_status', 'failed',
    'last_run_duration_ms', 30000,
    'last_success_at', null,
    'hours_since_last_success', null
  ),
  'A job that only fails has a rate of 0 and no durations, because durations are those of successes'
);

-- With all kinds of runs

-- Sorted: 100, 200, 300, 400, 1000. The 95th percentile lies at 0.95 * 4 = 3.8,
-- counted from 0: 400 + 0.8 * 600. The 99th at 3.96: 400 + 0.96 * 600.
select pg_temp.log_run(
  'pgtap-mixed',
  :from::timestamptz + number * interval '1 hour',
  took_ms => duration,
  records_updated => 10
)
from unnest(array[400, 100, 1000, 300, 200]) with ordinality as logged (duration, number);
select pg_temp.log_run('pgtap-mixed', '2001-03-10 20:00:00+00', 'failed', took_ms => 60000, records_updated => 7);
select pg_temp.log_run('pgtap-mixed', '2001-03-10 21:00:00+00', 'running', records_updated => 3);
select is(
  pg_temp.metrics('pgtap-mixed') -> 'jobs' -> 0,
  jsonb_build_object(
    'job_name', 'pgtap-mixed',
    'runs', 7,
    'successes', 5,
    'failures', 1, 'cancelled', 0,
    'running', 1,
    'success_rate', 83.33,
    'records_updated', 60,
    'duration_avg_ms', 400.0,
    'duration_p50_ms', 300.0,
    'duration_p95_ms', 880.0,
    'duration_p99_ms', 976.0,
    'duration_max_ms', 1000,
    'last_run_at', timestamptz '2001-03-10 21:00:00+00',
    'last_run_status', 'running',
    'last_run_duration_ms', null,
    'last_success_at', timestamptz '2001-03-10 17:00:00+00',
    'hours_since_last_success', 235.0
  ),
  'Rates count ended runs, durations successful ones and records all of them, as calculated by hand'
);

select pg_temp.log_run('pgtap-even', '2001-03-10 12:00:00+00', took_ms => 100);
select pg_temp.log_run('pgtap-even', '2001-03-10 13:00:00+00', took_ms => 201);
select is(
  pg_temp.metrics('pgtap-even') #>> '{jobs,0,duration_p50_ms}',
  '150.5',
  'The median of two runs is their average, to one decimal'
);

-- The window

select pg_temp.log_run('pgtap-window', started_at)
from unnest(
  array[
    '2001-03-10 11:59:59.999999+00',
    '2001-03-10 12:00:00+00',
    '2001-03-11 11:59:59.999999+00',
    '2001-03-11 12:00:00+00'
  ]::timestamptz[]
) as started_at;
select pg_temp.log_run(
  'pgtap-window', started_at, results => '{"north": {"pending_to_overdue": 1}}'
)
from unnest(array[:from, :to]::timestamptz[]) as started_at;

select is(
  array[
    pg_temp.metrics('pgtap-window') #>> '{jobs,0,runs}',
    pg_temp.metrics('pgtap-window') #>> '{daily,0,runs}',
    pg_temp.metrics('pgtap-window') #>> '{daily,1,runs}',
    jsonb_array_length(pg_temp.metrics('pgtap-window') -> 'runs')::text,
    pg_temp.metrics('pgtap-window') #>> '{items,0,runs}'
  ],
  array['3', '2', '1', '3', '1'],
  'A window includes runs that start at its beginning and excludes those that start at its end'
);
select is(
  pg_temp.metrics('pgtap-window') #> '{jobs,0,last_run_at}',
  to_jsonb(timestamptz '2001-03-11 12:00:00+00'),
  'The last run is the latest one, in the window or not'
);
select is(
  pg_temp.metrics('pgtap-window', as_of => '2001-03-11 11:59:59.999999+00') #> '{jobs,0,last_success_at}',
  to_jsonb(timestamptz '2001-03-11 11:59:59.999999+00'),
  'The last success does not start after as_of'
);
select is(
  (
    pg_temp.metrics('pgtap-window', from_at => '2001-03-12 00:00:00+00', to_at => '2001-03-13 00:00:00+00') -> 'jobs' -> 0
  ) - array['last_run_at', 'last_run_status', 'last_run_duration_ms', 'last_success_at'],
  '{
    "job_name": "pgtap-window",
    "runs": 0,
    "successes": 0,
    "failures": 0, "cancelled": 0,
    "running": 0,
    "success_rate": null,
    "records_updated": 0,
    "duration_avg_ms": null,
    "duration_p50_ms": null,
    "duration_p95_ms": null,
    "duration_p99_ms": null,
    "duration_max_ms": null,
    "hours_since_last_success": 216.0
  }',
  'A window in which a job did not run has counts of 0'
);

select is(
  public.get_job_metrics(as_of => :as_of) - array['jobs', 'daily', 'runs', 'items', 'health', 'alerts'],
  jsonb_build_object(
    'checked_at', :as_of::timestamptz,
    'from', timestamptz '2001-02-18 12:00:00+00',
    'to', :as_of::timestamptz
  ),
  'The window is the last thirty days by default'
);
select is(
  public.get_job_metrics(to_at => :to, as_of => :as_of) -> 'from',
  to_jsonb(timestamptz '2001-02-09 12:00:00+00'),
  'A window without a beginning begins thirty days before its end'
);

select throws_ok(
  format('select pg_temp.metrics(from_at => %L, to_at => %L)', from_at, to_at),
  '22023',
  'from has to be earlier than to',
  format('A window from %s to %s is refused', from_at, coalesce(to_at, 'now'))
)
from (
  values
    ('2001-03-10 12:00:00+00', '2001-03-10 12:00:00+00'),
    ('2001-03-10 12:00:00+00', '2001-03-10 11:59:59.999999+00'),
    ('2001-03-20 12:00:00+00', null)
) as windows (from_at, to_at);

-- Days

set local timezone = 'Australia/Brisbane';
select pg_temp.log_run('pgtap-days', '2001-03-10 23:59:59.999999+00', took_ms => 100, records_updated => 1);
select pg_temp.log_run('pgtap-days', '2001-03-10 12:00:00+00', 'failed', took_ms => 9000, records_updated => 2);
select pg_temp.log_run('pgtap-days', '2001-03-11 00:00:00+00', took_ms => 101, records_updated => 4);
select pg_temp.log_run('pgtap-days', '2001-03-11 08:00:00+00', 'running', records_updated => 8);
select pg_temp.log_run('pgtap-days', '2001-03-11 11:00:00+00', took_ms => 200, records_updated => 16);
select is(
  pg_temp.metrics('pgtap-days') -> 'daily',
  jsonb_build_array(
    jsonb_build_object(
      'time', timestamptz '2001-03-10 00:00:00+00',
      'job_name', 'pgtap-days',
      'runs', 2,
      'successes', 1,
      'failures', 1, 'cancelled', 0,
      'records_updated', 3,
      'duration_avg_ms', 100.0
    ),
    jsonb_build_object(
      'time', timestamptz '2001-03-11 00:00:00+00',
      'job_name', 'pgtap-days',
      'runs', 3,
      'successes', 2,
      'failures', 0, 'cancelled', 0,
      'records_updated', 28,
      'duration_avg_ms', 150.5
    )
  ),
  'Runs are added up by UTC day, whatever the zone of the session'
);
reset timezone;

select is(
  (
    select array_agg(distinct length(day.value ->> 'time') || ' ' || ((day.value ->> 'time') ~ 'T00:00:00\+00:00$'))
    from jsonb_array_elements(pg_temp.metrics() -> 'daily') as day
  ),
  array['25 true'],
  'A day has its beginning in UTC as its time'
);
select is(
  (
    select array_agg(format('%s %s', day.value ->> 'time', day.value ->> 'job_name') order by day.position)
    from jsonb_array_elements(pg_temp.metrics() -> 'daily') with ordinality as day (value, position)
  ),
  (
    select array_agg(format('%s %s', day.value ->> 'time', day.value ->> 'job_name')
      order by day.value ->> 'time', day.value ->> 'job_name' collate "default")
    from jsonb_array_elements(pg_temp.metrics() -> 'daily') as day
  ),
  'Days are sorted by time and then by job'
);

-- Runs

select pg_temp.log_run(
  'pgtap-series',
  '2001-03-10 12:00:00+00',
  'failed',
  took_ms => 20,
  records_updated => null,
  error_message => repeat('é', 301),
  id => pg_temp.run_id(1)
);
select is(
  pg_temp.metrics('pgtap-series') -> 'runs',
  jsonb_build_array(
    jsonb_build_object(
      'time', timestamptz '2001-03-10 12:00:00+00',
      'id', pg_temp.run_id(1),
      'job_name', 'pgtap-series',
      'status', 'failed',
      'duration_ms', 20,
      'records_updated', 0,
      'trigger_source', null,
      'error_message', repeat('é', 300)
    )
  ),
  'A run is listed with the first 300 characters of its error'
);

-- Three runs at one instant, and one of another job after them.
select pg_temp.log_run('pgtap-series', '2001-03-10 13:00:00+00', id => pg_temp.run_id(number))
from unnest(array[4, 2, 3]) as number;
select pg_temp.log_run('pgtap-series-b', '2001-03-10 14:00:00+00', id => pg_temp.run_id(5));
delete from public.jobs_log
where job_name not like 'pgtap-series%';

select is(
  pg_temp.each(pg_temp.metrics(max_runs => max_runs) -> 'runs', 'id'),
  (
    select coalesce(array_agg(pg_temp.run_id(number)::text order by number), '{}')
    from generate_series(6 - max_runs, 5) as number
  ),
  format('The latest %s runs of all jobs are listed, by time and id', max_runs)
)
from generate_series(0, 5) as max_runs;
select is(
  pg_temp.each(pg_temp.metrics('pgtap-series', max_runs => 2) -> 'runs', 'id'),
  array[pg_temp.run_id(3), pg_temp.run_id(4)]::text[],
  'The latest runs of one job are listed'
);
select is(
  pg_temp.metrics('pgtap-series', max_runs => 2) #>> '{jobs,0,runs}',
  '4',
  'Runs beyond the limit are counted'
);

-- Items

select pg_temp.log_run('pgtap-items', started_at, status, results => results)
from (
  values
    ('2001-03-10 12:00:00+00'::timestamptz, 'success', jsonb '{"north": {"pending_to_overdue": 3}, "south": {"pending_to_overdue": 9}}'),
    ('2001-03-10 13:00:00+00', 'failed', '{"north": {"pending_to_overdue": 4, "overdue_to_pending": 1}}'),
    ('2001-03-10 14:00:00+00', 'running', '{"east": {"pending_to_overdue": 8}}'),
    ('2001-03-11 12:00:00+00', 'success', '{"east": {"pending_to_overdue": 100}}')
) as logged (started_at, status, results);
select pg_temp.log_run('pgtap-items-b', '2001-03-10 12:00:00+00', results => '{"north": {"sent": 50}}');

select is(
  pg_temp.metrics() -> 'items',
  '[
    {
      "job_name": "pgtap-items", "item_id": "south", "runs": 1,
      "updated_count": 9, "transitions": {"pending_to_overdue": 9}
    },
    {
      "job_name": "pgtap-items", "item_id": "east", "runs": 1,
      "updated_count": 8, "transitions": {"pending_to_overdue": 8}
    },
    {
      "job_name": "pgtap-items", "item_id": "north", "runs": 2,
      "updated_count": 8, "transitions": {"pending_to_overdue": 7, "overdue_to_pending": 1}
    },
    {
      "job_name": "pgtap-items-b", "item_id": "north", "runs": 1,
      "updated_count": 50, "transitions": {"sent": 50}
    }
  ]',
  'Changes of an item are added up by job and transition, running runs included, the largest sum of a job first'
);

select pg_temp.log_run('pgtap-other-metadata', '2001-03-10 12:00:00+00', metadata => metadata::jsonb)
from unnest(
  array[
    'null',
    '"items"',
    '["items"]',
    '{"items": 12}',
    '{"items": [{"item_id": "north", "transitions": {"sent": 1}}]}',
    '{"agencies": [{"agency_id": "north", "transitions": {"sent": 1}}]}'
  ]
) as metadata;
select is(
  pg_temp.metrics('pgtap-other-metadata') -> 'items',
  '[]',
  'Metadata is not read, whatever a job writes into it'
);

select pg_temp.log_run(
  'pgtap-two-transitions',
  '2001-03-10 12:00:00+00',
  status,
  results => '{"north": {"sent": 3, "read": 1}, "south": {"sent": 1}}'
)
from unnest(array['success', 'running']) as status;
select is(
  pg_temp.metrics('pgtap-two-transitions') -> 'items',
  '[
    {
      "job_name": "pgtap-two-transitions", "item_id": "north", "runs": 2,
      "updated_count": 8, "transitions": {"sent": 6, "read": 2}
    },
    {
      "job_name": "pgtap-two-transitions", "item_id": "south", "runs": 2,
      "updated_count": 2, "transitions": {"sent": 2}
    }
  ]',
  'A run counts once for an item, even with several transitions'
);
delete from public.jobs_log
where job_name = 'pgtap-two-transitions';

-- Jobs

select is(
  pg_temp.each(pg_temp.metrics() -> 'jobs', 'job_name'),
  array[
    'pgtap-a', 'pgtap-failing', 'pgtap-items', 'pgtap-items-b', 'pgtap-mixed', 'pgtap-other-metadata',
    'pgtap-series', 'pgtap-series-b'
  ],
  'Registered jobs, logged jobs and jobs with an open incident are listed once, by name'
);
select is(
  array[
    pg_temp.each(pg_temp.metrics('pgtap-failing') -> 'jobs', 'job_name'),
    pg_temp.each(pg_temp.metrics('pgtap-failing') -> 'health', 'job_name')
  ],
  array[['pgtap-failing'], ['pgtap-failing']],
  'A job with an open incident and without runs is found'
);
select is(
  (
    select array_agg(distinct job.name order by job.name)
    from (
      select jsonb_path_query(
        pg_temp.metrics('pgtap-series'),
        '$.*[*].job_name'
      ) #>> '{}' as name
    ) as job
  ),
  array['pgtap-series'],
  'With a job name every row is of that job'
);
select throws_ok(
  format('select pg_temp.metrics(%L)', unknown),
  'PT404',
  'there is no job ' || unknown,
  format('A job without registration, runs and open incident is not found: %L', unknown)
)
from unnest(array['pgtap-unknown', '', 'pgtap-%', $$'; drop table public.jobs_log; --$$]) as unknown;

-- Health and alerts

select pg_temp.start_over();
select pg_temp.claim(channels => pg_temp.channels('slack'));
select pg_temp.register('pgtap-b');
select is(
  pg_temp.metrics(as_of => now()) -> 'health',
  (
    select jsonb_agg(
      jsonb_build_object(
        'job_name', job.value -> 'job_name',
        'status', job.value -> 'status',
        'reasons', job.value -> 'reasons'
      )
      order by job.value ->> 'job_name'
    )
    from jsonb_array_elements(public.get_job_health() -> 'jobs') as job
  ),
  'The status of each job is that of the health check'
);
select is(
  pg_temp.each(pg_temp.metrics('pgtap-b') -> 'health', 'job_name'),
  array['pgtap-b'],
  'The status of one job is that of the health check'
);
select is(
  pg_temp.metrics('pgtap-series') -> 'health',
  '[]',
  'A job that is only logged has no status'
);

select pg_temp.raise_alert('pgtap-a') from generate_series(1, 2);
select is(
  public.get_job_metrics('pgtap-b', as_of => now() + interval '90 seconds') -> 'alerts',
  '[{"channel": "slack", "pending": 2, "oldest_pending_seconds": 90, "given_up_24h": 0}]',
  'The backlog of the channels is included for any job'
);

-- A run that starts as the window ends

select pg_temp.log_run('pgtap-ends', :from, took_ms => 100);
select pg_temp.log_run('pgtap-ends', :to, took_ms => 9000);

select is(
  array[
    summary.numbers ->> 'runs',
    summary.numbers ->> 'duration_avg_ms',
    summary.numbers ->> 'duration_p50_ms',
    summary.numbers ->> 'duration_p99_ms',
    summary.numbers ->> 'duration_max_ms'
  ],
  array['1', '100.0', '100.0', '100.0', '100'],
  'A run at the end of the window counts in none of its numbers'
)
from (
  select pg_temp.metrics('pgtap-ends') #> '{jobs,0}' as numbers
) as summary;

select * from finish();
rollback;
