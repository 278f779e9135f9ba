begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
select no_plan();

create function pg_temp.delivery(job_name text, channel text default 'slack')
returns jobs.alert_deliveries
language sql
as $$
  select stored
  from jobs.alert_deliveries as stored
  where stored.job_name = delivery.job_name
    and stored.channel = delivery.channel;
$$;

select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));

-- Sent

select pg_temp.raise_alert('pgtap-sent');
select pg_temp.claim();

select is(
  pg_temp.complete('pgtap-sent', 'sent', now() + interval '2 seconds'),
  '{"status": "sent", "next_attempt_at": null}',
  'A delivery that is completed as sent is sent'
);
select results_eq(
  $$select status, finished_at, lease, last_error from pg_temp.delivery('pgtap-sent')$$,
  $$values ('sent', now() + interval '2 seconds', null::uuid, null::text)$$,
  'The time of sending is recorded'
);

create table pg_temp.sent_once as
select *
from pg_temp.delivery('pgtap-sent');

select is(
  pg_temp.complete('pgtap-sent', outcome, now() + interval '5 seconds', error => 'No'),
  '{"status": "sent", "next_attempt_at": null}',
  format('A sent delivery stays sent when it is completed again as %s', outcome)
)
from unnest(array['sent', 'retry', 'given_up']) as outcome;

select results_eq(
  $$select * from pg_temp.delivery('pgtap-sent')$$,
  'select * from pg_temp.sent_once',
  'Completing a sent delivery again changes nothing'
);

select is(
  (pg_temp.delivery('pgtap-sent', 'email')).status,
  'pending',
  'An alert that one channel has sent still waits on the other'
);

-- Given up

select pg_temp.raise_alert('pgtap-refused');
select pg_temp.claim();

select is(
  pg_temp.complete('pgtap-refused', 'given_up', now() + interval '2 seconds', error => 'no_service'),
  '{"status": "given_up", "next_attempt_at": null}',
  'An alert that the service refuses for good is given up after one attempt'
);
select results_eq(
  $$select status, attempts, finished_at, last_error from pg_temp.delivery('pgtap-refused')$$,
  $$values ('given_up', 1, now() + interval '2 seconds', 'no_service')$$,
  'A given-up delivery stays visible, with the error of the service'
);
select is(
  pg_temp.complete('pgtap-refused', 'retry', now() + interval '3 seconds'),
  '{"status": "given_up", "next_attempt_at": null}',
  'A given-up delivery is not retried'
);
select is(
  pg_temp.complete('pgtap-refused', 'sent', now() + interval '3 seconds') ->> 'status',
  'sent',
  'A given-up delivery that was sent after all is sent'
);

-- Another attempt: 1, 2, 4 seconds and so on, at most five minutes

create function pg_temp.delays(job_name text, attempts int)
returns interval[]
language plpgsql
as $$
declare
  clock timestamptz := now();
  answer jsonb;
  delays interval[] := '{}';
begin
  for attempt in 1 .. delays.attempts loop
    perform pg_temp.claim(clock);
    answer := pg_temp.complete(delays.job_name, 'retry', clock);
    delays := delays || ((answer ->> 'next_attempt_at')::timestamptz - clock);
    clock := (answer ->> 'next_attempt_at')::timestamptz;
  end loop;
  return delays;
end
$$;

select pg_temp.raise_alert('pgtap-again');
select is(
  pg_temp.delays('pgtap-again', 12),
  array[
    '1 second', '2 seconds', '4 seconds', '8 seconds', '16 seconds', '32 seconds', '64 seconds', '128 seconds',
    '256 seconds', '5 minutes', '5 minutes', '5 minutes'
  ]::interval[],
  'The delay before the next attempt doubles from one second up to five minutes'
);

update jobs.alert_deliveries
set
  attempts = 2000000000,
  next_attempt_at = now()
where job_name = 'pgtap-again'
  and channel = 'slack';
select is(
  pg_temp.delays('pgtap-again', 1),
  array['5 minutes']::interval[],
  'However many attempts were made, there is a next one'
);

-- Retry-After

create function pg_temp.delay_after(retry_after_seconds numeric)
returns interval
language plpgsql
as $$
declare
  job_name text := 'pgtap-after-' || gen_random_uuid();
begin
  perform pg_temp.raise_alert(job_name);
  perform pg_temp.claim(max_count => 100);
  return (
    pg_temp.complete(job_name, 'retry', retry_after_seconds => delay_after.retry_after_seconds)
      ->> 'next_attempt_at'
  )::timestamptz - now();
end
$$;

select is(
  pg_temp.delay_after(asked),
  delay,
  format('A delivery with Retry-After %s is retried after %s', coalesce(asked::text, 'no'), delay)
)
from (
  values
    (null, interval '1 second'),
    (0, interval '1 second'),
    (0.5, interval '1 second'),
    (1.5, interval '1.5 seconds'),
    (7, interval '7 seconds'),
    (600, interval '10 minutes'),
    (-5, interval '1 second'),
    (-1e30, interval '1 second')
) as retry_after (asked, delay);

select pg_temp.raise_alert('pgtap-endless-' || asked)
from unnest(array['1e30', 'NaN', 'Infinity']) as asked;
select pg_temp.claim(max_count => 100);
select is(
  pg_temp.complete('pgtap-endless-' || asked, 'retry', retry_after_seconds => asked::numeric) ->> 'status',
  'given_up',
  format('A delivery with Retry-After %s is given up', asked)
)
from unnest(array['1e30', 'NaN', 'Infinity']) as asked;

-- 23 hours

select pg_temp.raise_alert('pgtap-day');
select pg_temp.claim(now() + interval '5 hours');
select is(
  pg_temp.complete('pgtap-day', 'retry', now() + interval '28 hours' - interval '1 second', error => 'busy') ->> 'status',
  'pending',
  'A delivery is retried up to 23 hours after its first attempt'
);
select pg_temp.claim(now() + interval '28 hours');
select is(
  pg_temp.complete(
    'pgtap-day', 'retry', now() + interval '28 hours' - interval '1.999999 seconds', error => 'still busy'
  ) ->> 'status',
  'given_up',
  'A delivery is given up a microsecond later than 23 hours after its first attempt'
);
select is(
  (pg_temp.delivery('pgtap-day')).last_error,
  'Not delivered within 23 hours, in 2 attempts. still busy',
  'The error of a given-up delivery contains the duration, the number of attempts and the last error'
);

-- The error of the service

select pg_temp.raise_alert('pgtap-long');
select pg_temp.claim();
select pg_temp.complete('pgtap-long', 'retry', error => repeat('💥', 100000));
select is(
  (pg_temp.delivery('pgtap-long')).last_error,
  repeat('💥', 1000),
  'The error of the service is cut to 1,000 characters'
);
select is(pg_temp.claim(now() + interval '1 second'), array['pgtap-long'], 'A delivery with a long error is retried');
select pg_temp.complete('pgtap-long', 'sent');
select is((pg_temp.delivery('pgtap-long')).last_error, null, 'A sent delivery has no error');

-- A lost lease

select pg_temp.raise_alert('pgtap-lost');
select pg_temp.claim() as first_claim;
select pg_temp.claim(now() + interval '30 seconds') as second_claim;
select lease as lost, alert_id
from pg_temp.claims
where job_name = 'pgtap-lost'
order by claim_number
limit 1
\gset

create table pg_temp.taken_over as
select *
from pg_temp.delivery('pgtap-lost');

select is(
  public.complete_job_alert(:'alert_id', 'slack', other_lease, outcome, 'No', 900),
  jsonb_build_object('status', 'pending', 'next_attempt_at', now() + interval '60 seconds'),
  format('The holder of %s changes nothing by %s', whose, outcome)
)
from (
  values
    ('lost the lease', uuid :'lost'),
    ('never had a lease', gen_random_uuid()),
    ('no lease at all', null)
) as others (whose, other_lease)
cross join unnest(array['retry', 'given_up']) as outcome;

select results_eq(
  $$select * from pg_temp.delivery('pgtap-lost')$$,
  'select * from pg_temp.taken_over',
  'The holder of the lease keeps it'
);

select is(
  public.complete_job_alert(:'alert_id', 'slack', :'lost', 'sent'),
  '{"status": "sent", "next_attempt_at": null}',
  'A delivery that was sent counts as sent, even if another process took over the lease'
);
select is(
  pg_temp.complete('pgtap-lost', 'retry') ->> 'status',
  'sent',
  'The holder of the lease gets the answer that the delivery is sent'
);

select pg_temp.raise_alert('pgtap-unclaimed') as alert_id \gset
select is(
  public.complete_job_alert(:'alert_id', 'slack', null, 'given_up') ->> 'status',
  'pending',
  'A delivery that is not claimed cannot be given up'
);

select pg_temp.raise_alert('pgtap-twice');
select pg_temp.claim(max_count => 100);
select pg_temp.complete('pgtap-twice', 'retry') as first_answer \gset
select is(
  pg_temp.complete('pgtap-twice', 'retry', now() + interval '10 seconds'),
  :'first_answer'::jsonb,
  'A retry that is reported twice counts once'
);

-- Pausing the channel

create function pg_temp.paused_until(channel text default 'slack')
returns timestamptz
language sql
as $$
  select stored.paused_until
  from jobs.alert_channels as stored
  where stored.name = paused_until.channel;
$$;

select is(pg_temp.paused_until(), null, 'Retry-After alone pauses no channel');

select pg_temp.raise_alert('pgtap-pause-' || number)
from generate_series(1, 4) as number;
select pg_temp.claim(max_count => 100);

select pg_temp.complete('pgtap-pause-1', 'retry', retry_after_seconds => 30, pause_channel => true);
select is(pg_temp.paused_until(), now() + interval '30 seconds', 'A service can pause its whole channel');
select is(pg_temp.paused_until('email'), null, 'The other channel is not paused');

select pg_temp.complete('pgtap-pause-2', 'retry', retry_after_seconds => 10, pause_channel => true);
select is(pg_temp.paused_until(), now() + interval '30 seconds', 'A shorter pause does not end a longer one');

select pg_temp.complete('pgtap-pause-3', 'retry', now() + interval '5 seconds', retry_after_seconds => 30, pause_channel => true);
select is(pg_temp.paused_until(), now() + interval '35 seconds', 'A longer pause extends a shorter one');

select pg_temp.complete('pgtap-pause-4', 'retry', now() + interval '30 seconds', pause_channel => true);
select is(pg_temp.paused_until(), now() + interval '35 seconds', 'A pause of zero seconds pauses nothing');
select pg_temp.claim(now() + interval '35 seconds', max_count => 100);
select pg_temp.complete(
  'pgtap-pause-4', 'retry', now() + interval '35 seconds', retry_after_seconds => 1e9, pause_channel => true
);
select is(
  pg_temp.paused_until(),
  now() + interval '1 day 35 seconds',
  'A service cannot pause its channel for more than a day'
);
select pg_temp.start_over();

-- Invalid calls

select pg_temp.claim();
select pg_temp.raise_alert('pgtap-wrong') as alert_id \gset

select throws_ok(
  format('select public.complete_job_alert(%L, %L, gen_random_uuid(), %L)', alert_id, channel, outcome),
  error_state,
  message,
  description
)
from (
  values
    (
      :'alert_id', 'slack', 'lost', '22023',
      'the outcome of a delivery is sent, retry or given_up, not lost',
      'An unknown outcome is refused'
    ),
    (
      :'alert_id', 'slack', null, '22023',
      'the outcome of a delivery is sent, retry or given_up, not null',
      'A missing outcome is refused'
    ),
    (
      '00000000-0000-4000-8000-000000000000', 'slack', 'sent', 'PT404',
      'there is no delivery of the alert 00000000-0000-4000-8000-000000000000 to slack',
      'Completing an unknown alert is refused'
    ),
    (
      :'alert_id', 'pager', 'sent', 'PT404',
      format('there is no delivery of the alert %s to pager', :'alert_id'),
      'Completing an alert on a channel without a delivery is refused'
    )
) as refused (alert_id, channel, outcome, error_state, message, description);

-- Callers

select pg_temp.claim();
select lease from pg_temp.claims where job_name = 'pgtap-wrong' \gset
set local role service_role;
select lives_ok(
  format('select public.complete_job_alert(%L, %L, %L, %L)', :'alert_id', 'slack', :'lease', 'sent'),
  'The service role can complete deliveries and cannot use the tables'
);
reset role;

-- Keys

select pg_temp.start_over();
select pg_temp.raise_alert('pgtap-corrected');
select pg_temp.claim();
select pg_temp.complete('pgtap-corrected', 'retry');
select is(
  (pg_temp.delivery('pgtap-corrected')).key_number,
  1,
  'An attempt whose outcome is unknown is repeated under the same key'
);
select pg_temp.claim(now() + interval '1 minute');
select pg_temp.complete('pgtap-corrected', 'given_up', now() + interval '1 minute');
select jobs.retry_deliveries('slack', now() + interval '2 minutes');
select is(
  public.claim_job_alerts(
    channels => pg_temp.channels('slack'),
    as_of => now() + interval '2 minutes'
  ) -> 0 -> 'key_number',
  '2',
  'A message that was refused is sent again under a new key'
);

select * from finish();
rollback;
