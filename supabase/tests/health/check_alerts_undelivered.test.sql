begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_system_checks.psql
select no_plan();

select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));

-- Waiting

select pg_temp.raise_alert('pgtap-a');
select is(pg_temp.findings(now() + interval '15 minutes'), '{}', 'An alert that has waited for 15 minutes is fine');
select is(
  pg_temp.findings(now() + interval '15 minutes 1 microsecond'),
  array[
    'critical alerts_undelivered: 1 alert is waiting for email, the oldest for 15 minutes. Sending was not tried.',
    'critical alerts_undelivered: 1 alert is waiting for slack, the oldest for 15 minutes. Sending was not tried.'
  ],
  'An alert that has waited a microsecond longer is reported on each channel'
);

select pg_temp.claim(channels => pg_temp.channels('email'));
select pg_temp.complete('pgtap-a', channel => 'email');
select pg_temp.raise_alert('pgtap-b', as_of => now() + interval '10 minutes');
select pg_temp.claim(now() + interval '10 minutes', max_count => 1);
select pg_temp.complete('pgtap-a', 'retry', now() + interval '10 minutes', error => 'an older error');
select pg_temp.claim(now() + interval '20 minutes');
select pg_temp.complete('pgtap-a', 'retry', now() + interval '20 minutes', error => 'an older error');
select pg_temp.complete('pgtap-b', 'retry', now() + interval '20 minutes 10 seconds', error => 'a newer error');
select is(
  pg_temp.findings(now() + interval '24 minutes'),
  array[
    'critical alerts_undelivered: 2 alerts are waiting for slack, the oldest for 24 minutes. Tried up to 2 times. '
      'The last error: a newer error'
  ],
  'The message has the number of waiting alerts, their age, the attempts and the last error'
);
select pg_temp.complete('pgtap-a', 'sent', now() + interval '24 minutes');
select is(
  pg_temp.findings(now() + interval '25 minutes'),
  '{}',
  'After the old alert is sent, a younger one may still wait'
);
select pg_temp.complete('pgtap-b', 'sent', now() + interval '24 minutes');
delete from jobs.alert_deliveries
where job_name = 'pgtap-b';

select jobs.raise_alert(
  kind => 'run_failed',
  job_name => 'pgtap-late',
  details => '{}',
  as_of => now() - interval '3 days'
);
select is(
  pg_temp.findings(),
  '{}',
  'The alert of a run that is logged days late waits from when it was raised'
);
delete from jobs.alerts
where job_name = 'pgtap-late';

-- Given up

select pg_temp.raise_alert('pgtap-c');
select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
select pg_temp.complete('pgtap-c', 'given_up', error => 'no_service');
select is(
  pg_temp.findings(),
  array['critical alerts_undelivered: 1 alert was given up for slack in the last 24 hours. The last error: no_service'],
  'A given-up alert that has not reached anyone is critical'
);
select pg_temp.complete('pgtap-c', channel => 'email');
select is(
  pg_temp.findings(),
  array['warning alerts_undelivered: 1 alert was given up for slack in the last 24 hours. The last error: no_service'],
  'A given-up alert that another channel has delivered is a warning'
);

select pg_temp.raise_alert('pgtap-d');
select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
select pg_temp.complete('pgtap-d', 'given_up', now() + interval '1 minute', error => 'channel_is_archived');
select pg_temp.complete('pgtap-d', 'given_up', now() + interval '1 minute', error => 'bad key', channel => 'email');
select is(
  pg_temp.findings(now() + interval '1 minute'),
  array[
    'critical alerts_undelivered: 1 alert was given up for email in the last 24 hours. The last error: bad key',
    'critical alerts_undelivered: 2 alerts were given up for slack in the last 24 hours. '
      'The last error: channel_is_archived'
  ],
  'One alert among several that has not reached anyone is critical'
);

update jobs.alert_channels
set announced_at = now() + interval '1 day';
select is(
  pg_temp.findings(now() + interval '24 hours' - interval '1 microsecond'),
  array[
    'critical alerts_undelivered: 1 alert was given up for email in the last 24 hours. The last error: bad key',
    'critical alerts_undelivered: 2 alerts were given up for slack in the last 24 hours. '
      'The last error: channel_is_archived'
  ],
  'A given-up alert is reported for 24 hours'
);
select is(
  (pg_temp.findings(now() + interval '24 hours'))[2],
  'critical alerts_undelivered: 1 alert was given up for slack in the last 24 hours. The last error: channel_is_archived',
  'And no longer'
);

select jobs.retire_channel('slack');
select is(
  array(select split_part(finding, ' in the ', 1) from unnest(pg_temp.findings(now() + interval '1 minute')) as finding),
  array['critical alerts_undelivered: 1 alert was given up for email'],
  'Given-up alerts of a retired channel are not reported'
);

-- A test that a channel refused

select pg_temp.start_over();
select pg_temp.claim(channels => pg_temp.channels('slack'));
select pg_temp.raise_alert('pgtap-test');
update jobs.alerts set kind = 'test' where job_name = 'pgtap-test';
select pg_temp.claim(channels => pg_temp.channels('slack'));
select pg_temp.complete('pgtap-test', 'given_up', now() + interval '1 minute', error => 'no_service');
select is(
  pg_temp.findings(now() + interval '2 minutes'),
  array['critical alerts_undelivered: 1 alert was given up for slack in the last 24 hours. The last error: no_service'],
  'A test that was refused says that the channel does not work'
);
select pg_temp.raise_alert('pgtap-works-again');
select pg_temp.claim(channels => pg_temp.channels('slack'));
select pg_temp.complete('pgtap-works-again', 'sent', now() + interval '3 minutes');
select is(pg_temp.findings(now() + interval '4 minutes'), '{}', 'and no longer, once it works');

select pg_temp.start_over();
select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
select pg_temp.raise_alert('pgtap-e');
select jobs.retire_channel('slack');
-- As if it had been raised while the channel was being retired.
update jobs.alert_deliveries
set
  status = 'pending',
  finished_at = null
where channel = 'slack';
select is(
  array(select split_part(finding, ',', 1) from unnest(pg_temp.findings(now() + interval '1 hour')) as finding),
  array['critical alerts_undelivered: 1 alert is waiting for email'],
  'Pending alerts of a retired channel are not reported'
);

select * from finish();
rollback;
