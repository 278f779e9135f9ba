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

-- Retrying deliveries that were given up

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
  'An alert that was raised 24 hours ago is not retried'
);
select is(
  jobs.retry_deliveries('slack', now() + interval '24 hours' - interval '1 microsecond'),
  1,
  'A given-up alert that was raised a microsecond later is retried'
);
select is(
  pg_temp.deliveries('slack'),
  array['pending pgtap-lost', 'sent pgtap-sent', 'pending pgtap-waiting'],
  'The retried delivery is pending again, and a sent one is unchanged'
);
select is(
  (select queued_at from jobs.alert_deliveries where channel = 'slack' and job_name = 'pgtap-lost'),
  now() + interval '24 hours' - interval '1 microsecond',
  'The waiting time of a retried delivery counts from the retry'
);
select is(
  pg_temp.deliveries('email'),
  array['given_up pgtap-lost', 'pending pgtap-sent', 'pending pgtap-waiting'],
  'Deliveries of the other channel are unchanged'
);
select is(
  pg_temp.claim(now() + interval '24 hours' - interval '1 microsecond'),
  array['pgtap-lost', 'pgtap-waiting'],
  'A retried delivery is due at once'
);
select is(
  pg_temp.complete('pgtap-lost', 'retry', now() + interval '30 hours') ->> 'status',
  'pending',
  'The 23 hours of a retried delivery start again'
);
select is(
  jobs.retry_deliveries('slack', now() + interval '1 hour'),
  0,
  'Without a given-up delivery nothing is retried'
);

-- Retiring a channel

select pg_temp.start_over();
select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
select pg_temp.raise_alert('pgtap-' || name)
from unnest(array['sent', 'claimed', 'waiting']) as name;
select pg_temp.claim(max_count => 2);
select pg_temp.complete('pgtap-sent');

select is(jobs.retire_channel('slack', now() + interval '1 minute'), 2, 'Deliveries that wait for a retired channel are given up');
select is(
  pg_temp.deliveries('slack'),
  array['sent pgtap-sent', 'given_up pgtap-claimed', 'given_up pgtap-waiting'],
  'Retiring a channel leaves sent deliveries sent'
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
  'Retiring a channel leaves the other one active'
);
select is(jobs.retire_channel('slack'), 0, 'A channel can be retired only once');

select pg_temp.raise_alert('pgtap-after');
select is(
  pg_temp.complete('pgtap-claimed', 'retry') ->> 'status',
  'given_up',
  'A process that still holds a delivery cannot bring a retired channel back'
);
select is(
  pg_temp.deliveries('slack'),
  array['sent pgtap-sent', 'given_up pgtap-claimed', 'given_up pgtap-waiting'],
  'A retired channel gets no more alerts'
);
select is(
  pg_temp.claim(),
  array['pgtap-after'],
  'Announcing a retired channel brings it back, with the alerts raised meanwhile'
);

-- A new channel

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
  'On a new channel the waiting time of an alert counts from the announcement'
);

select * from finish();
rollback;
