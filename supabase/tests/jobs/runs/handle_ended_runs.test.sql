begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
\ir ../../arrange_runs.psql
select no_plan();

select set_eq(
  $$
    select tgname::text
    from pg_catalog.pg_trigger
    where tgrelid = 'public.jobs_log'::regclass
      and not tgisinternal
  $$,
  array[
    'act_on_cancellation', 'add_agency_results', 'complete_finished_run', 'handle_ended_runs_on_insert',
    'handle_ended_runs_on_update'
  ],
  'The log has these triggers and no others'
);

-- Notifications are sent at commit, so the test checks the calls.

create table pg_temp.notified (number int not null);

create or replace function jobs.notify_job_failure(run public.jobs_log)
returns void
language sql
as $$
  insert into pg_temp.notified (number)
  values (right((notify_job_failure.run).id::text, 12)::int);
$$;

create function pg_temp.notified_since()
returns int[]
language sql
as $$
  with taken as (
    delete from pg_temp.notified
    where true
    returning number
  )
  select coalesce(array_agg(taken.number order by taken.number), '{}')
  from taken;
$$;

insert into public.jobs_log (id, job_name, started_at, status)
select
  pg_temp.run_id(number),
  job_name,
  '2001-03-10 12:00:00+00',
  status
from (
  values
    (1, 'pgtap-a', 'failed'),
    (2, 'pgtap-c', 'success'),
    (3, 'pgtap-a', 'running'),
    (4, 'pgtap-a', 'failed'),
    (5, 'pgtap-b', 'failed'),
    (6, 'pgtap-b', 'running')
) as logged (number, job_name, status);
select is(pg_temp.notified_since(), array[1, 4, 5], 'A statement that logs several failures notifies of each one');
select is(
  pg_temp.new_alerts(),
  array['run_failed of pgtap-a', 'run_failed of pgtap-b'],
  'A statement that logs several failures raises one alert per job'
);

update public.jobs_log
set status = 'failed'
where id in (pg_temp.run_id(3), pg_temp.run_id(6));
select is(pg_temp.notified_since(), array[3, 6], 'A statement that ends several runs notifies of each failure');

update public.jobs_log
set error_message = 'Looked at by an engineer.'
where true;
select is(pg_temp.notified_since(), '{}', 'A later change of a failed run does not notify again');

update public.jobs_log
set status = case when status = 'failed' then 'success' else 'failed' end
where id in (pg_temp.run_id(1), pg_temp.run_id(2));
select is(pg_temp.notified_since(), array[2], 'A success that is corrected to a failure notifies');
select is(
  array[(pg_temp.totals_of('pgtap-a'))[1:2], (pg_temp.totals_of('pgtap-b'))[1:2], (pg_temp.totals_of('pgtap-c'))[1:2]],
  array[[0, 3], [0, 2], [1, 0]]::bigint[],
  'A run counts once, with the result that it ended with'
);

-- Order

create table pg_temp.done (what text not null, position int generated always as identity);

create or replace function jobs.count_ended_runs(ended uuid[])
returns void
language sql
as $$
  insert into pg_temp.done (what) values ('totals');
$$;

create or replace function jobs.raise_run_alerts(run_id uuid, failures int)
returns void
language sql
as $$
  insert into pg_temp.done (what)
  select format('%s %s', run.job_name, run.status)
  from public.jobs_log as run
  where run.id = raise_run_alerts.run_id;
$$;

insert into public.jobs_log (id, job_name, started_at, completed_at, status)
select
  pg_temp.run_id(10 + number),
  job_name,
  '2001-03-10 12:00:00+00',
  timestamptz '2001-03-10 12:00:00+00' + number * interval '1 minute',
  status
from (
  values
    (1, 'pgtap-d', 'success'),
    (2, 'pgtap-c', 'success'),
    (3, 'pgtap-d', 'failed'),
    (4, 'pgtap-c', 'failed')
) as logged (number, job_name, status);
select is(
  (select array_agg(what order by position) from pg_temp.done),
  array['totals', 'pgtap-c success', 'pgtap-c failed', 'pgtap-d success', 'pgtap-d failed'],
  'Totals are locked before incidents, and incidents job by job, so that two statements cannot deadlock'
);

select * from finish();
rollback;
