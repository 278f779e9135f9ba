begin;
\ir ../../arrange.psql
select no_plan();

create function pg_temp.recorded(run_id uuid, started_at timestamptz)
returns setof public.jobs_log
language sql
as $$
  select jobs.record_dispatch_failure('pgtap-record', recorded.run_id, 'cron', recorded.started_at, 'unreachable');

  select *
  from public.jobs_log as run
  where run.id = recorded.run_id;
$$;

select results_eq(
  format(
    'select job_name, status, error_message, trigger_source, completed_at > started_at from pg_temp.recorded(%L, %L)',
    gen_random_uuid(), '2001-03-10 12:00:00+00'
  ),
  $$values ('pgtap-record', 'failed', 'unreachable', 'cron', true)$$,
  'A run that never reached its function is logged as failed'
);

select is(
  (pg_temp.recorded(gen_random_uuid(), now() + interval '1 hour')).duration_ms,
  0::bigint,
  'A run is logged even if the clock is ahead'
);

select gen_random_uuid() as run_id \gset

insert into public.jobs_log (id, job_name, started_at, status)
values (:'run_id', 'pgtap-record', '2001-03-10 12:00:00+00', 'running');

select is(
  (pg_temp.recorded(:'run_id', '2001-03-10 12:00:00+00')).status,
  'running',
  'A run that has a row keeps it'
);

select * from finish();
rollback;
