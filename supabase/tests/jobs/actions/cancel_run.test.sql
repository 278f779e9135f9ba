begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
\ir ../../health/arrange_job_checks.psql
select no_plan();

select pg_temp.register('pgtap-job', enabled_at => now() - interval '1 day');
select pg_temp.insert_run('pgtap-job', 'success', now() - interval '1 hour');

select public.start_job_run('pgtap-job', as_of => now()) ->> 'run_id' as run_id \gset
select public.report_job_progress(:'run_id', 22, 5, records_updated => 7);

select is(
  jobs.cancel_run(:'run_id', 'the wrong month', 'ada@school.example') - array['requested_at', 'ended_at'],
  jsonb_build_object(
    'action', 'cancel', 'job_name', 'pgtap-job', 'run_id', uuid :'run_id', 'channel', null,
    'reason', 'the wrong month', 'requested_by', 'ada@school.example', 'until', null, 'changed', true
  ),
  'A run is cancelled'
);
select row_eq(
  format(
    'select status, error_message, completed_at >= started_at, records_updated from public.jobs_log where id = %L', :'run_id'
  ),
  row(
    'failed'::text,
    'Run cancelled by ada@school.example because: the wrong month. 7 records had been updated and 5 of 22 items '
      'processed; those changes stay.'::text,
    true,
    7
  ),
  'It ends at once as failed, and says by whom and why'
);
select is(
  (select ended_at is not null from jobs.actions where run_id = :'run_id'), true, 'The action has taken effect'
);
select is(pg_temp.new_alerts(), '{}', 'Nobody is alerted');
select is_empty($$select 1 from jobs.incidents where job_name = 'pgtap-job'$$, 'No incident is opened');

select throws_ok(
  format('select public.report_job_progress(%L, 22, 6)', :'run_id'),
  'PT409',
  format('run %s was cancelled by ada@school.example because: the wrong month', :'run_id'),
  'Its next call is refused with the reason'
);
select throws_ok(
  format('select public.process_installment_batch(%L)', :'run_id'), 'PT409', null, 'So is a batch'
);
select is(
  public.finish_job_run(:'run_id') ->> 'status', 'failed', 'Its end changes nothing'
);

select is(
  jobs.cancel_run(:'run_id', 'another reason') - array['requested_at', 'ended_at', 'run_id', 'job_name', 'channel', 'until'],
  '{"action": "cancel", "reason": "the wrong month", "requested_by": "ada@school.example", "changed": false}',
  'A second time nothing changes, and the first reason stays'
);

-- It is not caught up until the next tick

select is_empty(
  $$select 1 from jobs.due_catch_ups(now() + interval '5 minutes') as due (job_name) where due.job_name = 'pgtap-job'$$,
  'A cancelled run is not caught up'
);
select pg_temp.insert_run('pgtap-job', 'failed', now() + interval '10 minutes');
select isnt_empty(
  $$select 1 from jobs.due_catch_ups(now() + interval '20 minutes') as due (job_name) where due.job_name = 'pgtap-job'$$,
  'A run of the next tick that fails is'
);
select is(pg_temp.new_alerts(), array['run_failed of pgtap-job'], 'And is alerted');

-- The health report

select pg_temp.register('pgtap-health', enabled_at => now());
select pg_temp.insert_run('pgtap-health', 'running', now() - interval '1 minute') as health_run \gset
select jobs.cancel_run(:'health_run', 'the wrong month', 'ada@school.example');
select is(
  array(
    select finding
    from unnest(pg_temp.findings('pgtap-health', now() + interval '1 minute')) as finding
    where finding like '%last_run_failed%' and finding like 'warning%The last run was ended%cancelled by ada@school.example%'
  ) <> '{}',
  true,
  'The health report says who cancelled the last run, as a warning'
);

-- A run that is written to before anybody can end it: its own write ends it

insert into public.jobs_log (job_name, started_at, status, records_updated)
values ('pgtap-job', now(), 'running', 3)
returning id as held \gset
insert into jobs.actions (action, job_name, run_id, reason, requested_by, requested_at)
values ('cancel', 'pgtap-job', :'held', 'the wrong year', 'ada@school.example', now());
update public.jobs_log set records_updated = 4 where id = :'held';
select row_eq(
  format('select status, records_updated from public.jobs_log where id = %L', :'held'),
  row('failed'::text, 4),
  'A batch that lets go of the row of a cancelled run ends the run, and its changes count'
);

-- A function that never calls again

insert into public.jobs_log (job_name, started_at, status)
values ('pgtap-job', now(), 'running')
returning id as silent \gset
insert into jobs.actions (action, job_name, run_id, reason, requested_by, requested_at)
values ('cancel', 'pgtap-job', :'silent', 'the wrong year', 'ada@school.example', now());
select throws_ok(
  format('select public.report_job_progress(%L, 1, 1)', :'silent'), 'PT409', null,
  'A run that is noted as cancelled is refused before it ends'
);
select is(
  public.finish_job_run(:'silent') ->> 'status', 'failed', 'Its end is a failure, whatever the function says'
);
insert into public.jobs_log (job_name, started_at, status)
values ('pgtap-job', now(), 'running')
returning id as killed \gset
insert into jobs.actions (action, job_name, run_id, reason, requested_by, requested_at)
values ('cancel', 'pgtap-job', :'killed', 'the wrong year', 'ada@school.example', now());
select jobs.supervise(now());
select is(
  (select status from public.jobs_log where id = :'killed'), 'failed',
  'The supervisor ends a cancelled run whose function never calls again'
);
select is_empty('select 1 from jobs.actions where ended_at is null and action = ''cancel''', 'And no cancellation waits');
select is(pg_temp.new_alerts(), '{}', 'All of that alerts nobody');

-- Refusals

select pg_temp.insert_run('pgtap-job', 'success', now()) as succeeded \gset
select throws_ok(
  format('select jobs.cancel_run(%L, ''too late'')', :'succeeded'), 'PT409',
  format('run %s cannot be cancelled, because it has ended: success', :'succeeded'),
  'A run that has ended is not cancelled'
);
select throws_ok(
  $$select jobs.cancel_run('00000000-0000-4000-8000-000000000000', 'why not')$$, 'PT404',
  'there is no run 00000000-0000-4000-8000-000000000000', 'An unknown run is not cancelled'
);
select throws_ok($$select jobs.cancel_run(null, 'why not')$$, 'PT404', null, 'A run is required');
select throws_ok(
  format('select jobs.cancel_run(%L, null)', :'succeeded'), '22023', null, 'A reason is required'
);

-- A cancelled run is no failure

select pg_temp.register('pgtap-counted', enabled_at => now() - interval '40 days');
select pg_temp.insert_run('pgtap-counted', 'success', now() - interval '20 days');
select pg_temp.insert_run('pgtap-counted', 'running', now() - interval '3 hours') as counted_one \gset
select pg_temp.insert_run('pgtap-counted', 'failed', now() - interval '2 hours');
update public.jobs_log set trigger_source = 'catch_up' where id = :'counted_one';
select jobs.cancel_run(:'counted_one', 'the wrong month');
select pg_temp.insert_run('pgtap-counted', 'running', now() - interval '1 hour') as counted_two \gset
select jobs.cancel_run(:'counted_two', 'the wrong month');

select row_eq(
  $$
    select since_success.failures, since_success.last_failed_at < now() - interval '1 hour'
    from jobs.failures_in_a_row('pgtap-counted', now() - interval '20 days') as since_success
  $$,
  row(1::bigint, true),
  'It counts neither in the back-off nor in max_catch_ups'
);
select row_eq(
  $$
    select finished_runs, failed_runs, finished_catch_ups, failed_catch_ups
    from jobs.job_stats(now(), 'pgtap-counted')
  $$,
  row(2::bigint, 1::bigint, 0::bigint, 0::bigint),
  'It does not count in the success rate of the health report'
);
select is(
  (
    select jsonb_path_query_array(
      metrics, '$.jobs[*] ? (@.job_name == "pgtap-counted").keyvalue() ? (@.key like_regex "^(runs|successes|failures|cancelled|running|success_rate)$").value'
    )
    from public.get_job_metrics(job_name => 'pgtap-counted', from_at => now() - interval '30 days', to_at => now()) as metrics
  ),
  (
    select jsonb_path_query_array(
      '{"runs": 4, "running": 0, "failures": 1, "cancelled": 2, "successes": 1, "success_rate": 50.00}', '$.keyvalue().value'
    )
  ),
  'It does not count in the success rate of the metrics'
);
select results_eq(
  $$
    select total.successes, total.failures, total.cancelled
    from jobs.run_totals as total
    where total.job_name = 'pgtap-counted'
  $$,
  $$values (1::bigint, 1::bigint, 2::bigint)$$,
  'It has a total of its own'
);
select is(
  (
    select counted.job -> 'last_run_at'
    from jsonb_array_elements(public.get_job_counters() -> 'jobs') as counted (job)
    where counted.job ->> 'job_name' = 'pgtap-counted'
  ),
  to_jsonb(now() - interval '2 hours'),
  'The last run of the counters is one that was not cancelled'
);

select * from finish();
rollback;
