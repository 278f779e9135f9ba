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
select
  to_jsonb(definition) - array['schedule', 'expected_interval', 'registered_schedule', 'registered_interval'] as other_fields
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
    select
      to_jsonb(definition) - array['schedule', 'expected_interval', 'registered_schedule', 'registered_interval']
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

-- A later migration registers the job again

create function pg_temp.registered(schedule text, expected_interval interval default '25 hours')
returns text
language plpgsql
as $$
begin
  perform jobs.register(
    job_name => 'pgtap-other',
    description => 'A job of the tests',
    schedule => registered.schedule,
    expected_interval => registered.expected_interval
  );
  return (
    select concat_ws(' | ', definition.schedule, definition.expected_interval, entry.schedule)
    from jobs.definitions as definition
    join cron.job as entry on entry.jobname = definition.cron_job_name
    where definition.job_name = 'pgtap-other'
  );
end
$$;
create function pg_temp.reschedules()
returns text[]
language sql
as $$
  select array_agg(format('%s to %s', action.former_schedule, action.schedule) order by action.schedule)
  from jobs.actions as action
  where action.job_name = 'pgtap-other' and action.action = 'reschedule';
$$;

select is(pg_temp.registered('0 7 * * *'), '0 7 * * * | 25:00:00 | 0 7 * * *', 'A job is registered');
select jobs.reschedule('pgtap-other', '0 * * * *', '75 minutes');
select is(
  pg_temp.registered('0 7 * * *'), '0 * * * * | 01:15:00 | 0 * * * *',
  'Registered as before, by an update, it keeps the schedule of its operator'
);
select is(pg_temp.registered('0 7 * * *'), '0 * * * * | 01:15:00 | 0 * * * *', 'However often');
select is(pg_temp.reschedules(), array['0 7 * * * to 0 * * * *'], 'Which is no action');
select jobs.reschedule('pgtap-other', '30 * * * *');
select is(
  pg_temp.registered('0 7 * * *'), '30 * * * * | 01:15:00 | 30 * * * *', 'So it does after a second change'
);
select is(
  pg_temp.registered('0 7 * * *', '26 hours'), '30 * * * * | 26:00:00 | 30 * * * *',
  'Another expected interval is a new choice, of the interval alone'
);
select is(
  pg_temp.registered('0 8 * * *', '26 hours'), '0 8 * * * | 26:00:00 | 0 8 * * *',
  'Another schedule is a new choice'
);
select is(
  pg_temp.reschedules(),
  array['0 7 * * * to 0 * * * *', '30 * * * * to 0 8 * * *', '0 * * * * to 30 * * * *'],
  'Which does not go without a row in jobs.actions'
);
select jobs.reschedule('pgtap-other', '0 9 * * *');
select jobs.reschedule('pgtap-other', '0 8 * * *');
select is(
  (select num_nulls(registered_schedule, registered_interval) from jobs.definitions where job_name = 'pgtap-other'),
  2,
  'Set back by its operator, it follows the migrations again'
);
select is(pg_temp.registered('0 6 * * *'), '0 6 * * * | 25:00:00 | 0 6 * * *', 'And takes their next schedule');
select is((select array_length(pg_temp.reschedules(), 1)), 5, 'As any job that nobody has rescheduled');

-- Who may call it

-- As if another role called it, such as a superuser.
create role pgtap_owner;
grant pgtap_owner to postgres;
grant create on database postgres to pgtap_owner;
alter schema jobs owner to pgtap_owner;
select throws_ok(
  format('select %s', call.text), '42501',
  'pg_cron runs the jobs as pgtap_owner, and an entry made by postgres would be a second one beside it',
  format('Not by another role: %s', call.text)
)
from (
  values
    ($$jobs.reschedule('pgtap-other', '0 9 * * *')$$),
    ($$jobs.restore_schedule('pgtap-other')$$),
    ($$jobs.restore_schedule()$$),
    ($$pg_temp.registered('0 9 * * *')$$)
) as call (text);
select is(
  (select schedule from cron.job where jobname = 'pgtap-other'), '0 6 * * *', 'Then nothing is changed either'
);

select * from finish();
rollback;
