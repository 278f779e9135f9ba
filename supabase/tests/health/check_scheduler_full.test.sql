begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_system_checks.psql
select no_plan();

-- It carries no kind that is raised here, so that no alert waits for it.
select pg_temp.claim(channels => '[{"name": "slack", "kinds": ["heartbeat"]}]');

-- A test cannot make pg_cron forget a session: they are read from a table of the
-- test.

create table pg_temp.sessions (
  application_name text default 'pg_cron',
  state text,
  backend_start timestamptz,
  state_change timestamptz
);

do $$
begin
  execute replace(
    pg_get_functiondef('jobs.check_scheduler_full(timestamptz)'::regprocedure),
    'pg_catalog.pg_stat_activity',
    'pg_temp.sessions'
  );
end
$$;

insert into pg_temp.sessions (application_name, state, backend_start, state_change)
values
  ('psql', 'idle', now() - interval '1 day', now() - interval '1 day'),
  ('pg_cron scheduler', 'idle', now() - interval '1 day', now() - interval '1 day'),
  ('pg_cron', 'active', now() - interval '1 hour', now() - interval '1 hour'),
  ('pg_cron', 'idle', now() - interval '10 minutes', now() - interval '59.999999 seconds');

select is(
  pg_temp.findings(),
  '{}',
  'A job at work, a session that has just finished, and the sessions of others are in order'
);

update pg_temp.sessions
set state_change = now() - interval '1 minute'
where application_name = 'pg_cron' and state = 'idle';
select is(
  pg_temp.findings(),
  array[
    'warning scheduler_full: pg_cron holds on to 1 session that has ended over 1 minute ago. It has 32 slots, and a job '
      'that finds none does not start.'
  ],
  'A session that has been idle for a minute is a warning'
);

insert into pg_temp.sessions (state, backend_start, state_change)
select 'idle', now() - interval '5 minutes', now() - interval '4 minutes'
from generate_series(1, 19);
insert into pg_temp.sessions (state, backend_start, state_change)
select 'active', now() - interval '2 minutes', now() - interval '2 minutes'
from generate_series(1, 10);
select is(
  pg_temp.findings(),
  array[
    'warning scheduler_full: pg_cron holds on to 20 sessions that have ended over 1 minute ago. It has 32 slots, and a '
      'job that finds none does not start.'
  ],
  'With 31 of 32 slots taken it is still a warning'
);

insert into pg_temp.sessions (state, backend_start, state_change)
values ('active', now() - interval '59.999999 seconds', now() - interval '59.999999 seconds');
select is(
  (pg_temp.findings())[1] like 'warning %',
  true,
  'A slot that was taken less than a minute ago may be free soon'
);

update pg_temp.sessions
set backend_start = now() - interval '1 minute'
where backend_start = now() - interval '59.999999 seconds';
select is(
  pg_temp.findings(),
  array[
    'critical scheduler_full: All 32 slots of pg_cron have been taken for over 1 minute, so no job starts. 20 of their '
      'sessions are idle.'
  ],
  'With all slots taken for a minute it is critical'
);

delete from pg_temp.sessions where state = 'idle';
select is(pg_temp.findings(), '{}', 'The reason ends with the sessions');

select * from finish();
rollback;
