begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
select no_plan();

-- One run after the other. A run that ends with metadata.continued was stopped
-- because its time was over: more work than time is no failure, and no success.

create function pg_temp.finish(
  started_at timestamptz,
  items_processed int default 5,
  continued boolean default true,
  records_updated int default null,
  errors jsonb default null,
  status text default 'success',
  job_name text default 'pgtap-long'
)
returns text
language plpgsql
as $$
declare
  run_id uuid;
begin
  run_id := public.start_job_run(finish.job_name, as_of => finish.started_at) ->> 'run_id';
  return public.finish_job_run(
    run_id => run_id,
    status => finish.status,
    metadata => case when finish.continued then jsonb '{"continued": true}' else jsonb '{}' end,
    items_total => 10,
    items_processed => finish.items_processed,
    records_updated => finish.records_updated,
    errors => finish.errors,
    as_of => finish.started_at + interval '2 minutes'
  ) ->> 'status';
end
$$;

create function pg_temp.is_due(as_of timestamptz, job_name text default 'pgtap-long')
returns boolean
language sql
as $$
  select is_due.job_name in (
    select due.job_name
    from jobs.due_catch_ups(is_due.as_of) as due (job_name)
  );
$$;

create function pg_temp.is_missed(as_of timestamptz)
returns boolean
language sql
as $$
  select expectation.is_missed
  from jobs.expectations(is_missed.as_of, 'pgtap-long') as expectation;
$$;

select pg_temp.register('pgtap-long', enabled_at => '2001-03-01 00:00:00+00', notify_on_success => true);

-- A failure, and then more work than time

select pg_temp.finish('2001-03-10 07:00:00+00', continued => false, status => 'failed');
select is(pg_temp.new_alerts(), array['run_failed of pgtap-long'], 'A run fails');

select is(pg_temp.finish('2001-03-10 07:10:00+00'), 'success', 'A run that was stopped in order with work left is a success');
select is(pg_temp.new_alerts(), '{}', 'It ends no problem, and sends no mail of a success');
select is(pg_temp.is_due('2001-03-10 07:12:00+00'), true, 'A further run is due at once, without a back-off');
select is(
  (jobs.supervise('2001-03-10 07:12:00+00') -> 'catch_ups') ? 'pgtap-long',
  true,
  'The supervisor starts it within its minute'
);
select pg_temp.new_alerts();

select public.start_job_run('pgtap-long', run_id => '00000000-0000-4000-8000-0000000000c1', as_of => '2001-03-10 07:12:00+00');
select is(pg_temp.is_due('2001-03-10 07:12:30+00'), false, 'While it is under way none is due');
select public.finish_job_run(
  run_id => '00000000-0000-4000-8000-0000000000c1',
  items_total => 5,
  items_processed => 5,
  as_of => '2001-03-10 07:13:00+00'
);
select set_eq(
  $$select raised from unnest(pg_temp.new_alerts()) as raised$$,
  array['job_recovered of pgtap-long', 'run_succeeded of pgtap-long'],
  'The run that does the rest is the success that was awaited'
);
select is(pg_temp.is_due('2001-03-10 07:14:00+00'), false, 'After it none is due');

-- The success that is expected

select is(pg_temp.is_missed('2001-03-11 08:12:00+00'), false, 'Within the interval none is missed');
select pg_temp.finish('2001-03-11 07:00:00+00');
select is(pg_temp.is_missed('2001-03-11 08:12:00.000001+00'), true, 'A continued run is not the success that is expected');
select results_eq(
  $$select last_run_at, last_success_at from jobs.expectations('2001-03-11 08:30:00+00', 'pgtap-long')$$,
  $$values (timestamptz '2001-03-11 07:00:00+00', timestamptz '2001-03-10 07:12:00+00')$$,
  'It is the last run and not the last success'
);
select results_eq(
  $$
    select
      job #>> '{last_run,started_at}',
      job #>> '{last_success,started_at}'
    from jsonb_array_elements(jobs.job_health_report('2001-03-11 08:30:00+00', 'pgtap-long')) as job
  $$,
  $$
    select
      to_jsonb(timestamptz '2001-03-11 07:00:00+00') #>> '{}',
      to_jsonb(timestamptz '2001-03-10 07:12:00+00') #>> '{}'
  $$,
  'The health report says so'
);
select is(
  (public.get_job_counters('2001-03-11 08:30:00+00') #> '{jobs,0,last_success_at}')::text,
  to_jsonb(timestamptz '2001-03-10 07:12:00+00')::text,
  'So do the metrics'
);

-- A failure in between

select pg_temp.finish('2001-03-11 07:10:00+00', continued => false, status => 'failed');
select is(pg_temp.is_due('2001-03-11 07:12:30+00'), false, 'After a failure there is a back-off, although the run before it was continued');
select is(pg_temp.is_due('2001-03-11 07:13:00+00'), true, 'It is over after a minute');

-- Without progress

select is(pg_temp.finish('2001-03-12 07:00:00+00', items_processed => 0), 'failed', 'A continued run that did nothing has failed');
select results_eq(
  $$
    select error_message, metadata
    from public.jobs_log
    where job_name = 'pgtap-long'
    order by started_at desc
    limit 1
  $$,
  $$values ('The time of the run was over before anything was done.', jsonb '{}')$$,
  'It says why, and is not continued'
);
select is(
  pg_temp.finish('2001-03-12 08:00:00+00', items_processed => 2, errors => '[{"id": "a"}, {"id": "b"}]'),
  'failed',
  'So has one in which every item that was tried failed'
);
select is(
  pg_temp.finish('2001-03-12 09:00:00+00', items_processed => 3, errors => '[{"id": "a"}, {"id": "b"}]'),
  'success',
  'One item that worked is progress'
);
select is(
  pg_temp.finish('2001-03-12 10:00:00+00', items_processed => null, records_updated => 1),
  'success',
  'So is one record of a job that counts no items'
);

-- Not wanted

select pg_temp.register('pgtap-once', enabled_at => '2001-03-01 00:00:00+00', catch_up => false);
select pg_temp.finish('2001-03-10 07:00:00+00', job_name => 'pgtap-once');
select is(pg_temp.is_due('2001-03-10 07:10:00+00', 'pgtap-once'), false, 'A job without catch-up waits for its next tick');

-- Its items

select pg_temp.new_alerts();
select pg_temp.finish('2001-03-13 07:00:00+00', continued => false, items_processed => 10, job_name => 'pgtap-items', errors => '[{"id": "a"}]');
select pg_temp.finish('2001-03-13 08:00:00+00', job_name => 'pgtap-items');
select is(pg_temp.new_alerts(), '{}', 'A continued run did not try all its items');
select pg_temp.finish('2001-03-13 09:00:00+00', job_name => 'pgtap-items', errors => '[{"id": "a"}]');
select is(pg_temp.new_alerts(), array['item_failing of pgtap-items'], 'An item that fails in the run before it and after it has failed twice in a row');

select * from finish();
rollback;
