begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_platform.psql
select no_plan();

-- It carries no kind that is raised here, so that no alert waits for it.
select pg_temp.claim(channels => '[{"name": "slack", "kinds": ["heartbeat"]}]');

create function pg_temp.health(as_of timestamptz default now())
returns jsonb
language sql
as $$
  select public.get_job_health(as_of => health.as_of);
$$;

create function pg_temp.check_health(as_of timestamptz default now())
returns jsonb
language sql
as $$
  select public.get_job_health(as_of => check_health.as_of, raise_alerts => true) -> 'status';
$$;

create function pg_temp.set_functions_url(url text)
returns void
language sql
as $$
  select vault.update_secret(secret.id, set_functions_url.url)
  from vault.secrets as secret
  where secret.name = 'functions_url';
$$;

create function pg_temp.rows_written()
returns bigint
language sql
as $$
  select sum(counted.n_tup_ins + counted.n_tup_upd + counted.n_tup_del)::bigint
  from pg_catalog.pg_stat_xact_all_tables as counted
  where counted.schemaname in ('public', 'jobs', 'cron');
$$;

-- Without a job

select is(
  pg_temp.health(),
  jsonb_build_object(
    'status', 'ok',
    'version', jobs.version(),
    'checked_at', now(),
    'jobs', jsonb '[]',
    'system', jsonb '{"status": "ok", "reasons": []}',
    'incidents', jsonb '[]',
    'channels', jobs.channel_health_report()
  ),
  'Without a job the report is ok'
);

-- With a job that has not run

select pg_temp.register('pgtap-a', enabled_at => now() - interval '90 minutes');

select is(
  pg_temp.health() -> 'jobs' -> 0,
  jsonb_build_object(
    'job_name', 'pgtap-a',
    'registered', true,
    'enabled', true,
    'schedule', '0 0 1 1 *',
    'paused', null,
    'snoozed', null,
    'status', 'warning',
    'reasons', jsonb '[{
      "code": "never_ran",
      "severity": "warning",
      "message": "Enabled 1.5 hours ago; first run expected within 25 hours."
    }]',
    'last_run', null,
    'last_success', null,
    'hours_since_last_run', null,
    'failing_items', jsonb '[]',
    'failure_cause', null,
    'hours_since_last_success', null,
    'success_rate_30d', null,
    'runs_30d', 0,
    'failed_runs_30d', 0
  ),
  'A job that has never run is reported without a run'
);
select is(pg_temp.health() ->> 'status', 'warning', 'The status of the report is that of its worst job');

-- With runs

insert into public.jobs_log (job_name, started_at, completed_at, status, records_updated, trigger_source)
values ('pgtap-a', now() - interval '3 hours', now() - interval '2 hours 59 minutes', 'success', 7, 'cron')
returning id as success_id
\gset
select pg_temp.insert_run('pgtap-a', 'failed', now() - interval '31 days');
insert into public.jobs_log (job_name, started_at, status, records_updated, trigger_source)
values ('pgtap-a', now() - interval '1 minute', 'running', 4, 'manual')
returning id as running_id
\gset

select is(
  pg_temp.health() -> 'jobs' -> 0,
  jsonb_build_object(
    'job_name', 'pgtap-a',
    'registered', true,
    'enabled', true,
    'schedule', '0 0 1 1 *',
    'paused', null,
    'snoozed', null,
    'status', 'ok',
    'reasons', jsonb '[]',
    'last_run', jsonb_build_object(
      'id', :'running_id',
      'status', 'running',
      'started_at', now() - interval '1 minute',
      'completed_at', null,
      'duration_ms', null,
      'records_updated', 4,
      'items_total', null,
      'items_processed', null,
      'failed_items', 0,
      'trigger_source', 'manual',
      'error_message', null,
      'errors', jsonb '[]'
    ),
    'last_success', jsonb_build_object(
      'id', :'success_id',
      'status', 'success',
      'started_at', now() - interval '3 hours',
      'completed_at', now() - interval '2 hours 59 minutes',
      'duration_ms', 60000,
      'records_updated', 7,
      'items_total', null,
      'items_processed', null,
      'failed_items', 0,
      'trigger_source', 'cron',
      'error_message', null,
      'errors', jsonb '[]'
    ),
    'hours_since_last_run', 0.0,
    'failing_items', jsonb '[]',
    'failure_cause', null,
    'hours_since_last_success', 3.0,
    'success_rate_30d', 100.00,
    'runs_30d', 1,
    'failed_runs_30d', 0
  ),
  'A job is reported with its last run, its last success, and its runs of thirty days'
);
select is(pg_temp.health() ->> 'status', 'ok', 'A job with a success within its interval is ok');

select pg_temp.insert_run('pgtap-a', 'success', now() - interval '2 hours');
select pg_temp.insert_run('pgtap-a', 'failed', now() - interval '1 hour');
select is(
  pg_temp.health() #> '{jobs,0,success_rate_30d}',
  '66.67',
  'The success rate is a percentage'
);
select is(pg_temp.health() ->> 'status', 'critical', 'A failed run makes the job critical');

delete from public.jobs_log
where id = :'running_id'
  or status = 'failed';

select pg_temp.register('pgtap-b', enabled => false);
select pg_temp.insert_run('pgtap-c', 'failed', now() - interval '1 hour');
select is(
  jsonb_path_query_array(pg_temp.health(), '$.jobs[*].job_name'),
  '["pgtap-a", "pgtap-b", "pgtap-c"]',
  'Registered jobs are reported by name, and unregistered ones while they have an open incident'
);
select is(
  jsonb_path_query_array(pg_temp.health(), '$.jobs[1, 2].registered')
    || jsonb_path_query_array(pg_temp.health(), '$.jobs[1, 2].enabled'),
  '[true, false, false, false]',
  'The report says which jobs are registered'
);
select jobs.close_incidents_silently('pgtap-c');
select jobs.unregister('pgtap-b');

-- The system

select pg_temp.set_functions_url('nowhere');
select is(
  pg_temp.health() -> 'system' ->> 'status',
  'critical',
  'The system has its own status'
);
select is(pg_temp.health() ->> 'status', 'critical', 'The status of the report is that of the system when it is worse');
select is(pg_temp.health() #>> '{jobs,0,status}', 'ok', 'The status of the jobs does not depend on that of the system');
select pg_temp.set_functions_url('https://project.supabase.co/functions/v1');
select is(pg_temp.health() ->> 'status', 'ok', 'The report is ok when the system is fixed');

select is(jobs.worst_severity(reasons), status, format('%s is %s', reasons, status))
from (
  values
    (jsonb '[]', 'ok'),
    ('[{"severity": "warning"}]', 'warning'),
    ('[{"severity": "warning"}, {"severity": "critical"}, {"severity": "warning"}]', 'critical')
) as cases (reasons, status);

-- Without raise_alerts nothing is written

select jobs.close_incidents_silently('pgtap-a');
select pg_temp.new_alerts();
select cron.unschedule('pgtap-a');
select pg_temp.rows_written() as written \gset
select is(pg_temp.health() ->> 'status', 'critical', 'A job that has lost its schedule is critical');
select is(pg_temp.rows_written(), :written::bigint, 'Reading the report writes nothing');
select is(pg_temp.new_alerts(), '{}', 'Reading the report raises no alert');

-- Raising alerts

select is(pg_temp.check_health(), '"critical"', 'A report with raise_alerts is the same as one without');
select is(pg_temp.new_alerts(), array['job_unhealthy of pgtap-a'], 'The check raises an alert for reasons that no run raises');
select is(
  (pg_temp.last_alert()).details - 'job',
  jsonb_build_object(
    'reasons', jsonb '[{
      "code": "schedule_missing",
      "severity": "critical",
      "message":
        "The pg_cron entry pgtap-a is missing, so nothing starts the job at 0 0 1 1 *. The last run was 2 hours ago."
    }]',
    'last_run_at', now() - interval '2 hours',
    'hours_since_last_run', 2.0,
    'occurrences', 1
  ),
  'The alert has the reasons and the hours since the last run'
);

select pg_temp.check_health();
select pg_temp.check_health(now() + interval '1 hour');
select is(pg_temp.new_alerts(), '{}', 'The next check raises no alert');

select pg_temp.check_health(now() + interval '23.5 hours 1 microsecond');
select is(pg_temp.new_alerts(), array['run_missed of pgtap-a'], 'A run that is missed meanwhile raises an alert');
select pg_temp.check_health(now() + interval '24 hours');
select is(
  pg_temp.new_alerts(),
  array['job_unhealthy of pgtap-a, reminder 1'],
  'After 24 hours there is a reminder'
);

select pg_temp.register('pgtap-a', enabled_at => now() - interval '2 hours');
select pg_temp.check_health();
select is(pg_temp.new_alerts(), array['job_recovered of pgtap-a'], 'Scheduling the job again raises a recovery');
select is(
  jsonb_path_query_array((pg_temp.last_alert()).details, '$.problems[*].kind'),
  '["job_unhealthy"]',
  'The recovery has the closed kinds'
);
select is((pg_temp.last_alert()).details -> 'run', 'null', 'The recovery of a check has no run');
select pg_temp.insert_run('pgtap-a', 'success', now() - interval '1 hour');
select is(pg_temp.new_alerts(), array['job_recovered of pgtap-a'], 'A success closes the incident of a missed run');

select cron.alter_job(
  job_id => (select jobid from cron.job where jobname = 'pgtap-a'),
  schedule => '0 1 * * *'
);
select is(pg_temp.check_health(), '"warning"', 'A warning is a warning');
select pg_temp.insert_run('pgtap-a', 'failed', now() - interval '30 minutes');
select is(pg_temp.new_alerts(), array['run_failed of pgtap-a'], 'A run that failed raises its own alert');
select pg_temp.check_health();
select is(pg_temp.new_alerts(), '{}', 'The check raises no alert for failed runs');
select pg_temp.register('pgtap-a', enabled_at => now() - interval '2 hours');
select pg_temp.insert_run('pgtap-a', 'success', now());
select pg_temp.new_alerts();

-- A stuck run

select pg_temp.insert_run('pgtap-a', 'running', now() - interval '11 minutes') as running_id \gset
select pg_temp.check_health();
select is(pg_temp.new_alerts(), array['job_unhealthy of pgtap-a'], 'A stuck run raises an alert');
update public.jobs_log
set status = 'success'
where id = :'running_id';
select pg_temp.new_alerts();
select pg_temp.check_health();
select is(pg_temp.new_alerts(), array['job_recovered of pgtap-a'], 'The end of a stuck run raises a recovery');

select pg_temp.insert_run('pgtap-c', 'failed', now() - interval '1 hour');
select pg_temp.insert_run('pgtap-c', 'running', now() - interval '11 minutes') as running_id \gset
select pg_temp.check_health();
select is(
  pg_temp.new_alerts(),
  array['run_failed of pgtap-c', 'job_unhealthy of pgtap-c'],
  'An unregistered job can be unhealthy'
);
update public.jobs_log
set status = 'success'
where id = :'running_id';
select pg_temp.check_health();
select is(
  pg_temp.new_alerts(),
  array['job_recovered of pgtap-c', 'job_recovered of pgtap-c'],
  'An unregistered job recovers from its failure and its bad health'
);

-- The system is reported under the name duewatch

select pg_temp.set_functions_url('nowhere');
select pg_temp.check_health();
select pg_temp.check_health(now() + interval '1 hour');
select is(pg_temp.new_alerts(), array['job_unhealthy of duewatch'], 'Reasons of the system raise one alert');
select is(
  jsonb_path_query_array((pg_temp.last_alert()).details, '$.reasons[*].code'),
  '["setting_missing"]',
  'The alert has the reasons of the system'
);

delete from vault.secrets
where name = 'jobs_api_key';
select pg_temp.check_health(now() + interval '1 hour');
select is(pg_temp.new_alerts(), '{}', 'The same code for another setting raises no alert');

select cron.unschedule('job-supervisor');
select pg_temp.check_health(now() + interval '1 hour');
select is(pg_temp.new_alerts(), array['job_unhealthy of duewatch'], 'Another reason does');
select is(
  jsonb_path_query_array((pg_temp.last_alert()).details, '$.reasons[*].code'),
  '["supervisor_silent", "setting_missing", "setting_missing"]',
  'A new reason raises an alert with all current reasons'
);

select pg_temp.set_functions_url('https://project.supabase.co/functions/v1');
select vault.create_secret('pgtap-key-5f3a-9c1e', 'jobs_api_key');
select jobs.schedule_supervision();
select is(
  jsonb_path_query_array(pg_temp.health(), '$.jobs[*].job_name'),
  '["pgtap-a"]',
  'duewatch is reported as the system, and not among the jobs'
);
select pg_temp.check_health(now() + interval '1 hour');
select is(pg_temp.new_alerts(), array['job_recovered of duewatch'], 'Fixing the system raises a recovery');

-- Privileges

set local role service_role;
select lives_ok('select public.get_job_health()', 'The service role gets the report');
select lives_ok('select public.get_job_health(raise_alerts => true)', 'The service role can raise alerts');
reset role;

-- Open incidents

insert into public.jobs_log (job_name, started_at, completed_at, status)
values
  ('pgtap-open', now() - interval '2 hours', now() - interval '2 hours', 'failed'),
  ('pgtap-open', now() - interval '1 hour', now() - interval '1 hour', 'failed');

select is(
  (
    select jsonb_agg(incident.value)
    from jsonb_array_elements(pg_temp.health() -> 'incidents') as incident
    where incident.value ->> 'job_name' = 'pgtap-open'
  ),
  jsonb_build_array(
    jsonb_build_object(
      'job_name', 'pgtap-open',
      'kind', 'run_failed',
      'opened_at', now() - interval '1 hour',
      'last_seen_at', now() - interval '1 hour',
      'last_alerted_at', now() - interval '1 hour',
      'occurrences', 2,
      'reminders', 0,
      'last_alert', jsonb_build_object(
        'status', 'no_channel',
        'since', now(),
        'channels', jsonb '[]',
        'error', null
      )
    )
  ),
  'An open incident is reported'
);

insert into public.jobs_log (job_name, started_at, completed_at, status)
values ('pgtap-open', now(), now(), 'success');

select is_empty(
  $$
    select 1
    from jsonb_array_elements(pg_temp.health() -> 'incidents') as incident
    where incident.value ->> 'job_name' = 'pgtap-open'
  $$,
  'A closed incident is not reported'
);

select * from finish();
rollback;
