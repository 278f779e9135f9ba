begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
select no_plan();

delete from vault.secrets
where name = 'runbook_url';
select set_config('app.runbook_url', '', true);

create function pg_temp.prepare(after interval, problems jsonb default '[]')
returns table (subject text, message text, failing_for interval)
language plpgsql
as $$
begin
  perform jobs.prepare_last_resort(prepare.problems, now() + prepare.after);
  return query
    select state.subject, state.message, now() + prepare.after - state.failing_since
    from jobs.last_resort as state
    where state.channel = 'slack'
      and state.message is not null;
end
$$;

-- What send_last_resort() does to the row.
create function pg_temp.send(after interval)
returns void
language sql
as $$
  update jobs.last_resort
  set
    message = null,
    sent_at = now() + send.after
  where channel = 'slack';
$$;

-- All is well

select is(
  jobs.prepare_last_resort('["one", "two"]'),
  '["one", "two"]',
  'The problems of the supervisor are passed on'
);
select is_empty($$select * from pg_temp.prepare('0')$$, 'Without an alert there is nothing to say');

-- It begins

select pg_temp.claim();
select pg_temp.raise_alert('pgtap-late', 'run_degraded');
select jobs.raise_alert(
  kind => 'run_failed',
  job_name => 'pgtap-broken',
  details => jsonb_build_object('run', jsonb_build_object('error_message', E'It\nbroke.'))
);

select is_empty($$select * from pg_temp.prepare('89 seconds')$$, 'For 90 seconds an alert may wait');
select is(
  (select message from pg_temp.prepare('90 seconds', '["The health check did not run."]')),
  concat_ws(
    E'\n\n',
    format('2 alerts have not reached anyone for 1.5 minutes, since %s.', jobs.instant_text(now())),
    'What happens next: the alerts stay in the outbox and are sent when the delivery works again. Until then the '
      'database repeats this message every hour.',
    'What to do: docs/runbooks/alerts-undelivered.md',
    'The most serious: Job Failed: pgtap-broken: It broke.',
    'What is wrong with the delivery: The health check did not run.'
  ),
  'Then the message says how many wait and since when, what happens next, where to look, the most serious, what is wrong'
);
select is(
  (select count(*) from jobs.last_resort where message is not null),
  2::bigint,
  'It is there for both channels'
);
select is(
  (select count(*) from jobs.alert_deliveries where status = 'pending'),
  2::bigint,
  'The alerts stay in the outbox'
);

-- It lasts

select pg_temp.send('90 seconds');
select is_empty($$select * from pg_temp.prepare('60 minutes 59 seconds')$$, 'Within an hour it is not repeated');
select matches(
  (select message from pg_temp.prepare('61 minutes', '["Something else."]')),
  'not reached anyone for 1 hour.*Something else\.',
  'After an hour it is, as things are by then'
);
select is(
  (select failing_for from pg_temp.prepare('61 minutes 30 seconds')),
  interval '1 hour',
  'It is still the same failure'
);

-- It is over

select pg_temp.claim(as_of => now() + interval '62 minutes');
select pg_temp.complete('pgtap-late', as_of => now() + interval '62 minutes');
select matches(
  (select message from pg_temp.prepare('62 minutes')),
  '2 alerts',
  'A message that was not sent is kept while one alert waits'
);
select pg_temp.complete('pgtap-broken', as_of => now() + interval '63 minutes');
select results_eq(
  $$select subject, message, failing_for from pg_temp.prepare('63 minutes')$$,
  $$
    values (
      'RECOVERED: alerts are delivered again',
      'No alert is waiting any more. The delivery failed for 1 hour; 2 alerts were delivered since it began.',
      null::interval
    )
  $$,
  'A channel that got the message gets one when it is over'
);
select is(
  (select message from jobs.last_resort where channel = 'email'),
  null,
  'The other gets none'
);
select isnt_empty($$select * from pg_temp.prepare('24 hours')$$, 'That message may be late');
select is_empty($$select * from pg_temp.prepare('25 hours 3 minutes')$$, 'But not by more than a day');

-- Slow is not broken

select pg_temp.start_over();
select pg_temp.claim();
select pg_temp.raise_alert('pgtap-a');
select pg_temp.raise_alert('pgtap-b');
select pg_temp.claim(as_of => now() + interval '1 minute');
select pg_temp.complete('pgtap-a', as_of => now() + interval '1 minute');
select is_empty(
  $$select * from pg_temp.prepare('2 minutes 29 seconds')$$,
  'While alerts are sent, one that waits is only late'
);
select matches(
  (select message from pg_temp.prepare('2 minutes 30 seconds')),
  '1 alert has not reached anyone.*ran and sent nothing',
  'When none was for 90 seconds, the delivery is broken'
);

select pg_temp.start_over();
select pg_temp.raise_alert('pgtap-a');
select matches(
  (select message from pg_temp.prepare('2 minutes')),
  'No alert channel is set up',
  'Without a channel, that is what is wrong'
);

-- Given up, with a link

select pg_temp.start_over();
select vault.create_secret('https://git.example.com/runbooks/', 'runbook_url');
select pg_temp.claim();
select pg_temp.raise_alert('pgtap-a');
select pg_temp.claim();
select pg_temp.complete('pgtap-a', 'given_up', error => 'Slack answered 404: no_service');
select matches(
  (select message from pg_temp.prepare('2 minutes')),
  'https://git\.example\.com/runbooks/alerts-undelivered\.md.*Slack answered 404: no_service',
  'What was given up has reached nobody either; the page is a link where the setting runbook_url is there'
);
select pg_temp.send('2 minutes');
select jobs.retire_channel('slack');
delete from jobs.alerts where true;
select is(
  (select subject from pg_temp.prepare('3 minutes')),
  'No alert is waiting any more',
  'When none was delivered, none is said to be'
);

-- It cannot be written

alter table jobs.last_resort add constraint pgtap_refuse check (failing_since is null);
select pg_temp.raise_alert('pgtap-a');
select matches(
  jobs.prepare_last_resort('["one"]', now() + interval '2 minutes') ->> 1,
  '^the last resort could not be prepared: .*pgtap_refuse',
  'What goes wrong is a sentence and no error'
);

select * from finish();
rollback;
