begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
select no_plan();

select pg_temp.register('pgtap-job', enabled_at => now());

set local role service_role;

select is(
  public.control_job('pause', 'ada@school.example', 'why not', 'pgtap-job') ->> 'requested_by',
  'ada@school.example',
  'The service role pauses a job for somebody'
);
select is(public.control_job('resume', 'the job key', job_name => 'pgtap-job') -> 'changed', 'true', 'And resumes it');
select is(
  public.control_job('snooze', 'the job key', 'why not', 'pgtap-job', until => now() + interval '1 hour') -> 'changed',
  'true',
  'It snoozes a job'
);
select is(public.control_job('unsnooze', 'the job key', job_name => 'pgtap-job') -> 'changed', 'true', 'And ends the snooze');
select public.start_job_run('pgtap-job') ->> 'run_id' as run_id \gset
select throws_ok(
  $$select public.control_job('run', 'the job key', job_name => 'pgtap-job')$$, 'PT409',
  format('the job is already running: run %s holds it', :'run_id'),
  'A job that is running is not started again'
);
select is(
  public.control_job('cancel', 'the job key', 'why not', run_id => :'run_id') -> 'changed', 'true', 'It cancels a run'
);
select is(
  public.control_job('retry_alerts', 'the job key') -> 'retried', '0', 'It has alerts sent again'
);
select is(
  public.control_job('restore_schedule', 'the job key', job_name => 'pgtap-job') -> 'changed', 'false',
  'It restores the schedule of a job, which is right here'
);
select throws_ok(
  $$select public.control_job('retry_alerts', 'the job key', channel => 'pigeon')$$, 'PT404',
  'there is no channel pigeon', 'Of a channel that exists'
);
select throws_ok(
  $$select public.control_job('explode', 'the job key', 'why not', 'pgtap-job')$$, '22023', 'there is no action explode',
  'Another action is refused'
);
select throws_ok(
  $$select public.control_job('pause', ' ', 'why not', 'pgtap-job')$$, '22023', null, 'A caller without a name is refused'
);

reset role;
select set_eq(
  $$select action from jobs.actions where job_name = 'pgtap-job' or action = 'retry_alerts'$$,
  array['pause', 'resume', 'snooze', 'unsnooze', 'cancel', 'retry_alerts'],
  'Each leaves a row in jobs.actions'
);

-- Alerts that were given up

select pg_temp.raise_alert('pgtap-job');
select pg_temp.claim();
select pg_temp.complete('pgtap-job', 'given_up', error => 'no such channel');
select is(jobs.retry_alerts('slack', 'the webhook is new') ->> 'retried', '1', 'What a channel gave up is sent again');

select * from finish();
rollback;
