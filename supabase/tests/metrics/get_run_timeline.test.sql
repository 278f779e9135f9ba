begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir ../arrange_runs.psql
select no_plan();

select is(
  public.get_run_timeline(pg_temp.run_id(1)),
  '{"alerts": [], "actions": []}',
  'Around an unknown run nothing has happened'
);

select pg_temp.register('pgtap-a');
insert into public.jobs_log (id, job_name, started_at, status)
values (pg_temp.run_id(1), 'pgtap-a', '2001-03-10 12:00:00+00', 'running');
select jobs.cancel_run(pg_temp.run_id(1), 'It hangs', 'ada');
select jobs.raise_alert(kind => 'run_failed', job_name => 'pgtap-a', details => '{}', run_id => pg_temp.run_id(1));
select jobs.raise_alert(kind => 'run_failed', job_name => 'pgtap-a', details => '{}', run_id => pg_temp.run_id(2));

select results_eq(
  $$
    select
      timeline #>> '{actions,0,action}',
      timeline #>> '{actions,0,reason}',
      timeline #>> '{actions,0,requested_by}',
      jsonb_array_length(timeline -> 'alerts'),
      timeline #>> '{alerts,0,kind}'
    from public.get_run_timeline(pg_temp.run_id(1)) as timeline
  $$,
  $$values ('cancel', 'It hangs', 'ada', 1, 'run_failed')$$,
  'What people asked of a run is there, and its own alerts'
);

select * from finish();
rollback;
