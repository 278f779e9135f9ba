begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
select no_plan();

-- Announcing

select is(pg_temp.claim(), '{}', 'Without an alert nothing is claimed');
select results_eq(
  'select name, kinds[1], announced_at, paused_until from jobs.alert_channels',
  $$values ('slack', 'run_failed', now(), null::timestamptz)$$,
  'A claim announces the channel and the kinds that it carries'
);

select pg_temp.raise_alert('pgtap-a') as alert_id \gset

select results_eq(
  format(
    'select channel, status, attempts, next_attempt_at, queued_at from jobs.alert_deliveries where alert_id = %L',
    :'alert_id'
  ),
  $$values ('slack', 'pending', 0, now(), now())$$,
  'An alert has a delivery to every announced channel, due at once'
);

-- A claim

select is(pg_temp.claim(now() - interval '1 microsecond'), '{}', 'An alert is not claimed before it was raised');
select is(pg_temp.claim(now()), array['pgtap-a'], 'A due delivery is claimed');

select is(
  (select claimed - 'lease' from pg_temp.claims),
  jsonb_build_object(
    'alert_id', :'alert_id',
    'channel', 'slack',
    'leased_until', now() + interval '30 seconds',
    'attempt', 1,
    'kind', 'run_failed',
    'job_name', 'pgtap-a',
    'run_id', null,
    'raised_at', now(),
    'reminder', 0,
    'details', jsonb '{}'
  ),
  'A claim contains the alert, the number of the attempt and a lease of 30 seconds'
);

select is(
  (select claimed ->> 'raised_at' ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d$' from pg_temp.claims),
  true,
  'The times in a claim are in ISO 8601'
);

select is(
  pg_temp.claim(now() + interval '29.999999 seconds'),
  '{}',
  'One microsecond before the lease ends, no other process gets the delivery'
);
select is(
  pg_temp.claim(now() + interval '30 seconds', lease_seconds => 1),
  array['pgtap-a'],
  'When the lease ends, the delivery can be claimed again, because its holder may be dead'
);
select is(pg_temp.claim(now() + interval '30.999999 seconds'), '{}', 'A lease lasts as long as the caller requests');
select is(pg_temp.claim(now() + interval '31 seconds'), array['pgtap-a'], 'And no longer');
select results_eq(
  'select attempt from pg_temp.claims order by claim_number',
  'values (1), (2), (3)',
  'Every claim counts as an attempt'
);
select is((select count(distinct lease) from pg_temp.claims), 3::bigint, 'Every claim has its own lease');
select is(
  (select first_attempt_at from jobs.alert_deliveries where alert_id = :'alert_id'),
  now(),
  'The time of the first attempt is kept'
);
select pg_temp.complete('pgtap-a');
select is(pg_temp.claim(now() + interval '1 day'), '{}', 'A sent delivery is never claimed again');

-- The order

select pg_temp.raise_alert('pgtap-b');
select pg_temp.raise_alert('pgtap-c');
select pg_temp.raise_alert('pgtap-b', 'job_recovered');
select pg_temp.raise_alert('pgtap-d');

select is(
  pg_temp.claim(),
  array['pgtap-b', 'pgtap-c', 'pgtap-d'],
  'The oldest alert comes first, and each job has only one under way'
);
select is(pg_temp.claim(), '{}', 'While the first alert of a job is under way, its next one waits');

select pg_temp.complete('pgtap-b', 'retry', error => 'Try later');
select is(
  pg_temp.claim(),
  '{}',
  'While the first alert of a job waits for a retry, its next one waits as well'
);
select is(pg_temp.claim(now() + interval '1 second'), array['pgtap-b'], 'After the back-off the first alert of the job comes first again');
select is(
  (select claimed ->> 'kind' from pg_temp.claims order by claim_number desc limit 1),
  'run_failed',
  'A failure is delivered before its recovery'
);
select pg_temp.complete('pgtap-b', 'sent');
select is(pg_temp.claim(now() + interval '1 second'), array['pgtap-b'], 'When the first alert of a job is sent, the next one is due');
select pg_temp.complete('pgtap-b');
select pg_temp.complete('pgtap-c', 'given_up', error => 'No');
select pg_temp.complete('pgtap-d');

select pg_temp.raise_alert('pgtap-c', 'job_recovered');
select is(pg_temp.claim(), array['pgtap-c'], 'A given-up alert does not hold up the next one');
select pg_temp.complete('pgtap-c');

-- The limit

select pg_temp.raise_alert('pgtap-count-' || number)
from generate_series(1, 12) as number;

select is(
  pg_temp.claim(max_count => 2),
  array['pgtap-count-1', 'pgtap-count-2'],
  'A claim returns at most as many deliveries as requested'
);
select is(cardinality(pg_temp.claim()), 10, 'A claim returns ten deliveries by default');

select pg_temp.complete('pgtap-count-' || number)
from generate_series(1, 12) as number;

-- Channels do not wait for each other

select pg_temp.start_over();
select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
select pg_temp.raise_alert('pgtap-x');
select pg_temp.raise_alert('pgtap-y');

select is(
  pg_temp.claim(channels => pg_temp.channels('email')),
  array['pgtap-x by email', 'pgtap-y by email'],
  'A caller gets deliveries only for the channels that it names'
);
select is(
  pg_temp.claim(),
  array['pgtap-x', 'pgtap-y'],
  'The same alert is delivered to each channel'
);
select pg_temp.complete('pgtap-x');
select pg_temp.raise_alert('pgtap-x', 'job_recovered');
select is(
  pg_temp.claim(channels => pg_temp.channels('email', 'slack')),
  array['pgtap-x'],
  'An alert that waits holds up the next one of its job on its own channel only'
);
select pg_temp.complete('pgtap-' || job, channel => channel)
from unnest(array['x', 'y']) as job
cross join unnest(array['slack', 'email']) as channel;

select pg_temp.start_over();
select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
select pg_temp.raise_alert('pgtap-x');
select pg_temp.raise_alert('pgtap-y');
select is(
  (
    select array_agg(split_part(claimed, ' ', 1) order by position)
    from unnest(pg_temp.claim(channels => pg_temp.channels('email', 'slack'), max_count => 3))
      with ordinality as answer (claimed, position)
  ),
  array['pgtap-x', 'pgtap-x', 'pgtap-y'],
  'The limit covers all channels together, and the older alert comes first on each'
);
select pg_temp.start_over();

-- Kinds

select pg_temp.claim(channels => pg_temp.channels('email'));
select pg_temp.claim(channels => '[{"name": "slack", "kinds": ["run_failed"]}]');
select pg_temp.raise_alert('pgtap-kind', 'run_succeeded');
select pg_temp.raise_alert('pgtap-kind', 'run_failed');
select results_eq(
  $$
    select alert.kind, delivery.channel
    from jobs.alert_deliveries as delivery
    join jobs.alerts as alert
      on alert.id = delivery.alert_id
    where alert.job_name = 'pgtap-kind'
    order by alert.sequence, delivery.channel
  $$,
  $$
    values
      ('run_succeeded', 'email'),
      ('run_failed', 'email'),
      ('run_failed', 'slack')
  $$,
  'A channel gets only the kinds that it carries'
);

select is(
  pg_temp.claim(channels => '[{"name": "slack", "kinds": ["run_failed", "run_succeeded"]}]'),
  array['pgtap-kind'],
  'A kind that a channel starts to carry is delivered, including alerts of the last 24 hours'
);
select is(
  (select claimed ->> 'kind' from pg_temp.claims order by claim_number desc limit 1),
  'run_succeeded',
  'An alert that joins later takes its place in the order'
);
select pg_temp.start_over();

-- A new channel

select pg_temp.raise_alert('pgtap-old');
select pg_temp.claim(now() + interval '24 hours', pg_temp.channels('pager'));
select is_empty(
  $$select 1 from jobs.alert_deliveries where channel = 'pager'$$,
  'A new channel does not get alerts that were raised 24 hours ago'
);
delete from jobs.alert_channels where name = 'pager';
select is(
  pg_temp.claim(now() + interval '24 hours' - interval '1 microsecond', pg_temp.channels('pager')),
  array['pgtap-old by pager'],
  'A new channel gets alerts that were raised a microsecond later'
);
select is(
  pg_temp.claim(now() + interval '25 hours', pg_temp.channels('pager')),
  array['pgtap-old by pager'],
  'A channel keeps its deliveries when they grow older'
);
select pg_temp.start_over();

select pg_temp.raise_alert('pgtap-failed');
select is(
  pg_temp.claim(channels => '[{"name": "pager", "kinds": ["heartbeat"]}]'),
  '{}',
  'A new channel does not get kinds that it does not carry'
);
select pg_temp.start_over();

select pg_temp.raise_alert('pgtap-ahead', as_of => now() + interval '1 hour');
select is(
  pg_temp.claim(),
  array['pgtap-ahead'],
  'An alert raised on a clock that was ahead is due at once on a new channel'
);
select pg_temp.complete('pgtap-ahead');
select pg_temp.raise_alert('pgtap-ahead', as_of => now() + interval '1 hour');
select is(
  pg_temp.claim(),
  array['pgtap-ahead'],
  'An alert raised on a clock that was ahead is due at once on a known channel'
);
select pg_temp.start_over();

-- An alert that was being raised while the channel was announced has no
-- delivery: neither saw the other.

select pg_temp.claim();
select pg_temp.raise_alert('pgtap-unseen');
delete from jobs.alert_deliveries where true;

select is(
  pg_temp.claim(now() + interval '59.999999 seconds'),
  '{}',
  'An announcement is written at most once a minute'
);
select is(
  (select announced_at from jobs.alert_channels where name = 'slack'),
  now(),
  'Within that minute the channel keeps its first announcement time'
);
select is(
  pg_temp.claim(now() + interval '1 minute'),
  array['pgtap-unseen'],
  'A minute later an alert that the channel missed gets a delivery'
);
select is(
  (select announced_at from jobs.alert_channels where name = 'slack'),
  now() + interval '1 minute',
  'A minute later the channel is announced again'
);
select pg_temp.claim(now() - interval '1 hour', '[{"name": "slack", "kinds": ["heartbeat"]}]');
select is(
  (select announced_at from jobs.alert_channels where name = 'slack'),
  now() + interval '1 minute',
  'A clock that is behind does not move the announcement back'
);
select pg_temp.start_over();

-- A paused channel

select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
select pg_temp.raise_alert('pgtap-paused');
update jobs.alert_channels
set paused_until = now() + interval '10 seconds'
where name = 'slack';

select is(
  pg_temp.claim(now() + interval '9.999999 seconds', pg_temp.channels('email', 'slack')),
  array['pgtap-paused by email'],
  'A paused channel gets nothing, and the other channel is not held up'
);
select is(
  pg_temp.claim(now() + interval '10 seconds', pg_temp.channels('email', 'slack')),
  array['pgtap-paused'],
  'A paused channel gets its alerts when the pause ends'
);

-- Invalid calls

create table pg_temp.channels_before as
select *
from jobs.alert_channels;

select throws_ok(
  format('select public.claim_job_alerts(%s)', arguments),
  error_state,
  null,
  description
)
from (
  values
    ('null', '22023', 'Null channels are refused'),
    ($$'{"name": "slack", "kinds": []}'$$, '22023', 'Channels that are not an array are refused'),
    ($$'["slack"]'$$, '22023', 'Channels that are not objects are refused'),
    ($$'[{"name": "Slack!", "kinds": []}]'$$, '23514', 'A channel name that is not simple is refused'),
    ($$'[{"kinds": []}]'$$, '22023', 'A channel without a name is refused'),
    ($$'[{"name": null, "kinds": []}]'$$, '22023', 'A channel with a null name is refused'),
    ($$'[{"name": "pager"}]'$$, '22023', 'A channel without kinds is refused'),
    ($$'[{"name": "pager", "kinds": "run_failed"}]'$$, '22023', 'Kinds that are not an array are refused'),
    (
      $$'[{"name": "pager", "kinds": []}, {"name": "pager", "kinds": []}]'$$,
      '21000',
      'A channel that is named twice is refused'
    ),
    ($$'[]', max_count => 0$$, '22023', 'A claim of zero deliveries is refused'),
    ($$'[]', max_count => 101$$, '22023', 'A claim of more than a hundred deliveries is refused'),
    ($$'[]', max_count => null$$, '22023', 'A claim without a limit is refused'),
    ($$'[]', lease_seconds => 0$$, '22023', 'A lease of zero seconds is refused'),
    ($$'[]', lease_seconds => 3601$$, '22023', 'A lease longer than an hour is refused'),
    ($$'[]', lease_seconds => null$$, '22023', 'A claim without a lease is refused')
) as refused (arguments, error_state, description);

select results_eq(
  'select * from jobs.alert_channels order by name',
  'select * from pg_temp.channels_before order by name',
  'An invalid call announces nothing'
);
select is(
  public.claim_job_alerts('[]', max_count => 100, lease_seconds => 3600),
  '[]',
  'Without a channel nothing is claimed, even with the largest limit'
);

-- Callers

set local role service_role;
select lives_ok(
  $$select public.claim_job_alerts('[{"name": "slack", "kinds": ["run_failed"]}]')$$,
  'The service role can claim and cannot use the tables'
);
reset role;

select * from finish();
rollback;
