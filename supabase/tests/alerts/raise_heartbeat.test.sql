begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir ../health/arrange_platform.psql
select no_plan();

select pg_temp.claim();

create function pg_temp.entry()
returns text
language sql
as $$
  select format('%s: %s', entry.schedule, entry.command)
  from cron.job as entry
  where entry.jobname = 'job-heartbeat-weekly';
$$;

-- Off by default

select is(pg_temp.entry(), null, 'There is no heartbeat by default');
select jobs.disable_heartbeat();
select is(pg_temp.entry(), null, 'Disabling a heartbeat that is not enabled is not an error');

select jobs.enable_heartbeat();
select is(pg_temp.entry(), '0 8 * * 1: select jobs.raise_heartbeat()', 'The heartbeat runs on Mondays at 08:00 UTC');
select jobs.enable_heartbeat('0 6 * * 5');
select is(
  pg_temp.entry(),
  '0 6 * * 5: select jobs.raise_heartbeat()',
  'Enabling the heartbeat again changes its schedule and keeps one entry'
);
select jobs.disable_heartbeat();
select is(pg_temp.entry(), null, 'The heartbeat can be disabled');

-- Its content

select pg_temp.register('pgtap-a', enabled_at => now() - interval '30 days');
select pg_temp.register('pgtap-b', enabled_at => now() - interval '1 hour');
select pg_temp.insert_run('pgtap-a', 'failed', now() - interval '7 days');
select pg_temp.insert_run('pgtap-a', 'failed', now() - interval '7 days' + interval '1 microsecond');
select pg_temp.insert_run('pgtap-a', 'success', now() - interval '6 days');
select pg_temp.insert_run('pgtap-a', 'success', now() - interval '1 day');
select pg_temp.insert_run('pgtap-a', 'running', now());
select pg_temp.new_alerts();

select isnt(jobs.raise_heartbeat(), null, 'The heartbeat raises an alert, and its id is returned');
select is(pg_temp.new_alerts(), array['heartbeat of duewatch'], 'The heartbeat raises one alert');
select is(
  (pg_temp.last_alert()).details,
  jsonb_build_object(
    'since', now() - interval '7 days',
    'jobs', jsonb_build_array(
      jsonb_build_object(
        'job_name', 'pgtap-a', 'runs', 3, 'failed_runs', 1, 'last_success_at', now() - interval '1 day'
      ),
      jsonb_build_object(
        'job_name', 'pgtap-b', 'runs', 0, 'failed_runs', 0, 'last_success_at', null
      )
    ),
    'warnings', jsonb '[
      "50.0 % of the 4 runs of the last 30 days succeeded and 2 failed; at least 95 % is expected.",
      "Enabled 1 hour ago; first run expected within 25 hours."
    ]'
  ),
  'The heartbeat lists each job with its runs of seven days, and the warnings'
);

delete from public.jobs_log
where status = 'failed';
select pg_temp.insert_run('pgtap-b', 'success', now());
update jobs.alert_channels
set announced_at = now() - interval '3 hours';
select jobs.raise_heartbeat();
select is(
  (pg_temp.last_alert()).details -> 'warnings' ->> 0,
  'The alert channel slack was last announced 3 hours ago; the hourly health check announces every channel that is set up.',
  'The heartbeat includes warnings about the system'
);
update jobs.alert_channels
set announced_at = now();
select jobs.raise_heartbeat();
select is((pg_temp.last_alert()).details -> 'warnings', '[]', 'The heartbeat can be without warnings');
select pg_temp.new_alerts();

-- Nothing while something is critical

select pg_temp.insert_run('pgtap-a', 'failed', now());
select pg_temp.new_alerts();
select is(jobs.raise_heartbeat(), null, 'There is no heartbeat while something is critical');
select is(pg_temp.new_alerts(), '{}', 'No heartbeat is raised while something is critical');

select * from finish();
rollback;
