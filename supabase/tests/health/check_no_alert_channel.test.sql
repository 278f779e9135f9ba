begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_system_checks.psql
select no_plan();

select is(
  pg_temp.findings(),
  array['warning no_alert_channel: No alert channel is set up. Failures will not reach anyone.'],
  'A missing alert channel is critical'
);

select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
select is(pg_temp.findings(), '{}', 'With channels the system is ok');

update jobs.alert_channels
set announced_at = now() - interval '2 hours'
where name = 'slack';
select is(pg_temp.findings(), '{}', 'A channel that was announced two hours ago counts as set up');
select is(
  pg_temp.findings(now() + interval '1 microsecond'),
  array[
    'warning no_alert_channel: The alert channel slack was last announced 2 hours ago; the hourly health check announces '
      'every channel that is set up.'
  ],
  'A channel that was announced earlier than that is a warning'
);
select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
select is(pg_temp.findings(), '{}', 'The reason ends when the channel is announced again');

select * from finish();
rollback;
