begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
select no_plan();

create function pg_temp.entry()
returns text
language sql
as $$
  select concat_ws(' | ', entry.schedule, entry.active, entry.command)
  from cron.job as entry
  where entry.jobname = 'pgtap-entry';
$$;

select jobs.register(
  job_name => 'pgtap-job',
  description => 'A job of the tests',
  impact => 'nothing happens',
  schedule => '0 7 * * *',
  cron_job_name => 'pgtap-entry',
  max_runtime => '3 minutes',
  notify_on_success => true
);
select to_jsonb(definition) - 'schedule' - 'expected_interval' as other_fields
from jobs.definitions as definition
where definition.job_name = 'pgtap-job' \gset

select is(
  jobs.reschedule('pgtap-job', e' 0  * * * *\n', '75 minutes', 'hourly from now on', as_of => '2001-03-11 00:00:00+00')
    - array['requested_at', 'requested_by'],
  jsonb '{
    "action": "reschedule", "job_name": "pgtap-job", "run_id": null, "channel": null, "reason": "hourly from now on",
    "until": null, "ended_at": null, "changed": true, "schedule": "0 * * * *", "former_schedule": "0 7 * * *"
  }',
  'A job gets another schedule'
);
select is(
  pg_temp.entry(), $$0 * * * * | t | select jobs.dispatch('pgtap-job', 'cron')$$, 'Its entry in pg_cron has it'
);
select results_eq(
  $$select schedule, expected_interval from jobs.definitions where job_name = 'pgtap-job'$$,
  $$values ('0 * * * *', interval '75 minutes')$$,
  'So does its definition, with the interval in which a success is expected'
);
select is(
  (
    select to_jsonb(definition) - 'schedule' - 'expected_interval'
    from jobs.definitions as definition
    where definition.job_name = 'pgtap-job'
  ),
  :'other_fields',
  'Nothing else of the job has changed'
);
select results_eq(
  $$
    select action, schedule, former_schedule, reason, requested_by
    from jobs.actions
    where job_name = 'pgtap-job'
  $$,
  $$values ('reschedule', '0 * * * *', '0 7 * * *', 'hourly from now on', session_user::text collate "default")$$,
  'jobs.actions says who asked, and what it was before'
);

select is(
  jobs.reschedule('pgtap-job', '0 * * * *') -> 'changed', 'false', 'A second time it changes nothing'
);
select is((select count(*) from jobs.actions where job_name = 'pgtap-job'), 1::bigint, 'And adds no row');
select is(
  (select expected_interval from jobs.definitions where job_name = 'pgtap-job'),
  interval '75 minutes',
  'Without an interval the one that it has stays'
);
select is(
  jobs.reschedule('pgtap-job', '0 * * * *', '2 hours') -> 'changed', 'true', 'The interval alone can be changed'
);

select cron.unschedule('pgtap-entry');
select jobs.reschedule('pgtap-job', '0 * * * *');
select is(
  pg_temp.entry(),
  $$0 * * * * | t | select jobs.dispatch('pgtap-job', 'cron')$$,
  'An entry that was lost, as after a restored dump, is there again'
);

select jobs.pause('pgtap-job', 'the provider is down');
select jobs.reschedule('pgtap-job', '30 6 * * *');
select matches(pg_temp.entry(), '^30 6 \* \* \* \| f ', 'A job that is paused stays paused');
select jobs.resume('pgtap-job');
select matches(pg_temp.entry(), '^30 6 \* \* \* \| t ', 'And starts at the new time once it is resumed');

select throws_ok(
  format('select jobs.reschedule(%L, %s)', 'pgtap-job', bad.schedule),
  '22023',
  null,
  format('Refused: %s', bad.schedule)
)
from (
  values ('null'), ($$''$$), ($$'  '$$), ($$'every day'$$), ($$'61 * * * *'$$), ($$'0 7 * *'$$)
) as bad (schedule);
select throws_ok(
  $$select jobs.reschedule('pgtap-job', '0 8 * * *', '-1 hour')$$, '22023',
  'expected_interval must be longer than nothing, not -01:00:00', 'So is an interval that is none'
);
select throws_ok($$select jobs.reschedule('pgtap-job', '0 8 * * *', reason => ' ')$$, '22023', null, 'And an empty reason');
select throws_ok(
  $$select jobs.reschedule('mistyped', '0 8 * * *')$$, 'PT404', 'there is no job mistyped', 'And a job that does not exist'
);
select matches(pg_temp.entry(), '^30 6 \* \* \* \| t ', 'Then nothing is changed');

select * from finish();
rollback;
