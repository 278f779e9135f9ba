begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
select no_plan();

create function pg_temp.findings(as_of timestamptz default now())
returns text[]
language sql
as $$
  select coalesce(
    array_agg(format('%s %s: %s', reason.severity, reason.code, reason.message) order by reason.message),
    '{}'
  )
  from jobs.reasons_of_channels(findings.as_of) as reason;
$$;

-- no_alert_channel

select is(
  pg_temp.findings(),
  array['warning no_alert_channel: No channel has been announced, so nobody would hear of a failure.'],
  'Without a channel nobody would hear of anything'
);

select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
select is(pg_temp.findings(), '{}', 'With channels somebody would');

update jobs.alert_channels
set announced_at = now() - interval '2 hours'
where name = 'slack';
select is(pg_temp.findings(), '{}', 'A channel that was announced two hours ago is there');
select is(
  pg_temp.findings(now() + interval '1 microsecond'),
  array[
    'warning no_alert_channel: No process has offered to send to slack for 2.0 hours; the health check does so every hour '
      'when it is configured.'
  ],
  'A microsecond later nobody seems to have it any more'
);
select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
select is(pg_temp.findings(), '{}', 'Announced again it is well');

-- alerts_undelivered: waiting

select pg_temp.raise_alert('pgtap-a');
select is(pg_temp.findings(now() + interval '15 minutes'), '{}', 'An alert may wait for 15 minutes');
select is(
  pg_temp.findings(now() + interval '15 minutes 1 microsecond'),
  array[
    'critical alerts_undelivered: 1 alert waits for email, the oldest for 15 minutes, in up to 0 attempts. '
      'Nobody has tried to send them.',
    'critical alerts_undelivered: 1 alert waits for slack, the oldest for 15 minutes, in up to 0 attempts. '
      'Nobody has tried to send them.'
  ],
  'A microsecond later it waits for too long, on each channel'
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
    'critical alerts_undelivered: 2 alerts wait for slack, the oldest for 24 minutes, in up to 2 attempts. '
      'The last error: a newer error'
  ],
  'It says how many wait, for how long, how often it was tried, and what the service said last'
);
select pg_temp.complete('pgtap-a', 'sent', now() + interval '24 minutes');
select is(
  pg_temp.findings(now() + interval '25 minutes'),
  '{}',
  'When the old one is sent, a younger one may still wait'
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
  'An alert of a run that was logged days late waits since it was raised'
);
delete from jobs.alerts
where job_name = 'pgtap-late';

-- alerts_undelivered: given up

select pg_temp.raise_alert('pgtap-c');
select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
select pg_temp.complete('pgtap-c', 'given_up', error => 'no_service');
select is(
  pg_temp.findings(),
  array['critical alerts_undelivered: 1 alert was given up for slack in the last 24 hours. The last error: no_service'],
  'An alert that was given up, and has reached nobody yet, is critical'
);
select pg_temp.complete('pgtap-c', channel => 'email');
select is(
  pg_temp.findings(),
  array['warning alerts_undelivered: 1 alert was given up for slack in the last 24 hours. The last error: no_service'],
  'Once it has reached people on another channel it is a warning'
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
  'One that has reached nobody among several is critical'
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
  'What was given up is told for 24 hours'
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
  'What was given up for a channel that is retired worries nobody'
);

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
  array['critical alerts_undelivered: 1 alert waits for email'],
  'Nor does what waits for it'
);

-- The report

select pg_temp.start_over();
select is(jobs.health_of_channels(), '[]', 'Without a channel there is none to report on');

select pg_temp.claim(channels => pg_temp.channels('slack', 'email'));
select is(
  jobs.health_of_channels() -> 0,
  jsonb_build_object(
    'name', 'email',
    'announced_at', now(),
    'paused_until', null,
    'pending', 0,
    'oldest_pending_at', null,
    'given_up_24h', 0,
    'last_error', null,
    'last_sent_at', null
  ),
  'A channel that has had nothing to do says so'
);

select pg_temp.raise_alert('pgtap-' || number, as_of => now() + number * interval '1 second')
from generate_series(1, 4) as number;
select pg_temp.claim();
select pg_temp.complete('pgtap-1', 'sent', now() + interval '5 seconds');
select pg_temp.complete('pgtap-2', 'given_up', now() + interval '6 seconds', error => 'refused');
select is(
  jobs.health_of_channels() -> 1 ->> 'last_error',
  'refused',
  'While no attempt of what waits has failed the last error is of what was given up'
);
select pg_temp.complete(
  'pgtap-3', 'retry', now() + interval '5 seconds', error => 'busy', retry_after_seconds => 30, pause_channel => true
);
select is(
  jobs.health_of_channels(now() + interval '6 seconds') -> 1,
  jsonb_build_object(
    'name', 'slack',
    'announced_at', now(),
    'paused_until', now() + interval '35 seconds',
    'pending', 2,
    'oldest_pending_at', now() + interval '3 seconds',
    'given_up_24h', 1,
    'last_error', 'busy',
    'last_sent_at', now() + interval '5 seconds'
  ),
  'A channel says what waits, since when, what was given up, what the service said, and what it sent last'
);
select is(
  jobs.health_of_channels(now() + interval '35 seconds') -> 1 -> 'paused_until',
  'null',
  'A pause that is over is none'
);

select * from finish();
rollback;
