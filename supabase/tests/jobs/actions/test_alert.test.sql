begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
select no_plan();

delete from vault.secrets
where name in ('slack_webhook_url', 'resend_api_key', 'alert_email_from', 'alert_email_to', 'alert_timezone');
select vault.create_secret('Nowhere/Land', 'alert_timezone');

select public.claim_job_alerts(
  '[{"name": "slack", "kinds": ["run_failed", "test"]}, {"name": "pigeon", "kinds": ["run_failed"]}]', 1
);
select count(*) as incidents from jobs.incidents \gset

select jobs.raise_alert('run_failed', 'duewatch', '{}');
set local role service_role;
select public.control_job('test_alert', 'mario@example.com', 'the webhook is new') as tested \gset
reset role;

select is(
  jsonb :'tested' - 'alert_id' - 'requested_at',
  '{
    "action": "test_alert", "job_name": null, "run_id": null, "channel": null,
    "reason": "the webhook is new", "requested_by": "mario@example.com",
    "until": null, "ended_at": null, "changed": true,
    "last_resort": [
      {"channel": "slack", "status": "not_configured", "problem": null},
      {"channel": "email", "status": "not_configured", "problem": null}
    ],
    "problems": ["the setting alert_timezone is no time zone, such as Australia/Brisbane: times are in UTC only"]
  }',
  'A test returns the action, the last resort and what is set wrongly'
);
select is(
  (select reason from jobs.actions where action = 'test_alert' and requested_by = 'mario@example.com'),
  'the webhook is new',
  'It is kept who asked, and why'
);
select is((select count(*) from jobs.incidents), :incidents::bigint, 'It opens no incident');
select is(
  (select details from jobs.alerts where id = (jsonb :'tested' ->> 'alert_id')::uuid),
  '{"requested_by": "mario@example.com", "reason": "the webhook is new"}',
  'The alert says who asked'
);

create function pg_temp.outcome()
returns jsonb
language sql
as $$
  select public.get_alert_deliveries(id)
  from jobs.alerts
  where kind = 'test'
  order by sequence desc
  limit 1;
$$;

set local role service_role;
select is(
  public.get_alert_deliveries((jsonb :'tested' ->> 'alert_id')::uuid),
  '[{
    "channel": "slack", "status": "pending", "attempts": 0, "error": null, "finished_at": null, "paused_until": null
  }]',
  'It waits for each channel that carries tests'
);
select is(public.get_alert_deliveries(gen_random_uuid()), '[]', 'An unknown alert waits nowhere');
reset role;

select pg_temp.complete('duewatch-test', 'given_up', error => 'Slack answered 404: no_service')
from pg_temp.claim();
select results_eq(
  $$select o.status, o.error from jsonb_to_recordset(pg_temp.outcome()) as o (status text, error text)$$,
  $$values ('given_up', 'Slack answered 404: no_service')$$,
  'What a channel says against it is reported'
);

-- Without any channel

delete from jobs.alert_channels where true;
select jobs.test_alert();
select is(pg_temp.outcome(), '[]', 'Without channels it waits nowhere');
select is_empty(
  $$
    select *
    from jobs.undelivered_alerts(now() + interval '5 minutes')
    where kind = 'test' and last_error is null
  $$,
  'Then the last resort says nothing about it: who asked knows'
);

select throws_ok(
  $$select jobs.test_alert(repeat('x', 501))$$, '22023', null, 'A reason that is too long is refused'
);

select * from finish();
rollback;
