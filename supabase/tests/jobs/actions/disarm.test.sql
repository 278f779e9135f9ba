begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
select no_plan();

delete from vault.secrets where true;
select vault.create_secret('of the adopter', 'stripe_key');
select vault.create_secret(name || '-0123456789abcdef', name)
from unnest(array['functions_url', 'jobs_api_key', 'jobs_api_key_former', 'jobs_read_key', 'slack_webhook_url',
  'resend_api_key', 'alert_email_from', 'alert_email_to', 'alert_timezone']) as secret (name);
select jobs.register(
  job_name => 'pgtap-job',
  description => 'A job of the tests',
  schedule => '0 0 1 1 *',
  ping_url => 'https://hc-ping.com/0123'
);
select jobs.register(job_name => 'pgtap-paused', description => 'Another', schedule => '0 0 1 1 *');
select jobs.pause('pgtap-paused', 'it is not set up', as_of => now() - interval '1 day');
select jobs.register(job_name => 'pgtap-paused-until', description => 'Another', schedule => '0 0 1 1 *');
select jobs.pause('pgtap-paused-until', 'the import runs', now() + interval '1 hour');
select pg_temp.claim(channels => pg_temp.channels('slack', 'email'));
select pg_temp.insert_run('pgtap-job');
select jobs.enable_heartbeat();
update jobs.last_resort set failing_since = now(), subject = 'FAILING', message = 'Nobody hears', written_at = now()
where true;
select isnt_empty($$select 1 from jobs.alert_deliveries where status = 'pending'$$, 'Before it, alerts wait');
select count(*) as runs from public.jobs_log \gset

select throws_ok($$select jobs.disarm(null)$$, '22023', null, 'A reason is required');
select throws_ok($$select jobs.disarm('  ')$$, '22023', null, 'An empty one is none');
select isnt_empty($$select 1 from vault.secrets where name = 'functions_url'$$, 'Then nothing is changed');

select jobs.disarm('The staging copy', requested_by => 'ada') as answer \gset
select is(:'answer'::jsonb ->> 'action', 'disarm', 'A copy is disarmed');
select is(:'answer'::jsonb -> 'removed_settings', jsonb '[
  "alert_email_from", "alert_email_to", "functions_url", "jobs_api_key", "jobs_api_key_former", "jobs_read_key",
  "resend_api_key", "slack_webhook_url"
]', 'It says which settings it has removed');
select results_eq(
  $$select name from vault.secrets order by name$$,
  $$values ('alert_timezone'), ('stripe_key')$$,
  'Every other secret stays'
);
select ok(:'answer'::jsonb -> 'paused' @> '["pgtap-job"]', 'It says which jobs it has paused');
select ok(not :'answer'::jsonb -> 'paused' @> '["pgtap-paused"]', 'One that was paused is not among them');
select is_empty($$select 1 from jobs.definitions where not jobs.is_paused(job_name)$$, 'Every job is paused');
select is_empty(
  $$
    select 1
    from jobs.definitions as definition
    join cron.job as entry on entry.jobname = definition.cron_job_name
    where entry.active
  $$,
  'So is its entry'
);
select is(
  (jobs.action_in_force('pgtap-paused', 'pause')).reason, 'it is not set up', 'A pause that was there keeps its reason'
);
select is_empty($$select 1 from jobs.definitions where ping_url is not null$$, 'No monitor outside is pinged');
select is_empty($$select 1 from jobs.alerts$$, 'No alert of the original is left, so no channel can get it');
select is((:'answer'::jsonb ->> 'cancelled_deliveries')::int, 2, 'It says how many deliveries it has cancelled');
select is_empty($$select 1 from jobs.alert_channels$$, 'No channel is known');
select is_empty($$select 1 from jobs.last_resort where message is not null or failing_since is not null$$, 'The last resort has nothing to send');
select is_empty($$select 1 from jobs.heartbeat$$, 'There is no heartbeat');
select is_empty($$select 1 from jobs.incidents where closed_at is null$$, 'No incident is open, so none reminds or recovers');
select is((select count(*) from public.jobs_log), :'runs'::bigint, 'The runs stay');
select results_eq(
  $$select requested_by, reason from jobs.actions where action = 'disarm'$$,
  $$values ('ada', 'The staging copy')$$,
  'jobs.actions says who asked'
);

select pg_temp.new_alerts();
select jobs.supervise();
select jobs.supervise(now() + interval '3 days');
select is_empty(
  $$select 1 from jobs.definitions where not jobs.is_paused(job_name)$$, 'A pause that would have ended has not'
);
select is(pg_temp.new_alerts(), '{}', 'Days later nothing was raised');
select is_empty($$select 1 from jobs.undelivered_alerts(now() + interval '1 hour')$$, 'And nothing is undelivered');

select jobs.disarm('The staging copy', requested_by => 'ada') as answer \gset
select is(:'answer'::jsonb -> 'paused', '[]', 'A second time there is nothing to pause');
select is(:'answer'::jsonb -> 'removed_settings', '[]', 'And nothing to remove');
select set_config('app.functions_url', 'https://production.example', true);
select is(
  jobs.disarm('The staging copy') -> 'left', jsonb '["app.functions_url"]',
  'A setting of the database is beyond it, and named'
);

select * from finish();
rollback;
