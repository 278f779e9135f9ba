begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
select no_plan();

-- One piece of work for each step, and each step broken in turn.
select pg_temp.register('pgtap-missed', enabled_at => now() - interval '30 hours');
select pg_temp.register('pgtap-dead');
insert into public.jobs_log (job_name, started_at, status)
values ('pgtap-dead', now() - interval '1 day', 'running');

create function pg_temp.broken(name text)
returns table (problems jsonb, reaped boolean, missed boolean)
language plpgsql
as $$
begin
  begin
    execute format(
      'drop function %s cascade',
      (select routine.oid::regprocedure from pg_proc as routine where routine.pronamespace = 'jobs'::regnamespace and routine.proname = broken.name)
    );
    problems := jobs.supervise() -> 'problems';
    reaped := exists (select 1 from public.jobs_log where job_name = 'pgtap-dead' and status = 'failed');
    missed := exists (select 1 from jobs.incidents where job_name = 'pgtap-missed' and kind = 'run_missed');
    raise exception 'undo';
  exception
    when raise_exception then
      return next;
  end;
end
$$;

select results_eq(
  format('select jsonb_array_length(problems), reaped, missed from pg_temp.broken(%L)', given.name),
  format('values (%s, %L::boolean, %L::boolean)', given.problems, given.reaped, given.missed),
  format('Without %s the other steps are done', given.name)
)
from (
  values
    ('complete_actions', 1, true, true),
    ('reap_runs', 1, false, true),
    ('why_dead', 2, false, true),
    ('raise_missed_run', 2, true, false),
    ('new_verdicts', 1, true, true),
    ('raise_reminders', 1, true, true),
    ('due_catch_ups', 1, true, true)
) as given (name, problems, reaped, missed);

-- The steps of the command

select is(jobs.supervisor_step('supervise'), '[]', 'A step that works has no problem');
select is_empty('select 1 from jobs.supervisor_problems', 'Nothing is kept of it');

create function pg_temp.step_without(name text, step text, subject text)
returns jsonb
language plpgsql
as $$
declare
  problems jsonb;
begin
  execute format('alter function jobs.%I rename to gone', step_without.name);
  problems := jobs.supervisor_step(step_without.step, step_without.subject, '["the one before"]');
  execute format('alter function jobs.gone rename to %I', step_without.name);
  return problems;
end
$$;

select matches(
  pg_temp.step_without(given.step, given.step, given.subject) ->> -1,
  format('^the step %s failed: .*does not exist', given.name),
  format('A broken step is a problem: %s', given.name)
)
from (
  values
    ('supervise', null, 'supervise'),
    ('request_delivery', null, 'request_delivery'),
    ('prepare_last_resort', null, 'prepare_last_resort'),
    ('send_last_resort', 'slack', 'send_last_resort of slack'),
    ('start_catch_up', 'pgtap-missed', 'start_catch_up of pgtap-missed')
) as given (step, subject, name);
select is(
  pg_temp.step_without('prepare_last_resort', 'prepare_last_resort', null) ->> 0,
  'the one before',
  'The problems of the step before are not lost'
);
select set_eq(
  'select step from jobs.supervisor_problems',
  array[
    'supervise', 'request_delivery', 'prepare_last_resort', 'send_last_resort of slack', 'start_catch_up of pgtap-missed'
  ],
  'Each is kept'
);
select is(jobs.supervisor_step('send_last_resort', 'slack'), '[]', 'A step works again');

-- As pgsql-http does when it is cancelled: an error of its own, and then 57014.
create or replace function jobs.request_delivery()
returns jsonb
language plpgsql
as $$
begin
  raise exception using
    errcode = 'XX000',
    message = case when pg_cancel_backend(pg_backend_pid()) then 'HTTP request cancelled' end;
end
$$;
select is(
  jobs.supervisor_step('request_delivery'),
  '["the step request_delivery failed: canceling statement due to user request"]',
  'A step that is cancelled during an HTTP call is a problem, and no error'
);
select is_empty(
  $$select 1 from jobs.supervisor_problems where step = 'send_last_resort of slack'$$,
  'Then it is gone'
);

select * from finish();
rollback;
