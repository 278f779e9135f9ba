begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
select no_plan();

create function pg_temp.outcome(job_name text)
returns jsonb
language sql
as $$
  select jobs.alert_outcome((pg_temp.last_alert(outcome.job_name)).id);
$$;

create function pg_temp.expected(status text, since timestamptz, channels jsonb, error text default null)
returns jsonb
language sql
as $$
  select jsonb_build_object(
    'status', expected.status,
    'since', expected.since,
    'channels', expected.channels,
    'error', expected.error
  );
$$;

select pg_temp.raise_alert('pgtap-a');
select is(
  pg_temp.outcome('pgtap-a'),
  pg_temp.expected('no_channel', now(), '[]'),
  'Without a channel an alert is raised and goes nowhere'
);

select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
select is(
  pg_temp.outcome('pgtap-a'),
  pg_temp.expected('waiting', now(), '["email", "slack"]'),
  'With channels it waits for them'
);

select pg_temp.complete(
  'pgtap-a', 'given_up', now() + interval '1 second', channel => 'email', error => 'Resend answered 422'
);
select pg_temp.complete('pgtap-a', 'retry', now() + interval '2 seconds', error => 'Slack answered 500');
select is(
  pg_temp.outcome('pgtap-a'),
  pg_temp.expected('waiting', now(), '["slack"]', 'Slack answered 500'),
  'While one may still send it, it waits for that one'
);

select pg_temp.claim(now() + interval '10 seconds');
select pg_temp.complete('pgtap-a', 'given_up', now() + interval '11 seconds', error => 'Slack answered 404');
select is(
  pg_temp.outcome('pgtap-a'),
  pg_temp.expected('given_up', now() + interval '11 seconds', '["email", "slack"]', 'Slack answered 404'),
  'When none will, it was given up, and the error says why'
);

select jobs.retry_deliveries('slack', now() + interval '20 seconds');
select pg_temp.claim(now() + interval '20 seconds');
select pg_temp.complete('pgtap-a', as_of => now() + interval '21 seconds');
select is(
  pg_temp.outcome('pgtap-a'),
  pg_temp.expected('delivered', now() + interval '21 seconds', '["slack"]'),
  'One channel that sent it has delivered it'
);

select is(jobs.alert_outcome(gen_random_uuid()), null, 'Of an alert that is gone nothing is known');

select * from finish();
rollback;
