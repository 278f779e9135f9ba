begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
select no_plan();

-- For any writer of the row, and any job

select lives_ok(
  $$insert into public.jobs_log (job_name, started_at, status) values ('pgtap-bare', now(), 'failed')$$,
  'A failed run can be logged by its job, start and status alone'
);
select is(pg_temp.new_alerts(), array['run_failed of pgtap-bare'], 'A failed run of an unregistered job raises an alert');

set local role service_role;
select lives_ok(
  $$insert into public.jobs_log (job_name, started_at, status) values ('pgtap-service', now(), 'failed')$$,
  'The service role can log a failed run without access to the schema jobs'
);
reset role;
select is(pg_temp.new_alerts(), array['run_failed of pgtap-service'], 'A failed run that the service role logs raises an alert');

set local role service_role;
select lives_ok(
  $$update public.jobs_log set status = 'success' where job_name = 'pgtap-service'$$,
  'The service role can change a run'
);
reset role;
select is(pg_temp.new_alerts(), array['job_recovered of pgtap-service'], 'A failed run that is corrected to a success raises a recovery');

-- Which changes raise an alert

select pg_temp.insert_run('pgtap-a', 'running') as run_id \gset
select is(pg_temp.new_alerts(), '{}', 'A run that starts raises no alert');

update public.jobs_log
set records_updated = 7
where id = :'run_id';
select is(pg_temp.new_alerts(), '{}', 'Progress of a run raises no alert');

update public.jobs_log
set
  status = 'failed',
  completed_at = '2001-03-10 12:05:00+00'
where id = :'run_id';
select is(pg_temp.new_alerts(), array['run_failed of pgtap-a'], 'A run that fails raises an alert');

update public.jobs_log
set error_message = 'Now with a message'
where id = :'run_id';
update public.jobs_log
set status = 'failed'
where id = :'run_id';
select is(pg_temp.new_alerts(), '{}', 'A later change of a failed run raises no alert');
select is(
  (select occurrences from jobs.incidents where job_name = 'pgtap-a' and closed_at is null),
  1,
  'A later change of a failed run is not counted again'
);

delete from public.jobs_log
where id = :'run_id';
select results_eq(
  $$select kind, run_id from jobs.alerts where job_name = 'pgtap-a'$$,
  format('values (%L, uuid %L)', 'run_failed', :'run_id'),
  'The alert of a deleted run stays'
);

select pg_temp.insert_run('pgtap-b', 'success', '2001-03-10 13:00:00+00');
select is(pg_temp.new_alerts(), '{}', 'A success without a failure raises no alert and does not close the incident of another job');

select pg_temp.insert_run('pgtap-a', 'success', '2001-03-10 13:00:00+00') as run_id \gset
select is(pg_temp.new_alerts(), array['job_recovered of pgtap-a'], 'The first success after a failure raises a recovery');
select is(
  (pg_temp.last_alert()).run_id,
  uuid :'run_id',
  'The recovery names the run that closed the incident'
);
select is(
  (pg_temp.last_alert()).details #>> '{run,id}',
  :'run_id',
  'The recovery has the facts of that run'
);

select pg_temp.insert_run('pgtap-a', 'success', '2001-03-10 14:00:00+00');
select is(pg_temp.new_alerts(), '{}', 'The second success raises no alert');

-- The content of an alert

insert into public.jobs_log (
  job_name, started_at, completed_at, status, records_updated, items_total, items_processed, errors, error_message,
  trigger_source
)
values (
  'pgtap-facts', '2001-03-10 12:00:00+00', '2001-03-10 12:00:01.5+00', 'failed', 42, 100, 60,
  '[{"id": "7", "name": "Ink", "error": "It is empty.", "secret": "x"}]', 'No ink', 'catch_up'
)
returning id as run_id
\gset

select is(
  (pg_temp.last_alert()).details,
  jsonb_build_object(
    'occurrences', 1,
    'run', jsonb_build_object(
      'id', :'run_id',
      'started_at', timestamptz '2001-03-10 12:00:00+00',
      'completed_at', timestamptz '2001-03-10 12:00:01.5+00',
      'duration_ms', 1500,
      'records_updated', 42,
      'items_total', 100,
      'items_processed', 60,
      'failed_items', 1,
      'trigger_source', 'catch_up',
      'error_message', 'No ink',
      'errors', jsonb '[{"id": "7", "name": "Ink", "error": "It is empty."}]'
    )
  ),
  'An alert of a failed run has its times, counts, message and failed items'
);

select pg_temp.insert_run('pgtap-eleven', failed_items => 11);

select results_eq(
  $$
    select
      details #>> '{run,failed_items}',
      jsonb_path_query_array(details, '$.run.errors[*].name')
    from pg_temp.last_alert()
  $$,
  $$
    values (
      '11',
      jsonb '["Item 1", "Item 2", "Item 3", "Item 4", "Item 5", "Item 6", "Item 7", "Item 8", "Item 9", "Item 10"]'
    )
  $$,
  'An alert lists the first ten of eleven failed items in order, and their number'
);
select pg_temp.new_alerts();

-- Hostile values

create function pg_temp.hostile_texts()
returns table (description text, hostile text)
language sql
as $$
  values
    ('100 kB', repeat('x', 102400)),
    ('100 kB of control characters', repeat(chr(31), 102400)),
    ('100 kB of four-byte characters', repeat('💥', 25600)),
    ('quotes, backslashes and percent signs', '''; drop table jobs.alerts; -- "\ %s %I {} $1'),
    ('line breaks and markup', E'<!channel>\r\n<script>\t&amp;'),
    ('nothing', ''),
    ('another script', '日次ジョブ')
$$;

select lives_ok(
  format(
    $$insert into public.jobs_log (job_name, started_at, status, error_message) values ('pgtap-hostile', now(), 'failed', %L)$$,
    hostile
  ),
  format('A run can fail with a message of %s', description)
)
from pg_temp.hostile_texts();

select results_eq(
  $$
    select run.error_message is not distinct from text.hostile, jobs.run_facts(run) ->> 'error_message' = left(text.hostile, 4000)
    from pg_temp.hostile_texts() as text
    join public.jobs_log as run
      on run.job_name = 'pgtap-hostile'
      and run.error_message = text.hostile
  $$,
  $$select true, true from pg_temp.hostile_texts()$$,
  'The row keeps the whole message, and the alert its first 4,000 characters'
);
select is(pg_temp.new_alerts(), array['run_failed of pgtap-hostile'], 'All failures of a job are one incident');

select lives_ok(
  format(
    'insert into public.jobs_log (job_name, started_at, status) values (%L, now(), %L)',
    'pgtap ' || left(hostile, 10000), 'failed'
  ),
  format('A job whose name has %s can fail', description)
)
from pg_temp.hostile_texts();
select set_eq(
  $$select job_name from jobs.alerts where job_name like 'pgtap %'$$,
  $$select 'pgtap ' || left(hostile, 10000) from pg_temp.hostile_texts()$$,
  'Each job with a hostile name is reported under its own name'
);
select pg_temp.new_alerts();

select lives_ok(
  format(
    $$insert into public.jobs_log (job_name, started_at, status, errors) values ('pgtap-errors', now(), 'failed', %L)$$,
    errors
  ),
  format('A run can fail with the failed items %s', left(errors, 60))
)
from (
  values
    ('[]'),
    ('[null, 1, true, "text", [], {}]'),
    ('[{"id": {"deep": [1]}, "name": null, "error": ["a", "b"]}]'),
    (format('[{"id": "%1$s", "name": "%1$s", "error": "%1$s"}]', repeat('x', 100000)))
) as hostile (errors);

select results_eq(
  format(
    'select jobs.run_facts(run) -> %L from public.jobs_log as run where run.job_name = %L and jsonb_array_length(errors) = 6',
    'errors', 'pgtap-errors'
  ),
  $$
    values (
      jsonb '[
        {"id": null, "name": null, "error": null},
        {"id": null, "name": null, "error": "1"},
        {"id": null, "name": null, "error": "true"},
        {"id": null, "name": null, "error": "text"},
        {"id": null, "name": null, "error": "[]"},
        {"id": null, "name": null, "error": "{}"}
      ]'
    )
  $$,
  'Failed items that are not objects are listed as they are'
);

select ok(
  length(jobs.run_facts(run)::text) < 6000,
  'An alert stays small, however large the row is'
)
from public.jobs_log as run
where run.job_name = 'pgtap-errors'
  and length(run.errors::text) > 100000;
select pg_temp.new_alerts();

-- Degraded

select pg_temp.insert_run('pgtap-share', 'success', '2001-03-10 12:00:00+00', items_total => 100, failed_items => 20);
select is(pg_temp.new_alerts(), '{}', 'A success with exactly 20 % of failed items is not degraded');

select pg_temp.insert_run('pgtap-share', 'success', '2001-03-10 13:00:00+00', items_total => 100, failed_items => 21);
select is(pg_temp.new_alerts(), array['run_degraded of pgtap-share'], 'A success with more than 20 % of failed items is degraded');
select is(
  (pg_temp.last_alert()).details #>> '{run,failed_items}',
  '21',
  'The alert of a degraded run has the number of failed items'
);

select pg_temp.insert_run('pgtap-share', 'success', '2001-03-10 14:00:00+00', items_total => 100, failed_items => 30);
select is(pg_temp.new_alerts(), '{}', 'A second degraded run raises no alert');

select pg_temp.insert_run('pgtap-share', 'failed', '2001-03-10 15:00:00+00');
select pg_temp.insert_run('pgtap-share', 'success', '2001-03-10 16:00:00+00', items_total => 100, failed_items => 30);
select is(
  pg_temp.new_alerts(),
  array['run_failed of pgtap-share', 'job_recovered of pgtap-share'],
  'A degraded run closes the incident of a failure and opens its own'
);
select is(
  (pg_temp.last_alert()).details #>> '{problems,0,kind}',
  'run_failed',
  'After a degraded run only the incident of the failure is closed'
);

select pg_temp.insert_run('pgtap-share', 'failed', '2001-03-10 17:00:00+00');
select pg_temp.new_alerts();
select pg_temp.insert_run('pgtap-share', 'success', '2001-03-10 18:00:00+00', items_total => 100, failed_items => 20);
select is(pg_temp.new_alerts(), array['job_recovered of pgtap-share'], 'A success without failed items closes both incidents with one alert');
select is(
  jsonb_path_query_array((pg_temp.last_alert()).details, '$.problems[*].kind'),
  '["run_degraded", "run_failed"]',
  'The recovery names both kinds, the older one first'
);

select pg_temp.insert_run('pgtap-share', 'success', '2001-03-11 12:00:00+00', failed_items => 1000);
select is(pg_temp.new_alerts(), '{}', 'A run without a number of items is not degraded');

select pg_temp.insert_run('pgtap-share', 'success', '2001-03-12 12:00:00+00', items_total => 0, failed_items => 1);
select is(pg_temp.new_alerts(), array['run_degraded of pgtap-share'], 'A failed item out of zero items is degraded');

insert into public.jobs_log (job_name, started_at, completed_at, status, items_total, items_failed, errors)
select
  'pgtap-named',
  timestamptz '2001-03-10 12:00:00+00' + interval '1 hour' * failed.items,
  timestamptz '2001-03-10 12:00:00+00' + interval '1 hour' * failed.items,
  'success',
  100,
  failed.items,
  '[{"id": "1", "name": "n", "error": "closed books"}]'
from (
  values (20), (21)
) as failed (items);

select is(
  array[
    (pg_temp.last_alert()).kind,
    (pg_temp.last_alert()).details #>> '{run,failed_items}',
    jsonb_array_length((pg_temp.last_alert()).details #> '{run,errors}')::text
  ],
  array['run_degraded', '21', '1'],
  'items_failed counts where errors lists only the first failed items'
);
select pg_temp.new_alerts();

select pg_temp.register('pgtap-patient', degraded_error_ratio => 0.45);
select pg_temp.insert_run('pgtap-patient', 'success', '2001-03-10 12:00:00+00', items_total => 100, failed_items => 45);
select is(pg_temp.new_alerts(), '{}', 'A registered job is judged by its own ratio');
select pg_temp.insert_run('pgtap-patient', 'success', '2001-03-10 13:00:00+00', items_total => 100, failed_items => 46);
select is(pg_temp.new_alerts(), array['run_degraded of pgtap-patient'], 'A registered job is degraded above its own ratio');

-- Alerts of success

select pg_temp.register('pgtap-proud', notify_on_success => true);
select pg_temp.insert_run('pgtap-proud', 'success', '2001-03-10 12:00:00+00');
select pg_temp.insert_run('pgtap-proud', 'success', '2001-03-10 13:00:00+00');
select is(
  pg_temp.new_alerts(),
  array['run_succeeded of pgtap-proud', 'run_succeeded of pgtap-proud'],
  'With notify_on_success every success raises an alert'
);

select pg_temp.insert_run('pgtap-proud', 'failed', '2001-03-10 14:00:00+00');
select pg_temp.insert_run('pgtap-proud', 'success', '2001-03-10 15:00:00+00', items_total => 1, failed_items => 1);
select is(
  pg_temp.new_alerts(),
  array[
    'run_failed of pgtap-proud', 'job_recovered of pgtap-proud', 'run_degraded of pgtap-proud',
    'run_succeeded of pgtap-proud'
  ],
  'A success can close one incident, open another, and raise an alert of its own'
);

select pg_temp.register('pgtap-proud', notify_on_success => false);
select pg_temp.insert_run('pgtap-proud', 'success', '2001-03-10 16:00:00+00');
select is(pg_temp.new_alerts(), array['job_recovered of pgtap-proud'], 'Without notify_on_success only the recovery raises an alert');

-- Runs that are logged late

select pg_temp.insert_run('pgtap-late', 'failed', '2001-03-10 12:00:00+00', took => '1 minute');
select pg_temp.new_alerts();
select pg_temp.insert_run('pgtap-late', 'success', '2001-03-10 12:00:00+00', took => '59 seconds');
select is(pg_temp.new_alerts(), '{}', 'A success from before the failure does not close its incident, even when it is logged later');

select pg_temp.insert_run('pgtap-late', 'success', '2001-03-10 12:00:00+00', took => '1 minute');
select is(pg_temp.new_alerts(), array['job_recovered of pgtap-late'], 'A success that ended at the same instant closes the incident');

select pg_temp.register('pgtap-missing', enabled_at => now() - interval '30 days');
select jobs.raise_missed_run('pgtap-missing');
select pg_temp.new_alerts();
select pg_temp.insert_run('pgtap-missing', 'success', now() - interval '25 hours 1 microsecond', took => '1 hour');
select is(pg_temp.new_alerts(), '{}', 'An old success that is logged today does not close the incident of a missed run');
select pg_temp.insert_run('pgtap-missing', 'success', now() - interval '25 hours');
select is(pg_temp.new_alerts(), array['job_recovered of pgtap-missing'], 'A success within the expected interval closes the incident of a missed run');

-- Many at once

insert into public.jobs_log (job_name, started_at, completed_at, status, error_message)
values
  ('pgtap-many', '2001-03-10 12:00:00+00', '2001-03-10 12:00:00+00', 'failed', 'first'),
  ('pgtap-many', '2001-03-10 14:00:00+00', '2001-03-10 14:00:00+00', 'failed', 'last'),
  ('pgtap-many', '2001-03-10 13:00:00+00', '2001-03-10 13:00:00+00', 'failed', 'middle'),
  ('pgtap-else', '2001-03-10 13:00:00+00', '2001-03-10 13:00:00+00', 'failed', 'else'),
  ('pgtap-many', '2001-03-10 15:00:00+00', null, 'running', null);

select is(
  pg_temp.new_alerts(),
  array['run_failed of pgtap-else', 'run_failed of pgtap-many'],
  'A history that is loaded in one statement raises one alert per job'
);
select is(
  array[
    (pg_temp.last_alert('pgtap-many')).details #>> '{run,error_message}',
    (pg_temp.last_alert('pgtap-many')).details ->> 'occurrences'
  ],
  array['last', '3'],
  'The alert of a loaded history has the last failure and counts all of them'
);

insert into public.jobs_log (job_name, started_at, completed_at, status)
values
  ('pgtap-mixed', '2001-03-10 12:00:00+00', '2001-03-10 12:00:00+00', 'failed'),
  ('pgtap-mixed', '2001-03-10 13:00:00+00', '2001-03-10 13:00:00+00', 'success');
select is(
  pg_temp.new_alerts(),
  array['run_failed of pgtap-mixed', 'job_recovered of pgtap-mixed'],
  'A loaded history that ends with a success raises the failure and the recovery'
);

insert into public.jobs_log (job_name, started_at, completed_at, status)
values
  ('pgtap-mixed', '2001-03-11 13:00:00+00', '2001-03-11 13:00:00+00', 'failed'),
  ('pgtap-mixed', '2001-03-11 12:00:00+00', '2001-03-11 12:00:00+00', 'success');
select is(pg_temp.new_alerts(), array['run_failed of pgtap-mixed'], 'A loaded history that ends with a failure leaves the incident open');

update public.jobs_log
set status = 'success'
where job_name in ('pgtap-many', 'pgtap-else')
  and status = 'failed';
select is(
  pg_temp.new_alerts(),
  array['job_recovered of pgtap-else', 'job_recovered of pgtap-many'],
  'Many runs that are changed in one statement raise one alert per job'
);

-- All or nothing

savepoint before_failure;
select pg_temp.insert_run('pgtap-undone');
rollback to savepoint before_failure;
select is(pg_temp.new_alerts(), '{}', 'Rolling back a run rolls back its alert');
select is_empty($$select 1 from jobs.incidents where job_name = 'pgtap-undone'$$, 'Rolling back a run rolls back its incident');

create function pg_temp.refuse()
returns trigger
language plpgsql
as $$
begin
  raise exception 'the log is closed';
end
$$;
create trigger refuse_after_all_others
  after insert on public.jobs_log
  for each statement
  execute function pg_temp.refuse();
select throws_ok(
  $$insert into public.jobs_log (job_name, started_at, status) values ('pgtap-refused', now(), 'failed')$$,
  'the log is closed',
  'A trigger of an adopter can refuse a run'
);
drop trigger refuse_after_all_others on public.jobs_log;
select is(pg_temp.new_alerts(), '{}', 'A refused run raises no alert');

-- A run whose end is logged on a clock that is ahead

insert into public.jobs_log (job_name, started_at, completed_at, status)
values ('pgtap-ahead', now(), now() + interval '1 day', 'failed');

select results_eq(
  $$select opened_at, last_alerted_at from jobs.incidents where job_name = 'pgtap-ahead'$$,
  $$values (now(), now())$$,
  'The reminder of a run that ends in the future counts from now'
);

select * from finish();
rollback;
