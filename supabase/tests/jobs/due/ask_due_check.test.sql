begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
select no_plan();

create table public.pgtap_answer (answer boolean, problem text);
insert into public.pgtap_answer values (true);

create function public.pgtap_is_due(as_of timestamptz)
returns boolean
language plpgsql
as $$
declare
  problem text := (select prepared.problem from public.pgtap_answer as prepared);
begin
  if problem = 'cancelled call' then
    raise exception using
      errcode = 'XX000',
      message = case when pg_cancel_backend(pg_backend_pid()) then 'HTTP request cancelled' end;
  end if;
  if problem is not null then
    raise exception using errcode = problem, message = 'the check broke at ' || to_char(as_of, 'HH24:MI');
  end if;
  return (select prepared.answer from public.pgtap_answer as prepared);
end
$$;

create function pg_temp.prepare(problem text)
returns void
language sql
as $$
  update public.pgtap_answer set problem = prepare.problem where true;
$$;

create function pg_temp.ask(at time)
returns boolean
language sql
as $$
  select jobs.ask_due_check('pgtap-due', '2001-03-10'::date + ask.at);
$$;

set local timezone = 'UTC';
select pg_temp.unregister_all();
select jobs.register(
  job_name => 'pgtap-due',
  description => 'A job of the tests',
  schedule => '0 0 1 1 *',
  due_check => 'public.pgtap_is_due'
);

select is(pg_temp.ask('12:00'), true, 'A check that says true');
update public.pgtap_answer set answer = false where true;
select is(pg_temp.ask('12:00'), false, 'and one that says false');
update public.pgtap_answer set answer = null where true;
select is(pg_temp.ask('12:00'), false, 'Null is no yes');
select is_empty('select 1 from jobs.due_check_failures', 'None of them has failed');
select is(jobs.is_due('pgtap-no-such-job', now()), false, 'A job that is not registered is not due');

update public.pgtap_answer set problem = 'P0001' where true;
select is(pg_temp.ask('12:01'), false, 'A check that raises an error counts as false');
select results_eq(
  $$select failures, failing_since, slow, error from jobs.due_check_failures$$,
  $$values (1, timestamptz '2001-03-10 12:01:00+00', false, 'the check broke at 12:01 (P0001)')$$,
  'The error is noted'
);

select is(
  pg_temp.ask('12:02'),
  false,
  format('So does one that raises %s', problem)
)
from (
  values ('40P01'), ('57014'), ('P0004')
) as raised (problem)
cross join lateral pg_temp.prepare(problem);
select results_eq(
  $$select failures, failing_since, slow, error from jobs.due_check_failures$$,
  $$values (4, timestamptz '2001-03-10 12:01:00+00', false, 'the check broke at 12:02 (P0004)')$$,
  'The failures are counted, and since when'
);

select pg_temp.prepare('57014');
select pg_temp.ask('12:03');
select results_eq(
  $$select slow, error from jobs.due_check_failures$$,
  $$values (true, 'It was ended after more than 10 seconds.')$$,
  'One that was ended took too long'
);
select pg_temp.prepare('P0001');
select pg_temp.ask('12:03');
-- pgsql-http raises an error of its own when it is cancelled, and then 57014.
select pg_temp.prepare('cancelled call');
select pg_temp.ask('12:03');
select results_eq(
  $$select slow, error from jobs.due_check_failures$$,
  $$values (true, 'It was ended after more than 10 seconds.')$$,
  'So did one that was ended during an HTTP call'
);

select pg_temp.prepare(null);
select is(pg_temp.ask('12:04'), false, 'A check that answers again');
select is_empty('select 1 from jobs.due_check_failures', 'is failing no more');

create function public.pgtap_changes_role(as_of timestamptz)
returns boolean
language plpgsql
as $$
begin
  set local role anon;
  return true;
end
$$;
update jobs.definitions set due_check = 'public.pgtap_changes_role' where job_name = 'pgtap-due';
select is(pg_temp.ask('12:04'), true, 'A check that changes the role of its session');
select is(current_user::text, 'postgres', 'does not change that of the next one');
update jobs.definitions set due_check = 'public.pgtap_is_due' where job_name = 'pgtap-due';
drop function public.pgtap_changes_role(timestamptz);

select pg_temp.prepare('P0001');
select pg_temp.ask('12:05');
select jobs.register(
  job_name => 'pgtap-due',
  description => 'A job of the tests',
  schedule => '0 0 1 1 *',
  due_check => 'public.pgtap_is_due'
);
select is_empty('select 1 from jobs.due_check_failures', 'Registered again, a job begins without failures');

select pg_temp.ask('12:06');
drop function public.pgtap_is_due(timestamptz);
select is(pg_temp.ask('12:07'), false, 'A check whose function is gone counts as false');
select is(
  (select failing.error from jobs.due_check_failures as failing),
  'due_check names a function that does not exist: public.pgtap_is_due(timestamptz) (42883)',
  'And says so'
);
select jobs.unregister('pgtap-due');
select is_empty('select 1 from jobs.due_check_failures', 'A job that is removed leaves nothing');
select lives_ok($$select jobs.ask_due_check('pgtap-due')$$, 'And may be removed while it is asked');

select * from finish();
rollback;
