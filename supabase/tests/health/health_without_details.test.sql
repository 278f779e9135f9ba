begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir ../arrange_runs.psql
select no_plan();

-- A name wherever somebody or something can write one.
select pg_temp.register('pgtap-a');
select pg_temp.claim(channels => '[{"name": "slack", "kinds": ["run_failed"]}]');
insert into public.jobs_log (
  job_name, started_at, completed_at, status, error_message, metadata, items_total, items_processed, items_failed, errors
)
select
  'pgtap-a',
  now() - number * interval '1 minute',
  now() - number * interval '1 minute',
  'failed',
  'CRM refuses the student Maria Lopez: no such person',
  '{"note": "Maria Lopez", "Maria Lopez": 1, "attempts": 2}',
  22,
  22,
  1,
  '[{"id": "maria@lopez.example", "name": "Maria Lopez", "error": "Maria Lopez is unknown"}]'
from generate_series(3, 1, -1) as number;
update jobs.alert_deliveries
set
  status = 'given_up',
  finished_at = now(),
  last_error = 'refused: Maria Lopez';
select jobs.pause('pgtap-a', 'Maria Lopez asked for it', requested_by => 'maria@lopez.example');
select jobs.snooze('pgtap-a', now() + interval '1 hour', 'Maria Lopez again', requested_by => 'maria@lopez.example');
select cron.schedule('pgtap-a', '0 0 1 1 *', 'select ''Maria Lopez''');
select cron.schedule('jobs-retention', '23 3 * * *', 'select '': Maria Lopez''');

select matches(public.get_job_health()::text, 'Maria Lopez.*maria@lopez', 'With details the report has the name');
select doesnt_match(
  public.get_job_health(with_details => false)::text,
  '(?i)(maria|lopez)',
  'Without details it has it nowhere'
);
select is(
  public.get_job_health(with_details => false) ->> 'status',
  public.get_job_health() ->> 'status',
  'It is as critical'
);
select is(
  jsonb_path_query_array(public.get_job_health(with_details => false), '$.**.code'),
  jsonb_path_query_array(public.get_job_health(), '$.**.code'),
  'It has the same reasons'
);
select is(
  (
    select reason.value ->> 'message'
    from jsonb_path_query(
      public.get_job_health(with_details => false),
      '$.jobs[*].reasons[*] ? (@.code == "last_run_failed")'
    ) as reason (value)
  ),
  'The last run failed 1 minute ago: an error of the job.',
  'A failure has its cause in place of the error'
);

select doesnt_match(
  public.get_job_metrics(with_details => false)::text,
  '(?i)(maria|lopez)',
  'The metrics without details have the name nowhere'
);
select matches(public.get_job_metrics()::text, 'Maria Lopez', 'With details they have it');
select doesnt_match(
  public.list_job_runs_without_details()::text,
  '(?i)(maria|lopez)',
  'So is it with the log'
);
select is(
  public.list_job_runs_without_details(max_count => 1) -> 0 -> 'metadata',
  '{"attempts": 2}',
  'Of the metadata it has the attempts'
);
select is(
  (select array_agg(listed.value ->> 'id') from jsonb_array_elements(public.list_job_runs_without_details()) as listed),
  (select array_agg(listed.value ->> 'id') from jsonb_array_elements(public.list_job_runs()) as listed),
  'It has the same runs in the same order'
);
select throws_ok(
  'select public.list_job_runs_without_details(max_count => 0)',
  '22023',
  'max_count must be between 1 and 101',
  'It refuses what the whole log refuses'
);

-- The dashboards

select is(
  (select array_agg(distinct known.cause) from jobs.failure_causes(now() - interval '1 day', now()) as known),
  array['an error of the job'],
  'Dashboards get the causes of failures'
);
select doesnt_match(
  (select string_agg(status::text, ' ') from jobs.current_status() as status),
  '(?i)(maria|lopez)',
  'Their reasons do not have the name'
);
select is(jobs.item_pseudonym(given.id), given.expected, given.id)
from (
  values
    ('00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000a'),
    ('maria@lopez.example', 'item ' || left(encode(sha256('maria@lopez.example'), 'hex'), 12))
) as given (id, expected);

select * from finish();
rollback;
