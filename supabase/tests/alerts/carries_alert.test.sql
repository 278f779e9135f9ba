begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
select no_plan();

create function pg_temp.queued()
returns text[]
language sql
as $$
  select coalesce(array_agg(format('%s by %s', alert.kind, delivery.channel) order by alert.sequence, delivery.channel), '{}')
  from jobs.alert_deliveries as delivery
  join jobs.alerts as alert
    on alert.id = delivery.alert_id;
$$;

select pg_temp.claim(channels => '[{"name": "email", "kinds": ["run_failed", "job_recovered"]}]');
select pg_temp.raise_alert('pgtap-a', kind => 'run_degraded');
select is(
  pg_temp.queued(),
  array['run_degraded by email'],
  'A degraded run goes where failed runs go, when no channel was announced for it'
);
select pg_temp.raise_alert('pgtap-a', kind => 'run_succeeded');
select is(array_length(pg_temp.queued(), 1), 1, 'A success does not: nobody has asked for it there');

select pg_temp.claim(channels => '[{"name": "slack", "kinds": ["run_failed", "run_degraded"]}]');
select pg_temp.raise_alert('pgtap-b', kind => 'run_degraded');
select is(
  (pg_temp.queued())[3:],
  array['run_degraded by slack'],
  'With a channel for it, it goes there alone'
);

select pg_temp.start_over();
select pg_temp.raise_alert('pgtap-c', kind => 'run_degraded');
select is(pg_temp.queued(), '{}', 'Without any channel it waits');
select pg_temp.claim(channels => '[{"name": "email", "kinds": ["run_failed"]}]');
select is(pg_temp.queued(), array['run_degraded by email'], 'and the first one gets it');

select * from finish();
rollback;
