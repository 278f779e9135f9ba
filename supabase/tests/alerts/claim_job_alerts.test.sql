begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
select no_plan();

-- Announcing

select is(pg_temp.claim(), '{}', 'Where nothing was raised nothing is claimed');
select results_eq(
  'select name, kinds[1], announced_at, paused_until from jobs.alert_channels',
  $$values ('slack', 'run_failed', now(), null::timestamptz)$$,
  'Who claims announces the channel and what it carries'
);

select pg_temp.raise_alert('pgtap-a') as alert_id \gset

select results_eq(
  format(
    'select channel, status, attempts, next_attempt_at, queued_at from jobs.alert_deliveries where alert_id = %L',
    :'alert_id'
  ),
  $$values ('slack', 'pending', 0, now(), now())$$,
  'An alert waits for every announced channel, at once'
);

-- A claim

select is(pg_temp.claim(now() - interval '1 microsecond'), '{}', 'Nothing is claimed before it was raised');
select is(pg_temp.claim(now()), array['pgtap-a'], 'What is due is claimed');

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
  'A claim has the alert, the number of the attempt, and the lease, of 30 seconds'
);

select is(
  (select claimed ->> 'raised_at' ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d$' from pg_temp.claims),
  true,
  'Its instants are ISO 8601'
);

select is(
  pg_temp.claim(now() + interval '29.999999 seconds'),
  '{}',
  'Until one microsecond before the lease ends no other process gets it'
);
select is(
  pg_temp.claim(now() + interval '30 seconds', lease_seconds => 1),
  array['pgtap-a'],
  'When the lease ends it can be claimed again: its holder may be dead'
);
select is(pg_temp.claim(now() + interval '30.999999 seconds'), '{}', 'A lease lasts as long as the caller asked for');
select is(pg_temp.claim(now() + interval '31 seconds'), array['pgtap-a'], 'And no longer');
select results_eq(
  'select attempt from pg_temp.claims order by claim_number',
  'values (1), (2), (3)',
  'Every claim is an attempt'
);
select is((select count(distinct lease) from pg_temp.claims), 3::bigint, 'Every claim has a lease of its own');
select is(
  (select first_attempt_at from jobs.alert_deliveries where alert_id = :'alert_id'),
  now(),
  'When it was first tried is remembered'
);
select pg_temp.complete('pgtap-a');
select is(pg_temp.claim(now() + interval '1 day'), '{}', 'What is sent is never claimed again');

-- In order

select pg_temp.raise_alert('pgtap-b');
select pg_temp.raise_alert('pgtap-c');
select pg_temp.raise_alert('pgtap-b', 'job_recovered');
select pg_temp.raise_alert('pgtap-d');

select is(
  pg_temp.claim(),
  array['pgtap-b', 'pgtap-c', 'pgtap-d'],
  'The oldest comes first, and only one of each job'
);
select is(pg_temp.claim(), '{}', 'While the first of a job is under way its next one waits');

select pg_temp.complete('pgtap-b', 'retry', error => 'Try later');
select is(
  pg_temp.claim(),
  '{}',
  'While the first one waits for another attempt the next one waits with it'
);
select is(pg_temp.claim(now() + interval '1 second'), array['pgtap-b'], 'The first one comes first again');
select is(
  (select claimed ->> 'kind' from pg_temp.claims order by claim_number desc limit 1),
  'run_failed',
  'Failed is delivered before recovered'
);
select pg_temp.complete('pgtap-b', 'sent');
select is(pg_temp.claim(now() + interval '1 second'), array['pgtap-b'], 'When the first one is sent the next one is due');
select pg_temp.complete('pgtap-b');
select pg_temp.complete('pgtap-c', 'given_up', error => 'No');
select pg_temp.complete('pgtap-d');

select pg_temp.raise_alert('pgtap-c', 'job_recovered');
select is(pg_temp.claim(), array['pgtap-c'], 'An alert that was given up holds nothing up');
select pg_temp.complete('pgtap-c');

-- How many

select pg_temp.raise_alert('pgtap-count-' || number)
from generate_series(1, 12) as number;

select is(
  pg_temp.claim(max_count => 2),
  array['pgtap-count-1', 'pgtap-count-2'],
  'No more are claimed than were asked for'
);
select is(cardinality(pg_temp.claim()), 10, 'Ten are claimed unless the caller says otherwise');

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
  'A caller gets deliveries for the channels that it has'
);
select is(
  pg_temp.claim(),
  array['pgtap-x', 'pgtap-y'],
  'The same alert goes to each channel'
);
select pg_temp.complete('pgtap-x');
select pg_temp.raise_alert('pgtap-x', 'job_recovered');
select is(
  pg_temp.claim(channels => pg_temp.channels('email', 'slack')),
  array['pgtap-x'],
  'An alert that waits on one channel holds up the next one of its job there, and nowhere else'
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
  'The number is for all channels together, and the older alert comes first on each'
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
  'A channel gets the kinds that it carries'
);

select is(
  pg_temp.claim(channels => '[{"name": "slack", "kinds": ["run_failed", "run_succeeded"]}]'),
  array['pgtap-kind'],
  'A kind that a channel carries from now on is delivered, of the last 24 hours too'
);
select is(
  (select claimed ->> 'kind' from pg_temp.claims order by claim_number desc limit 1),
  'run_succeeded',
  'It takes its place in the order'
);
select pg_temp.start_over();

-- A channel that is new

select pg_temp.raise_alert('pgtap-old');
select pg_temp.claim(now() + interval '24 hours', pg_temp.channels('pager'));
select is_empty(
  $$select 1 from jobs.alert_deliveries where channel = 'pager'$$,
  'A new channel does not get what was raised 24 hours ago'
);
delete from jobs.alert_channels where name = 'pager';
select is(
  pg_temp.claim(now() + interval '24 hours' - interval '1 microsecond', pg_temp.channels('pager')),
  array['pgtap-old by pager'],
  'It gets what was raised a microsecond after that'
);
select is(
  pg_temp.claim(now() + interval '25 hours', pg_temp.channels('pager')),
  array['pgtap-old by pager'],
  'What it once has it keeps'
);
select pg_temp.start_over();

select pg_temp.raise_alert('pgtap-failed');
select is(
  pg_temp.claim(channels => '[{"name": "pager", "kinds": ["heartbeat"]}]'),
  '{}',
  'A new channel does not get what it does not carry'
);
select pg_temp.start_over();

select pg_temp.raise_alert('pgtap-ahead', as_of => now() + interval '1 hour');
select is(
  pg_temp.claim(),
  array['pgtap-ahead'],
  'What was raised on a clock that was moved forward is due at once, for a new channel'
);
select pg_temp.complete('pgtap-ahead');
select pg_temp.raise_alert('pgtap-ahead', as_of => now() + interval '1 hour');
select is(
  pg_temp.claim(),
  array['pgtap-ahead'],
  'And for one that is known'
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
  'Announcing writes at most once a minute'
);
select is(
  (select announced_at from jobs.alert_channels where name = 'slack'),
  now(),
  'Until then the channel was last announced at first'
);
select is(
  pg_temp.claim(now() + interval '1 minute'),
  array['pgtap-unseen'],
  'A minute later an alert that the channel has missed is found'
);
select is(
  (select announced_at from jobs.alert_channels where name = 'slack'),
  now() + interval '1 minute',
  'The channel is announced anew'
);
select pg_temp.claim(now() - interval '1 hour', '[{"name": "slack", "kinds": ["heartbeat"]}]');
select is(
  (select announced_at from jobs.alert_channels where name = 'slack'),
  now() + interval '1 minute',
  'A clock that is behind does not put it back'
);
select pg_temp.start_over();

-- A channel that is paused

select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
select pg_temp.raise_alert('pgtap-paused');
update jobs.alert_channels
set paused_until = now() + interval '10 seconds'
where name = 'slack';

select is(
  pg_temp.claim(now() + interval '9.999999 seconds', pg_temp.channels('email', 'slack')),
  array['pgtap-paused by email'],
  'A channel that is paused gets nothing, and the other one is not held up'
);
select is(
  pg_temp.claim(now() + interval '10 seconds', pg_temp.channels('email', 'slack')),
  array['pgtap-paused'],
  'When the pause ends it goes on'
);

-- Calls that are wrong

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
    ('null', '22023', 'Channels cannot be null'),
    ($$'{"name": "slack", "kinds": []}'$$, '22023', 'Channels are an array'),
    ($$'["slack"]'$$, '22023', 'Channels are objects'),
    ($$'[{"name": "Slack!", "kinds": []}]'$$, '23514', 'A channel has a simple name'),
    ($$'[{"kinds": []}]'$$, '22023', 'A channel has a name'),
    ($$'[{"name": null, "kinds": []}]'$$, '22023', 'The name of a channel is known'),
    ($$'[{"name": "pager"}]'$$, '22023', 'A channel has kinds'),
    ($$'[{"name": "pager", "kinds": "run_failed"}]'$$, '22023', 'The kinds are an array'),
    (
      $$'[{"name": "pager", "kinds": []}, {"name": "pager", "kinds": []}]'$$,
      '21000',
      'A channel is named once'
    ),
    ($$'[]', max_count => 0$$, '22023', 'A claim of none is refused'),
    ($$'[]', max_count => 101$$, '22023', 'A claim of more than a hundred is refused'),
    ($$'[]', max_count => null$$, '22023', 'A claim without a limit is refused'),
    ($$'[]', lease_seconds => 0$$, '22023', 'A lease lasts'),
    ($$'[]', lease_seconds => 3601$$, '22023', 'A lease ends within an hour'),
    ($$'[]', lease_seconds => null$$, '22023', 'A lease ends')
) as refused (arguments, error_state, description);

select results_eq(
  'select * from jobs.alert_channels order by name',
  'select * from pg_temp.channels_before order by name',
  'A call that is wrong announces nothing'
);
select is(
  public.claim_job_alerts('[]', max_count => 100, lease_seconds => 3600),
  '[]',
  'Without a channel, and with the most that may be asked for, nothing is claimed'
);

-- Who calls

set local role service_role;
select lives_ok(
  $$select public.claim_job_alerts('[{"name": "slack", "kinds": ["run_failed"]}]')$$,
  'The service role claims, and has no use of the tables'
);
reset role;

select * from finish();
rollback;
