begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir ../arrange_runs.psql
select no_plan();

select is_empty('select 1 from jobs.current_status()', 'Without a job there is no row');

select pg_temp.register('pgtap-new', enabled_at => '2001-03-20 10:00:00+00');
select pg_temp.register('pgtap-well', enabled_at => '2001-03-01 00:00:00+00');
select pg_temp.register('pgtap-ill', enabled_at => '2001-03-01 00:00:00+00');
select pg_temp.log_run('pgtap-well', '2001-03-20 09:00:00+00', took_ms => 100);
select pg_temp.log_run('pgtap-well', '2001-03-20 11:59:00+00', 'running');
select pg_temp.log_run('pgtap-ill', '2001-03-18 06:00:00+00', took_ms => 100);
select pg_temp.log_run('pgtap-ill', '2001-03-19 06:00:00+00', took_ms => 100);
select pg_temp.log_run('pgtap-ill', '2001-03-20 06:00:00+00', 'failed', error_message => 'It broke.');

select results_eq(
  $$
    select
      job_name, status, schedule, last_run_at, last_run_status, last_success_at, hours_since_last_success,
      success_rate_30d, runs_30d, failed_runs_30d
    from jobs.current_status('2001-03-20 12:00:00+00')
    order by job_name
  $$,
  $$
    values
      (
        'pgtap-ill', 'critical', '0 0 1 1 *', timestamptz '2001-03-20 06:00:00+00', 'failed',
        timestamptz '2001-03-19 06:00:00+00', 30.0, 66.67, 3::bigint, 1::bigint
      ),
      ('pgtap-new', 'warning', '0 0 1 1 *', null, null, null, null, null, 0, 0),
      ('pgtap-well', 'ok', '0 0 1 1 *', '2001-03-20 11:59:00+00', 'running', '2001-03-20 09:00:00+00', 3.0, 100.00, 1, 0)
  $$,
  'Every registered job has a row with its status and last runs'
);

select is(
  (select reasons from jobs.current_status('2001-03-20 12:00:00+00') where job_name = 'pgtap-well'),
  null,
  'A job that is ok has no reasons'
);
select is(
  (select reasons from jobs.current_status('2001-03-20 12:00:00+00') where job_name = 'pgtap-ill'),
  (
    select string_agg(
      replace(reason.value ->> 'message', 'It broke.', 'an error of the job.'),
      ' '
      order by reason.position
    )
    from jsonb_array_elements(public.get_job_health('2001-03-20 12:00:00+00') -> 'jobs') as job
    cross join jsonb_array_elements(job.value -> 'reasons') with ordinality as reason (value, position)
    where job.value ->> 'job_name' = 'pgtap-ill'
  ),
  'The reasons are the sentences of the health check, with the cause in place of the error'
);
select is(
  (
    select array_length(regexp_split_to_array(reasons, '(?<=\.) '), 1) > 1
    from jobs.current_status('2001-03-20 12:00:00+00')
    where job_name = 'pgtap-ill'
  ),
  true,
  'A job can have several reasons'
);

-- A role that can create roles can also assume them. This one cannot use pgTAP.
grant metrics_reader to postgres;
set local role metrics_reader;
select count(*) as seen from jobs.current_status('2001-03-20 12:00:00+00') \gset
reset role;
select is(:seen, 3, 'Dashboards may ask');

select * from finish();
rollback;
