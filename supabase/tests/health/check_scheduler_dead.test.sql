begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_system_checks.psql
select no_plan();

-- It carries no kind that is raised here, so that no alert waits for it.
select pg_temp.claim(channels => '[{"name": "slack", "kinds": ["heartbeat"]}]');

-- The real process

select is_empty(
  $$select 1 from unnest(pg_temp.findings()) as finding where finding like '%scheduler_dead%'$$,
  'The running process of pg_cron is found'
);

-- A test cannot end it: the processes are read from a table of the test.

create table pg_temp.processes (backend_type text, application_name text);

do $$
begin
  execute replace(
    pg_get_functiondef('jobs.check_scheduler_dead()'::regprocedure),
    'pg_catalog.pg_stat_activity',
    'pg_temp.processes'
  );
end
$$;

insert into pg_temp.processes
values
  ('client backend', 'psql'),
  ('autovacuum launcher', ''),
  ('background worker', 'pg_net worker');

select is(
  pg_temp.findings(),
  array[
    'critical scheduler_dead: The pg_cron process is not running, so no job starts by itself. A restart of the '
      'database brings it back.'
  ],
  'A missing pg_cron process is critical'
);
insert into pg_temp.processes
values ('pg_cron launcher', 'pg_cron scheduler');
select is(pg_temp.findings(), '{}', 'The reason ends when the pg_cron process runs');

select * from finish();
rollback;
