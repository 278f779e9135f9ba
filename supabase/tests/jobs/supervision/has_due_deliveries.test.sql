begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
select no_plan();

-- No channel yet

select is(jobs.has_due_deliveries(), false, 'Without an alert nothing is due');

select pg_temp.raise_alert('pgtap-a');
select is(jobs.has_due_deliveries(), true, 'An alert that was raised before there was a channel is due: the function may have one');
select is(
  jobs.has_due_deliveries(now() + interval '10 minutes' - interval '1 microsecond'),
  true,
  'It does so for ten minutes'
);
select is(
  jobs.has_due_deliveries(now() + interval '10 minutes'),
  false,
  'After that the function is not called every minute for a channel that is not set up'
);

-- Waiting, under way, sent

select pg_temp.claim();
select is(jobs.has_due_deliveries(now() + interval '29.999999 seconds'), false, 'A claimed delivery is not due');
select is(jobs.has_due_deliveries(now() + interval '30 seconds'), true, 'When its lease ends it is due again');

select pg_temp.complete('pgtap-a', 'retry', retry_after_seconds => 60);
select is(jobs.has_due_deliveries(now() + interval '59.999999 seconds'), false, 'During the back-off it is not due');
select is(jobs.has_due_deliveries(now() + interval '60 seconds'), true, 'After the back-off it is due');

update jobs.alert_channels
set paused_until = now() + interval '2 minutes'
where name = 'slack';
select is(
  jobs.has_due_deliveries(now() + interval '119.999999 seconds'),
  false,
  'Where the only channel is paused nothing waits'
);
select is(jobs.has_due_deliveries(now() + interval '2 minutes'), true, 'When the pause of the channel is over it is due');

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
  'What waits for a channel that is paused does not wait for the other one'
);
select pg_temp.start_over();

-- Without a carrier

select pg_temp.claim(channels => '[{"name": "slack", "kinds": ["heartbeat"]}]');
select pg_temp.raise_alert('pgtap-b');
select is(jobs.has_due_deliveries(), false, 'An alert that no channel carries is not due');

select * from finish();
rollback;
