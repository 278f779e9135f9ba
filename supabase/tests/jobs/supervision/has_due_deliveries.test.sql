begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
select no_plan();

-- No channel yet

select is(jobs.has_due_deliveries(), false, 'Without an alert nothing is due');

select pg_temp.raise_alert('pgtap-a');
select is(jobs.has_due_deliveries(), true, 'An alert without a known channel is due, because the function may have one');
select is(
  jobs.has_due_deliveries(now() + interval '10 minutes' - interval '1 microsecond'),
  true,
  'An alert without a known channel is due for ten minutes'
);
select is(
  jobs.has_due_deliveries(now() + interval '10 minutes'),
  false,
  'After ten minutes an alert without a known channel is not due'
);

-- Waiting, under way, sent

select pg_temp.claim();
select is(jobs.has_due_deliveries(now() + interval '29.999999 seconds'), false, 'A claimed delivery is not due');
select is(jobs.has_due_deliveries(now() + interval '30 seconds'), true, 'A claimed delivery is due again when its lease ends');

select pg_temp.complete('pgtap-a', 'retry', retry_after_seconds => 60);
select is(jobs.has_due_deliveries(now() + interval '59.999999 seconds'), false, 'A delivery is not due during its back-off');
select is(jobs.has_due_deliveries(now() + interval '60 seconds'), true, 'A delivery is due after its back-off');

update jobs.alert_channels
set paused_until = now() + interval '2 minutes'
where name = 'slack';
select is(
  jobs.has_due_deliveries(now() + interval '119.999999 seconds'),
  false,
  'Nothing is due while the only channel is paused'
);
select is(jobs.has_due_deliveries(now() + interval '2 minutes'), true, 'A delivery is due when the pause of its channel ends');

select pg_temp.claim(now() + interval '2 minutes');
select pg_temp.complete('pgtap-a', 'sent');
select is(jobs.has_due_deliveries(now() + interval '1 hour'), false, 'A sent delivery is not due');

select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
delete from jobs.alert_deliveries where true;
select pg_temp.raise_alert('pgtap-c');
select pg_temp.claim(channels => pg_temp.channels('email'));
select pg_temp.complete('pgtap-c', channel => 'email');
update jobs.alert_channels
set paused_until = now() + interval '1 minute'
where name = 'slack';
select is(
  jobs.has_due_deliveries(),
  false,
  'A delivery to a paused channel is not due because of another channel'
);
select pg_temp.start_over();

-- Kinds that no channel carries

select pg_temp.claim(channels => '[{"name": "slack", "kinds": ["heartbeat"]}]');
select pg_temp.raise_alert('pgtap-b');
select is(jobs.has_due_deliveries(), false, 'An alert that no channel carries is not due');

select * from finish();
rollback;
