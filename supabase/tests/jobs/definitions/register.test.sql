begin;
\ir ../../arrange.psql
select no_plan();

create function pg_temp.entries()
returns table (jobname text, schedule text, command text, username text, database text, active boolean)
language sql
as $$
  select
    entry.jobname::text,
    entry.schedule,
    entry.command,
    entry.username,
    entry.database,
    entry.active
  from cron.job as entry
  where entry.jobname like 'pgtap-register%'
  order by entry.jobname;
$$;

-- Defaults

select jobs.register(
  job_name => 'pgtap-register',
  description => 'A job of the tests',
  schedule => '30 4 * * *'
);

select results_eq(
  $$
    select
      description, schedule, cron_job_name, function_slug, expected_interval, max_runtime, slow_after, catch_up,
      notify_on_success, degraded_error_ratio, failed_error_ratio, enabled
    from jobs.definitions
    where job_name = 'pgtap-register'
  $$,
  $$
    values (
      'A job of the tests', '30 4 * * *', 'pgtap-register', 'pgtap-register', interval '25 hours',
      interval '10 minutes', interval '60 seconds', true, false, 0.20, 0.50, true
    )
  $$,
  'A job is registered with defaults: daily with an hour of grace, a time limit of ten minutes, catch-up runs, degraded at 20 %, failed at 50 %'
);

select results_eq(
  'select * from pg_temp.entries()',
  $$
    values (
      'pgtap-register', '30 4 * * *', 'select jobs.dispatch(''pgtap-register'', ''cron'')',
      current_user::text collate "default", current_database()::text collate "default", true
    )
  $$,
  'The pg_cron entry dispatches the job on its schedule, as the role that registered it'
);

-- Twice

create table pg_temp.definition_before as
select *
from jobs.definitions
where job_name = 'pgtap-register';

create table pg_temp.entry_before as
select *
from cron.job
where jobname = 'pgtap-register';

select jobs.register(
  job_name => 'pgtap-register',
  description => 'A job of the tests',
  schedule => '30 4 * * *'
);

select results_eq(
  $$select * from jobs.definitions where job_name = 'pgtap-register'$$,
  'select * from pg_temp.definition_before',
  'Registering a job twice changes nothing in its definition'
);

select results_eq(
  $$select * from cron.job where jobname = 'pgtap-register'$$,
  'select * from pg_temp.entry_before',
  'Registering a job twice leaves one entry in pg_cron, the same'
);

-- Changes

select jobs.register(
  job_name => 'pgtap-register',
  description => 'Renamed',
  schedule => '0 5 * * 1',
  function_slug => 'another_function',
  cron_job_name => 'pgtap-register-weekly',
  expected_interval => '8 days',
  max_runtime => '1 hour',
  slow_after => '5 minutes',
  catch_up => false,
  notify_on_success => true,
  degraded_error_ratio => 0.10,
  failed_error_ratio => 0.30,
  enabled => false
);

select results_eq(
  $$
    select
      description, schedule, cron_job_name, function_slug, expected_interval, max_runtime, slow_after, catch_up,
      notify_on_success, degraded_error_ratio, failed_error_ratio, enabled
    from jobs.definitions
    where job_name = 'pgtap-register'
  $$,
  $$
    values (
      'Renamed', '0 5 * * 1', 'pgtap-register-weekly', 'another_function', interval '8 days',
      interval '1 hour', interval '5 minutes', false, true, 0.10, 0.30, false
    )
  $$,
  'Registering a job again updates every field'
);

select results_eq(
  'select jobname, schedule, active from pg_temp.entries()',
  $$values ('pgtap-register-weekly', '0 5 * * 1', false)$$,
  'Registering a job again renames its entry, and the entry of a disabled job is inactive'
);

select jobs.register(
  job_name => 'pgtap-register',
  description => 'Enabled again',
  schedule => '0 5 * * 1',
  cron_job_name => 'pgtap-register-weekly'
);

select results_eq(
  'select jobname, active from pg_temp.entries()',
  $$values ('pgtap-register-weekly', true)$$,
  'The entry of a job that is enabled again is active'
);

-- Refusals

select throws_ok(
  format(
    'select jobs.register(job_name => %L, description => %L, schedule => %L, %s)',
    refused.job_name, 'refused', refused.schedule, refused.argument
  ),
  refused.error_state,
  null,
  format('A job is refused with %s', refused.reason)
)
from (
  values
    ('Pgtap Register', '0 0 * * *', 'enabled => true', '23514', 'a name that is not a slug'),
    ('pgtap-register-', '0 0 * * *', 'enabled => true', '23514', 'a name that ends in a dash'),
    (repeat('x', 101), '0 0 * * *', 'enabled => true', '23514', 'a name of 101 characters'),
    (repeat('x', 64), '0 0 * * *', 'enabled => true', '23514', 'a name of 64 bytes'),
    ('pgtap-register-x', '0 0 * * *', 'cron_job_name => repeat(''x'', 64)', '23514', 'an entry of 64 bytes'),
    ('pgtap-register-x', '0 0 * * *', 'cron_job_name => repeat(''é'', 32)', '23514', 'an entry of 32 characters and 64 bytes'),
    ('pgtap-register-x', '0 0 * * *', 'cron_job_name => ''''', '23514', 'an entry without a name'),
    ('pgtap-register-x', '0 0 * * *', 'function_slug => ''../admin''', '23514', 'a path for a function'),
    ('pgtap-register-x', '0 0 * * *', 'expected_interval => ''0''', '23514', 'an interval of zero'),
    ('pgtap-register-x', '0 0 * * *', 'max_runtime => ''-1 minute''', '23514', 'a negative time limit'),
    ('pgtap-register-x', '0 0 * * *', 'failed_error_ratio => 0.10', '23514', 'a job that fails before it is degraded'),
    ('pgtap-register-x', '0 0 * * *', 'failed_error_ratio => 1.01', '23514', 'a share above all'),
    ('pgtap-register-x', '0 0 * * *', 'cron_job_name => ''pgtap-register-weekly''', '23505', 'the entry of another job'),
    ('pgtap-register-x', 'every day', 'enabled => true', '22023', 'a schedule that pg_cron cannot read')
) as refused (job_name, schedule, argument, error_state, reason);

select results_eq(
  'select jobname from pg_temp.entries()',
  $$values ('pgtap-register-weekly')$$,
  'A refused job has no pg_cron entry'
);

select throws_ok(
  $$select jobs.register(job_name => repeat('x', 64), description => 'refused', schedule => '0 0 * * *')$$,
  '23514',
  'A name has more than 63 bytes: ' || repeat('x', 64),
  'A name that is too long is refused with a sentence'
);

select lives_ok(
  $$
    select
      jobs.register(job_name => repeat('x', 63), description => 'taken', schedule => '0 0 * * *'),
      jobs.unregister(repeat('x', 63))
  $$,
  'A name of 63 bytes is taken'
);

-- The main job

select results_eq(
  $$
    select schedule, cron_job_name, function_slug, expected_interval, max_runtime, enabled
    from jobs.definitions
    where job_name = 'update-installment-statuses'
  $$,
  $$
    values (
      '0 7 * * *', 'update-installment-statuses-daily', 'update-installment-statuses', interval '25 hours',
      interval '10 minutes', true
    )
  $$,
  'The main job is registered for 07:00 UTC'
);

select results_eq(
  $$
    select schedule, command, active
    from cron.job
    where jobname = 'update-installment-statuses-daily'
  $$,
  $$values ('0 7 * * *', 'select jobs.dispatch(''update-installment-statuses'', ''cron'')', true)$$,
  'pg_cron dispatches the main job daily, with no secret in its command'
);

select * from finish();
rollback;
