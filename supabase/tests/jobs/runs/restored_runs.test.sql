begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
\ir ../../arrange_dispatch.psql
select no_plan();

-- A backup of 10 March is restored on 17 March: what is known of the days in
-- between is gone, and the clock is not set back.

select pg_temp.unregister_all();
delete from jobs.run_totals where true;
select pg_temp.claim(channels => pg_temp.channels('slack'));
select pg_temp.register('pgtap-job');
select pg_temp.insert_run('pgtap-job', 'success', '2001-03-09 12:00:00+00', '1 second');
select pg_temp.insert_run('pgtap-job', 'failed', '2001-03-09 13:00:00+00', '1 second', error_message => 'It broke.');
select is(pg_temp.new_alerts(), array['run_failed of pgtap-job'], 'In life a failure is reported');
select row_to_json(total)::text as totals from jobs.run_totals as total \gset

-- The log alone, with triggers

create table pg_temp.backup as select * from public.jobs_log;
alter table pg_temp.backup drop column duration_ms;
update pg_temp.backup set created_at = created_at - interval '7 days' where true;
delete from public.jobs_log where true;
select string_agg(quote_ident(attname), ', ' order by attnum) as columns
from pg_attribute
where attrelid = 'pg_temp.backup'::regclass
  and attnum > 0
  and not attisdropped \gset
insert into public.jobs_log (:columns) select :columns from pg_temp.backup;
select is((select count(*) from public.jobs_log), 2::bigint, 'The runs of a backup come back');
select is((select row_to_json(total)::text from jobs.run_totals as total), :'totals', 'They are not counted a second time');
select is(pg_temp.new_alerts(), '{}', 'Nor reported a second time');
select pg_temp.insert_run('pgtap-job', 'failed', '2001-03-09 14:00:00+00');
select is(
  (select failures from jobs.run_totals where job_name = 'pgtap-job'), 2::bigint, 'A run that ends now is counted'
);

-- A run that ends now, whatever its created_at says

create function pg_temp.logged_with(created_at timestamptz, as_role text default 'postgres')
returns text[]
language plpgsql
as $$
begin
  delete from jobs.incidents where job_name = 'pgtap-app';
  perform set_config('role', logged_with.as_role, true);
  insert into public.jobs_log (job_name, started_at, completed_at, status, created_at)
  values ('pgtap-app', now(), now(), 'failed', logged_with.created_at);
  reset role;
  return pg_temp.new_alerts();
end
$$;
select pg_temp.new_alerts();
select is(pg_temp.logged_with(logged.created_at, logged.as_role), logged.alerts, logged.description)
from (
  values
    (now(), 'postgres', array['run_failed of pgtap-app'], 'The default is the clock of the transaction'),
    (null, 'postgres', array['run_failed of pgtap-app'], 'Null says nothing'),
    (now() - interval '50 ms', 'postgres', array['run_failed of pgtap-app'], 'An application has a clock of its own'),
    (now() - interval '10 minutes', 'postgres', array['run_failed of pgtap-app'], 'Which may be slow'),
    (now() + interval '1 hour', 'postgres', array['run_failed of pgtap-app'], 'Or fast'),
    (now() - interval '11 minutes', 'postgres', '{}', 'Longer ago: it comes from a backup'),
    (
      now() - interval '1 day', 'service_role', array['run_failed of pgtap-app'],
      'Not through the Data API: a worker that was offline logs what it did'
    )
) as logged (created_at, as_role, alerts, description);
delete from public.jobs_log where job_name = 'pgtap-app';
delete from jobs.incidents where job_name = 'pgtap-app';

-- A week later

select pg_temp.insert_run('pgtap-job', 'running', '2001-03-10 12:00:00+00') as running_id \gset
select pg_temp.new_alerts();
select jobs.supervise('2001-03-17 12:00:00+00') as supervised \gset
select is(:'supervised'::jsonb -> 'reaped', '1', 'A run that was under way then is ended');
select is(:'supervised'::jsonb -> 'catch_ups', jsonb '[]', 'After its failure the catch-up waits for the back-off');
select is(
  pg_temp.new_alerts(),
  array['run_failed of pgtap-job, reminder 1', 'run_missed of pgtap-job'],
  'One alert for a week without a run, and one reminder of the incident that was open'
);
select jobs.supervise('2001-03-17 12:10:00+00') as supervised \gset
select is(:'supervised'::jsonb -> 'catch_ups', jsonb '["pgtap-job"]', 'Then one run catches up the whole week');
select is(pg_temp.new_alerts(), '{}', 'Nothing is reported again');
select pg_temp.insert_run('pgtap-job', 'success', '2001-03-17 12:10:00+00');
select is(
  pg_temp.new_alerts(),
  array['job_recovered of pgtap-job'],
  'Its success is one message, that all is well again'
);
select is(jobs.supervise('2001-03-17 12:11:00+00') -> 'catch_ups', jsonb '[]', 'And nothing is left to catch up');

select * from finish();
rollback;
