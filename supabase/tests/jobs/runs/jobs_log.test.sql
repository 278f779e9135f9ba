begin;
\ir ../../arrange.psql
select no_plan();

-- Structure

select results_eq(
  $$
    select
      attribute.attname::text collate "default",
      format_type(attribute.atttypid, attribute.atttypmod),
      attribute.attnotnull,
      pg_get_expr(attribute_default.adbin, attribute_default.adrelid) collate "default"
    from pg_catalog.pg_attribute as attribute
    left join pg_catalog.pg_attrdef as attribute_default
      on attribute_default.adrelid = attribute.attrelid
      and attribute_default.adnum = attribute.attnum
    where attribute.attrelid = 'public.jobs_log'::regclass
      and attribute.attnum > 0
      and not attribute.attisdropped
    order by attribute.attnum
  $$,
  $$
    values
      ('id', 'uuid', true, 'gen_random_uuid()'),
      ('job_name', 'text', true, null),
      ('started_at', 'timestamp with time zone', true, null),
      ('completed_at', 'timestamp with time zone', false, null),
      ('records_updated', 'integer', false, '0'),
      ('status', 'text', true, null),
      ('error_message', 'text', false, null),
      ('metadata', 'jsonb', false, null),
      ('created_at', 'timestamp with time zone', false, 'now()'),
      ('items_total', 'integer', false, null),
      ('items_processed', 'integer', false, null),
      ('items_failed', 'integer', false, null),
      ('errors', 'jsonb', false, null),
      (
        'duration_ms', 'bigint', false,
        '((EXTRACT(epoch FROM (completed_at - started_at)) * (1000)::numeric))::bigint'
      ),
      ('trigger_source', 'text', false, null),
      ('items_updated', 'integer', false, null),
      ('last_progress_at', 'timestamp with time zone', false, null),
      ('is_cancelled', 'boolean', true, 'false')
  $$,
  'The log has these columns, types and defaults'
);

select col_is_pk('public', 'jobs_log', 'id', 'The run id is the primary key');

select is(
  pg_get_indexdef(to_regclass('public.' || index_name)),
  definition,
  format('%s %s', index_name, purpose)
)
from (
  values
    (
      'idx_jobs_log_job_name',
      'CREATE INDEX idx_jobs_log_job_name ON public.jobs_log USING btree (job_name, started_at DESC)',
      'finds the latest runs of a job'
    ),
    (
      'idx_jobs_log_status',
      'CREATE INDEX idx_jobs_log_status ON public.jobs_log USING btree (status) WHERE (status = ''failed''::text)',
      'finds failed runs'
    ),
    (
      'idx_jobs_log_running',
      'CREATE INDEX idx_jobs_log_running ON public.jobs_log USING btree (job_name, started_at)'
        ' WHERE (status = ''running''::text)',
      'finds running runs'
    )
) as indexes (index_name, definition, purpose);

-- Bare inserts

select lives_ok(
  format('insert into public.jobs_log (job_name, started_at, status) values (%L, now(), %L)', 'pgtap-log', accepted.status),
  format('A run can be logged by its job, start and status alone: %s', accepted.status)
)
from (
  values ('running'), ('success'), ('failed')
) as accepted (status);

select lives_ok(
  format('insert into public.jobs_log (job_name, started_at, status) values (%L, now(), %L)', accepted.job_name, 'success'),
  format('A run of any job can be logged: %L', accepted.job_name)
)
from (
  values ('not-registered'), ('Send Invoices (monthly)'), ('日次ジョブ')
) as accepted (job_name);

select results_eq(
  $$
    select status, completed_at, records_updated, duration_ms, created_at
    from public.jobs_log
    where job_name = 'pgtap-log'
    order by status
  $$,
  $$
    values
      ('failed', now(), 0, 0::bigint, now()),
      ('running', null, 0, null, now()),
      ('success', now(), 0, 0, now())
  $$,
  'A finished run that is logged without its end ends when it starts, and a running one has no end'
);

-- The end

create function pg_temp.log_run(started_at timestamptz, job_name text default 'pgtap-log-update')
returns uuid
language sql
as $$
  insert into public.jobs_log (job_name, started_at, status)
  values (log_run.job_name, log_run.started_at, 'running')
  returning id;
$$;

select pg_temp.log_run(now() - interval '90 seconds') as run_id \gset

update public.jobs_log
set status = 'success'
where id = :'run_id';

select results_eq(
  format('select completed_at, duration_ms from public.jobs_log where id = %L', :'run_id'),
  'values (now(), 90000::bigint)',
  'A run that is finished by hand ends at the current time'
);

select pg_temp.log_run(now() + interval '1 minute') as run_id \gset

update public.jobs_log
set status = 'failed'
where id = :'run_id';

select is(
  (select duration_ms from public.jobs_log where id = :'run_id'),
  0::bigint,
  'A run that started on a clock ahead of the database can be finished'
);

select pg_temp.log_run('2001-03-10 12:00:00+00') as run_id \gset

update public.jobs_log
set
  status = 'success',
  completed_at = '2001-03-10 12:00:00.25+00'
where id = :'run_id';

select results_eq(
  format('select completed_at, duration_ms from public.jobs_log where id = %L', :'run_id'),
  $$values (timestamptz '2001-03-10 12:00:00.25+00', 250::bigint)$$,
  'A given end is kept, and the duration follows from it'
);

-- Named checks

select results_eq(
  format('select state, constraint_name from pg_temp.error_of(%L)', refused.statement),
  format('values (%L, %L)', '23514', refused.constraint_name),
  refused.description
)
from (
  values
    (
      $$insert into public.jobs_log (job_name, started_at, status) values ('pgtap', now(), 'done')$$,
      'jobs_log_status_check',
      'The status of a run is running, success or failed'
    ),
    (
      $$insert into public.jobs_log (job_name, started_at, completed_at, status) values ('pgtap', now(), now(), 'running')$$,
      'jobs_log_running_is_not_completed_check',
      'A running run has no end'
    ),
    (
      $$
        insert into public.jobs_log (job_name, started_at, completed_at, status)
        values ('pgtap', now(), now() - interval '1 microsecond', 'success')
      $$,
      'jobs_log_completed_after_started_check',
      'A run does not end before it starts'
    ),
    (
      $$insert into public.jobs_log (job_name, started_at, status, records_updated) values ('pgtap', now(), 'success', -1)$$,
      'jobs_log_counts_check',
      'records_updated is not negative'
    ),
    (
      $$insert into public.jobs_log (job_name, started_at, status, items_total) values ('pgtap', now(), 'success', -1)$$,
      'jobs_log_counts_check',
      'items_total is not negative'
    ),
    (
      $$insert into public.jobs_log (job_name, started_at, status, items_processed) values ('pgtap', now(), 'success', -1)$$,
      'jobs_log_counts_check',
      'items_processed is not negative'
    ),
    (
      $$insert into public.jobs_log (job_name, started_at, status, items_updated) values ('pgtap', now(), 'success', -1)$$,
      'jobs_log_counts_check',
      'A run does not change fewer than no items'
    ),
    (
      $$insert into public.jobs_log (job_name, started_at, status, errors) values ('pgtap', now(), 'failed', '{}')$$,
      'jobs_log_errors_check',
      'errors is an array'
    ),
    (
      $$insert into public.jobs_log (job_name, started_at, status, trigger_source) values ('pgtap', now(), 'failed', 'x')$$,
      'jobs_log_trigger_source_check',
      'trigger_source is cron, manual, catch_up or due'
    )
) as refused (statement, constraint_name, description);

select results_eq(
  $$
    select pg_get_constraintdef(oid)
    from pg_catalog.pg_constraint
    where conrelid = 'public.jobs_log'::regclass
      and conname = 'jobs_log_finished_is_completed_check'
  $$,
  $$values ('CHECK (((status = ''running''::text) OR (completed_at IS NOT NULL)))')$$,
  'A finished run has an end, even if the trigger that fills it in is disabled'
);

select throws_ok(
  format('insert into public.jobs_log (job_name, started_at, status) values (%s)', refused.row_values),
  '23502',
  null,
  format('A run has a %s', refused.column_name)
)
from (
  values
    ('null, now(), ''success''', 'job name'),
    ('''pgtap'', null, ''success''', 'start'),
    ('''pgtap'', now(), null', 'status')
) as refused (row_values, column_name);

-- Error messages

create function pg_temp.stored_message(status text, message text)
returns text
language plpgsql
as $$
declare
  run_id uuid := pg_temp.log_run(now());
begin
  update public.jobs_log
  set
    status = stored_message.status,
    error_message = stored_message.message
  where id = run_id;

  return (
    select run.error_message
    from public.jobs_log as run
    where run.id = run_id
  );
end
$$;

select ok(
  pg_temp.stored_message('failed', message) = message,
  format('An error message of 100 kB is stored whole: %s', description)
)
from (
  values
    (repeat('x', 102400), 'plain'),
    (repeat('''"\', 34134), 'quotes and backslashes'),
    (repeat(E'line\r\n\t', 14629), 'line breaks and tabs'),
    (repeat('💥', 25600), 'four-byte characters'),
    (repeat(chr(31), 102400), 'control characters'),
    (repeat(chr(127) || chr(1) || '👩‍👩‍👧‍👦"', 10240), 'all of them')
) as messages (message, description);

select lives_ok(
  format(
    'insert into public.jobs_log (job_name, started_at, status, error_message) values (%L, now(), %L, %L)',
    repeat('"', 10000), 'failed', repeat(chr(31), 102400)
  ),
  'A failed run with a job name and a message of any length can be logged'
);

-- Readers

select pg_temp.insert_agency() as agency \gset
select pg_temp.insert_user('member', :'agency') as member \gset
select pg_temp.insert_user() as stranger \gset
select pg_temp.insert_user('admin') as admin \gset
select count(*) as run_count from public.jobs_log \gset

select pg_temp.sign_in(:'admin');
select is(
  (select count(*) from public.jobs_log),
  :run_count::bigint,
  'An admin reads every run'
);
reset role;

select pg_temp.sign_in(:'member');
select is_empty('select 1 from public.jobs_log', 'A member of an agency reads no run');
reset role;

select pg_temp.sign_in(:'stranger');
select is_empty('select 1 from public.jobs_log', 'A user without a role reads no run');
reset role;

select set_config('request.jwt.claims', json_build_object('sub', :'admin', 'role', 'anon')::text, true);
set local role anon;
select throws_ok(
  'select 1 from public.jobs_log',
  '42501',
  null,
  'Without a sign-in no role reads the log, whatever the token claims'
);
reset role;

-- Writers

create function pg_temp.writes()
returns table (description text, statement text)
language sql
as $$
  values
    ('log a run', $w$insert into public.jobs_log (job_name, started_at, status) values ('pgtap', now(), 'success')$w$),
    ('change a run', $w$update public.jobs_log set status = 'success'$w$),
    ('delete runs', 'delete from public.jobs_log'),
    ('empty the log', 'truncate public.jobs_log')
$$;

set local role anon;
select throws_ok(statement, '42501', null, format('Without a sign-in no role can %s', description))
from pg_temp.writes();
reset role;

select pg_temp.sign_in(:'admin');
select throws_ok(statement, '42501', null, format('Not even an admin can %s', description))
from pg_temp.writes();
reset role;

set local role service_role;
select lives_ok(
  $$insert into public.jobs_log (job_name, started_at, status) values ('pgtap-service', now(), 'running')$$,
  'The service role logs a run'
);
select lives_ok(
  $$update public.jobs_log set status = 'failed', error_message = 'it broke' where job_name = 'pgtap-service'$$,
  'The service role completes a run, and listeners are notified'
);
select results_eq(
  $$select status from public.jobs_log where job_name = 'pgtap-service'$$,
  $$values ('failed')$$,
  'The service role reads the log'
);
select throws_ok(statement, '42501', null, format('The service role cannot %s', description))
from pg_temp.writes()
where description in ('delete runs', 'empty the log');
reset role;

-- The service role is subject to the policies where it does not bypass them.
select set_eq(
  $$
    select cmd, roles::text, permissive
    from pg_catalog.pg_policies
    where schemaname = 'public'
      and tablename = 'jobs_log'
  $$,
  $$
    values
      ('SELECT', '{authenticated}', 'PERMISSIVE'),
      ('SELECT', '{metrics_reader}', 'PERMISSIVE'),
      ('SELECT', '{service_role}', 'PERMISSIVE'),
      ('INSERT', '{service_role}', 'PERMISSIVE'),
      ('UPDATE', '{service_role}', 'PERMISSIVE')
  $$,
  'The log has policies for admins and dashboards to read, and for the service role to read, log and complete'
);

select * from finish();
rollback;
