begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_system_checks.psql
select no_plan();

select pg_temp.claim(channels => '[{"name": "slack", "kinds": ["heartbeat"]}]');
select is(pg_temp.findings(), '{}', 'Steps that work are no finding');

select jobs.note_supervisor_step('send_last_resort of slack', 'function is gone', '2001-03-10 12:00:00+00');
select is(
  pg_temp.findings('2001-03-10 12:05:00+00'),
  array[
    'warning supervisor_step_failing: The step send_last_resort of slack of the supervisor fails since '
      '2001-03-10 12:00 UTC: function is gone'
  ],
  'A step that fails is a warning'
);
select matches(
  (pg_temp.findings('2001-03-10 12:05:00.000001+00'))[1],
  '^critical supervisor_step_failing',
  'After five minutes it is critical, whether or not its alert was raised'
);
select jobs.note_supervisor_step('send_last_resort of slack', null);
select is(pg_temp.findings(), '{}', 'The reason ends when the step works');

select * from finish();
rollback;
