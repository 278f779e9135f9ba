begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_system_checks.psql
select no_plan();

select is(
  pg_temp.findings(),
  array['warning no_alert_channel: No alert channel is set up. Failures will not reach anyone.'],
  'Without a channel alerts reach no one'
);

select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
select is(pg_temp.findings(), '{}', 'With channels they do');

update jobs.alert_channels
set announced_at = now() - interval '2 hours'
where name = 'slack';
select is(pg_temp.findings(), '{}', 'A channel that was announced two hours ago is there');
select is(
  pg_temp.findings(now() + interval '1 microsecond'),
  array[
    'warning no_alert_channel: The alert channel slack was last announced 2 hours ago; the hourly health check announces '
      'every channel that is set up.'
  ],
  'A microsecond later it seems to be gone'
);
select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
select is(pg_temp.findings(), '{}', 'Announced again it is well');

select * from finish();
rollback;
