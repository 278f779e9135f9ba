begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
select no_plan();

create function pg_temp.undelivered(as_of timestamptz)
returns text[]
language sql
as $$
  select coalesce(array_agg(alert.job_name order by alert.sequence), '{}')
  from jobs.undelivered_alerts(undelivered.as_of) as alert;
$$;

-- No channel

select pg_temp.raise_alert('pgtap-a');
select is(pg_temp.undelivered(now() + interval '89.999999 seconds'), '{}', 'An alert has 90 seconds to arrive');
select is(
  pg_temp.undelivered(now() + interval '90 seconds'),
  array['pgtap-a'],
  'Without a channel it has then reached nobody'
);
select is(
  pg_temp.undelivered(now() + interval '24 hours'),
  '{}',
  'After 24 hours no new channel would get it any more'
);

-- Two channels

select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
select pg_temp.raise_alert('pgtap-b');
select is(
  pg_temp.undelivered(now() + interval '25 hours'),
  array['pgtap-a', 'pgtap-b'],
  'What waits for a channel waits until it is sent, and counts once'
);
select pg_temp.complete('pgtap-a');
select is(
  pg_temp.undelivered(now() + interval '90 seconds'),
  array['pgtap-b'],
  'An alert that arrived on one channel has reached people'
);

select pg_temp.claim(channels => pg_temp.channels('email', 'slack'), as_of => now() + interval '1 minute');
select pg_temp.complete('pgtap-b', 'given_up', channel => 'email', as_of => now() + interval '1 minute', error => 'Gone.');
select is(
  pg_temp.undelivered(now() + interval '90 seconds'),
  array['pgtap-b'],
  'One that was given up on one channel and waits on the other has not'
);
select pg_temp.complete('pgtap-b', 'given_up', as_of => now() + interval '1 minute', error => 'Gone.');
select is(
  pg_temp.undelivered(now() + interval '90 seconds'),
  array['pgtap-b'],
  'Nor has one that was given up on both'
);
select is(
  (select last_error from jobs.undelivered_alerts(now() + interval '90 seconds')),
  'Gone.',
  'It says why'
);
select is(pg_temp.undelivered(now() + interval '25 hours'), '{}', 'After a day it is history');

-- The channel works again

select pg_temp.raise_alert('pgtap-c');
select pg_temp.claim(channels => pg_temp.channels('email', 'slack'), as_of => now() + interval '2 minutes');
select pg_temp.complete('pgtap-c', as_of => now() + interval '2 minutes');
select is(
  pg_temp.undelivered(now() + interval '2 minutes'),
  array['pgtap-b'],
  'A later alert on the one channel says nothing of the other'
);
select pg_temp.complete('pgtap-c', as_of => now() + interval '2 minutes', channel => 'email');
select is(pg_temp.undelivered(now() + interval '2 minutes'), '{}', 'When each has sent another, they work again');

select pg_temp.raise_alert('pgtap-d');
select jobs.retire_channel('email');
select pg_temp.claim();
select pg_temp.complete('pgtap-d');
select is(pg_temp.undelivered(now() + interval '90 seconds'), '{}', 'A channel that was retired is no failure');

select * from finish();
rollback;
