begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
select no_plan();

create function pg_temp.deliveries(channel text)
returns text[]
language sql
as $$
  select array_agg(format('%s %s', stored.status, stored.job_name) order by stored.sequence)
  from jobs.alert_deliveries as stored
  where stored.channel = deliveries.channel;
$$;

-- Trying again what was given up

select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
select pg_temp.raise_alert('pgtap-' || name)
from unnest(array['lost', 'sent', 'waiting']) as name;
select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
select pg_temp.complete('pgtap-lost', 'given_up', error => 'no_service');
select pg_temp.complete('pgtap-lost', 'given_up', error => 'no_service', channel => 'email');
select pg_temp.complete('pgtap-sent');

select is(
  jobs.retry_deliveries('slack', now() + interval '24 hours'),
  0,
  'What was raised 24 hours ago is not tried again'
);
select is(
  jobs.retry_deliveries('slack', now() + interval '24 hours' - interval '1 microsecond'),
  1,
  'What was raised a microsecond later is, when it was given up'
);
select is(
  pg_temp.deliveries('slack'),
  array['pending pgtap-lost', 'sent pgtap-sent', 'pending pgtap-waiting'],
  'It waits again; what was sent is left alone'
);
select is(
  (select queued_at from jobs.alert_deliveries where channel = 'slack' and job_name = 'pgtap-lost'),
  now() + interval '24 hours' - interval '1 microsecond',
  'People wait for it since then'
);
select is(
  pg_temp.deliveries('email'),
  array['given_up pgtap-lost', 'pending pgtap-sent', 'pending pgtap-waiting'],
  'The other channel is left alone'
);
select is(
  pg_temp.claim(now() + interval '24 hours' - interval '1 microsecond'),
  array['pgtap-lost', 'pgtap-waiting'],
  'It is due at once'
);
select is(
  pg_temp.complete('pgtap-lost', 'retry', now() + interval '30 hours') ->> 'status',
  'pending',
  'Its 23 hours begin anew'
);
select is(
  jobs.retry_deliveries('slack', now() + interval '1 hour'),
  0,
  'Where nothing was given up nothing is tried again'
);

-- Retiring a channel

select pg_temp.start_over();
select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
select pg_temp.raise_alert('pgtap-' || name)
from unnest(array['sent', 'claimed', 'waiting']) as name;
select pg_temp.claim(max_count => 2);
select pg_temp.complete('pgtap-sent');

select is(jobs.retire_channel('slack', now() + interval '1 minute'), 2, 'What waits for a channel that is retired is given up');
select is(
  pg_temp.deliveries('slack'),
  array['sent pgtap-sent', 'given_up pgtap-claimed', 'given_up pgtap-waiting'],
  'What was sent stays sent'
);
select results_eq(
  $$
    select distinct last_error, finished_at, lease
    from jobs.alert_deliveries
    where status = 'given_up'
  $$,
  $$values ('The channel was retired.', now() + interval '1 minute', null::uuid)$$,
  'It says why'
);
select is(
  pg_temp.deliveries('email'),
  array['pending pgtap-sent', 'pending pgtap-claimed', 'pending pgtap-waiting'],
  'The other channel goes on'
);
select is(jobs.retire_channel('slack'), 0, 'A channel is retired once');

select pg_temp.raise_alert('pgtap-after');
select is(
  pg_temp.complete('pgtap-claimed', 'retry') ->> 'status',
  'given_up',
  'A process that still has a delivery cannot bring it back'
);
select is(
  pg_temp.deliveries('slack'),
  array['sent pgtap-sent', 'given_up pgtap-claimed', 'given_up pgtap-waiting'],
  'A retired channel gets no more'
);
select is(
  pg_temp.claim(),
  array['pgtap-after'],
  'A process that announces it brings it back, with what was raised meanwhile'
);

-- A channel that is new

select pg_temp.start_over();
select pg_temp.claim();
select pg_temp.raise_alert('pgtap-hours-ago');
update jobs.alerts
set raised_at = now() - interval '20 hours'
where job_name = 'pgtap-hours-ago';
select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));

select is(
  (select queued_at from jobs.alert_deliveries where channel = 'email' and job_name = 'pgtap-hours-ago'),
  now(),
  'People wait for an alert on a new channel since it was announced'
);

select * from finish();
rollback;
