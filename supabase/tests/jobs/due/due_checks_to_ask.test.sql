begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
select no_plan();

create function pg_temp.to_ask(as_of timestamptz)
returns text[]
language sql
as $$
  select array(select jobs.due_checks_to_ask(to_ask.as_of));
$$;

select pg_temp.unregister_all();
select pg_temp.register('pgtap-plain');
select is(pg_temp.to_ask('2001-03-10 12:00:00+00'), '{}', 'A job without a due check is not asked');

select pg_temp.register('pgtap-due');
update jobs.definitions set due_check = 'public.pgtap_is_due' where job_name = 'pgtap-due';
select is(pg_temp.to_ask('2001-03-10 12:00:00+00'), array['pgtap-due'], 'A job with one is');

update jobs.definitions set enabled = false where job_name = 'pgtap-due';
select is(pg_temp.to_ask('2001-03-10 12:00:00+00'), '{}', 'Not while it is disabled');
update jobs.definitions set enabled = true where job_name = 'pgtap-due';

select jobs.pause('pgtap-due', 'for the test', as_of => '2001-03-10 12:00:00+00');
select is(pg_temp.to_ask('2001-03-10 12:00:00+00'), '{}', 'Nor while it is paused');
select jobs.resume('pgtap-due', as_of => '2001-03-10 12:00:00+00');
select is(pg_temp.to_ask('2001-03-10 12:00:00+00'), array['pgtap-due'], 'Once it is resumed it is asked again');

insert into public.jobs_log (job_name, started_at, status)
values ('pgtap-due', '2001-03-10 12:00:00+00', 'running')
returning id as run_id \gset
select is(pg_temp.to_ask('2001-03-10 12:00:00+00'), '{}', 'Not while a run is under way');
update public.jobs_log set status = 'failed' where id = :'run_id';
select is(
  pg_temp.to_ask('2001-03-11 12:00:00+00'),
  '{}',
  'Nor after a failure: the catch-up has its back-off and its end, and would start it every minute otherwise'
);
select pg_temp.insert_run('pgtap-due', 'success', '2001-03-10 13:00:00+00');
select is(pg_temp.to_ask('2001-03-11 12:00:00+00'), array['pgtap-due'], 'After the next success it is');

-- Failing checks

insert into jobs.due_check_failures (job_name, failures, failing_since, last_failed_at, slow, error)
values ('pgtap-due', 20, '2001-03-11 11:00:00+00', '2001-03-11 12:00:00+00', false, 'It broke.');
select is(pg_temp.to_ask('2001-03-11 12:00:00+00'), array['pgtap-due'], 'One that raises an error is asked every minute');

create function pg_temp.fail_slowly(failures int)
returns void
language sql
as $$
  update jobs.due_check_failures as failing
  set
    slow = true,
    failures = fail_slowly.failures
  where failing.job_name = 'pgtap-due';
$$;

select results_eq(
  $$
    select failures, waited, cardinality(pg_temp.to_ask('2001-03-11 12:00:00+00'::timestamptz + waited))
    from (
      values
        (1, interval '59 seconds'), (1, '1 minute'),
        (2, '1 minute 59 seconds'), (2, '2 minutes'),
        (20, '9 minutes 59 seconds'), (20, '10 minutes')
    ) as waits (failures, waited)
    cross join lateral pg_temp.fail_slowly(failures)
  $$,
  $$
    values
      (1, interval '59 seconds', 0), (1, '1 minute', 1),
      (2, '1 minute 59 seconds', 0), (2, '2 minutes', 1),
      (20, '9 minutes 59 seconds', 0), (20, '10 minutes', 1)
  $$,
  'One that takes too long is asked less and less often, at least every ten minutes'
);

select * from finish();
rollback;
