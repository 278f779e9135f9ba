begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
select no_plan();

-- The outbox tells the time by now(), so the snoozes of this test do as well.

select pg_temp.register('pgtap-job', enabled_at => now());
select pg_temp.register('pgtap-other', enabled_at => now());

create function pg_temp.fails(at timestamptz, job_name text default 'pgtap-job', status text default 'failed')
returns uuid
language sql
as $$
  select pg_temp.insert_run(fails.job_name, fails.status, fails.at);
$$;

select pg_temp.fails(now() - interval '1 hour');
select is(pg_temp.new_alerts(), array['run_failed of pgtap-job'], 'A failure is alerted');

select is(
  jobs.snooze('pgtap-job', now() + interval '2 hours', 'we are on it', 'ada@school.example')
    - array['until', 'requested_at'],
  jsonb '{
    "action": "snooze", "job_name": "pgtap-job", "run_id": null, "channel": null, "reason": "we are on it",
    "requested_by": "ada@school.example", "ended_at": null, "changed": true
  }',
  'A job is snoozed'
);
select is(
  jobs.snooze('pgtap-job', now() + interval '2 hours', 'we are on it') -> 'changed', 'false',
  'A second time nothing changes'
);
select is(
  jobs.job_health_report(now(), 'pgtap-job') #>> '{0,snoozed,requested_by}', 'ada@school.example',
  'The health report lists it as snoozed'
);

select pg_temp.raise_alert('pgtap-job', kind.name)
from unnest(array['run_failed', 'run_degraded', 'run_missed', 'job_unhealthy', 'job_recovered', 'run_succeeded'])
  as kind (name);
select pg_temp.fails(now());
select jobs.raise_incident('pgtap-job', 'run_degraded', '{"reasons": [{"code": "one"}]}', as_of => now());
select jobs.raise_incident('pgtap-job', 'run_degraded', '{"reasons": [{"code": "two"}]}', as_of => now());
select is(pg_temp.new_alerts(), '{}', 'Nothing alerts during a snooze');
select is(
  jobs.raise_reminders(now() + interval '1 hour 59 minutes') + 0, 0, 'No reminder is due'
);
update jobs.incidents set last_alerted_at = now() - interval '2 days' where job_name = 'pgtap-job';
select is(jobs.raise_reminders(now()), 0, 'Nor is a reminder raised that would be due');
select pg_temp.fails(now(), 'pgtap-other');
select is(pg_temp.new_alerts(), array['run_failed of pgtap-other'], 'Another job alerts all the same');

select jobs.supervise(now() + interval '1 hour 59 minutes');
select is(pg_temp.new_alerts(), '{}', 'Until the end of the snooze there is silence');
select jobs.supervise(now() + interval '2 hours');
select set_eq(
  $$select unnest(pg_temp.new_alerts())$$,
  array['run_failed of pgtap-job, reminder 1', 'run_degraded of pgtap-job'],
  'Then what is still wrong alerts: what was alerted before as a reminder'
);
select jobs.supervise(now() + interval '2 hours 1 minute');
select is(pg_temp.new_alerts(), '{}', 'Once');
select pg_temp.fails(now() + interval '3 hours', status => 'success');
select is(pg_temp.new_alerts(), array['job_recovered of pgtap-job'], 'Its recovery is announced');

-- Over by itself

select jobs.snooze('pgtap-other', now() + interval '2 hours', 'we are on it');
select pg_temp.fails(now() + interval '1 hour', 'pgtap-other', 'success');
select jobs.supervise(now() + interval '2 hours');
select is(pg_temp.new_alerts(), '{}', 'What is over when the snooze ends does not alert');

-- A dead supervisor

select jobs.snooze('pgtap-other', now() + interval '1 hour', 'we are on it');
update jobs.actions
set requested_at = now() - interval '2 hours', until = now() - interval '1 hour'
where action = 'snooze' and ended_at is null;
select pg_temp.fails(now(), 'pgtap-other');
select is(pg_temp.new_alerts(), array['run_failed of pgtap-other'], 'A snooze that is over is over, with or without a supervisor');

-- Ended early

select jobs.snooze('pgtap-other', now() + interval '1 hour', 'we are on it again', as_of => now() + interval '1 minute');
select is(
  jobs.unsnooze('pgtap-other', 'it is time', as_of => now() + interval '2 minutes') -> 'changed', 'true', 'A snooze is ended early'
);
select is(pg_temp.new_alerts(), array['run_failed of pgtap-other, reminder 1'], 'What is wrong alerts at once');
select is(jobs.unsnooze('pgtap-other') -> 'changed', 'false', 'A second time nothing changes');
select is(
  (select array_agg(action order by action) from jobs.actions where job_name = 'pgtap-other' and reason = 'it is time'),
  array['unsnooze'],
  'jobs.actions says so'
);

-- A job that is not registered

select pg_temp.fails(now(), 'pgtap-unregistered');
select is(
  jobs.snooze('pgtap-unregistered', now() + interval '1 hour', 'we are on it') -> 'changed', 'true',
  'A job with an open incident is snoozed without being registered'
);

-- Refusals

select lives_ok($$select jobs.snooze('pgtap-job', now() + interval '30 days', 'long')$$, 'A snooze lasts 30 days');
select throws_ok(
  $$select jobs.snooze('pgtap-job', now() + interval '30 days 1 second', 'long')$$, '22023', null, 'And no second more'
);
select throws_ok($$select jobs.snooze('pgtap-job', now(), 'short')$$, '22023', null, 'A snooze ends in the future');
select throws_ok($$select jobs.snooze('pgtap-job', null, 'why not')$$, '22023', null, 'A snooze has an end');
select throws_ok($$select jobs.snooze('pgtap-job', 'infinity', 'why not')$$, '22023', null, 'At an instant');
select throws_ok(
  $$select jobs.snooze('pgtap-job', now() + interval '1 hour', '')$$, '22023', null, 'A reason is required'
);
select throws_ok(
  $$select jobs.snooze('pgtap-unknown', now() + interval '1 hour', 'why not')$$, 'PT404', null,
  'An unknown job is not snoozed'
);
select throws_ok(
  $$select jobs.snooze('duewatch', now() + interval '1 hour', 'why not')$$, 'PT404', null,
  'Alerts that concern all jobs are not snoozed'
);
select throws_ok($$select jobs.unsnooze('pgtap-unknown')$$, 'PT404', null, 'An unknown job is refused');

select * from finish();
rollback;
