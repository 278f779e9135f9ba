begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
select no_plan();

select is(jobs.channel_health_report(), '[]', 'Without a channel the report is empty');

select pg_temp.claim(channels => pg_temp.channels('slack', 'email'));
select is(
  jobs.channel_health_report() -> 0,
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
  'A channel without deliveries is reported with zero counts'
);

select pg_temp.raise_alert('pgtap-' || number, as_of => now() + number * interval '1 second')
from generate_series(1, 4) as number;
select pg_temp.claim();
select pg_temp.complete('pgtap-1', 'sent', now() + interval '5 seconds');
select pg_temp.complete('pgtap-2', 'given_up', now() + interval '6 seconds', error => 'refused');
select is(
  jobs.channel_health_report() -> 1 ->> 'last_error',
  'refused',
  'Without an error among pending deliveries, the last error is that of a given-up one'
);
select pg_temp.complete(
  'pgtap-3', 'retry', now() + interval '5 seconds', error => 'busy', retry_after_seconds => 30, pause_channel => true
);
select is(
  jobs.channel_health_report(now() + interval '6 seconds') -> 1,
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
  'A channel is reported with its pending and given-up deliveries, last error and last success'
);
select is(
  jobs.channel_health_report(now() + interval '35 seconds') -> 1 -> 'paused_until',
  'null',
  'A pause that has ended is not reported'
);

select * from finish();
rollback;
