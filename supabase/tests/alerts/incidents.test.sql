begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
select no_plan();

create function pg_temp.observe(
  as_of timestamptz,
  kind text default 'run_failed',
  job_name text default 'pgtap-a',
  observed int default 1,
  details jsonb default '{}'
)
returns uuid
language sql
as $$
  select jobs.raise_incident(
    job_name => observe.job_name,
    kind => observe.kind,
    details => observe.details,
    observed => observe.observed,
    as_of => observe.as_of
  );
$$;

create function pg_temp.unhealthy(as_of timestamptz, variadic codes text[])
returns uuid
language sql
as $$
  select pg_temp.observe(
    kind => 'job_unhealthy',
    as_of => unhealthy.as_of,
    details => jsonb_build_object(
      'reasons', (
        select jsonb_agg(
          jsonb_build_object('code', code, 'message', format('%s as of %s', code, unhealthy.as_of))
        )
        from unnest(unhealthy.codes) as code
      )
    )
  );
$$;

create function pg_temp.over(
  as_of timestamptz,
  kinds text[] default array['run_failed', 'run_degraded', 'run_missed', 'job_unhealthy'],
  job_name text default 'pgtap-a'
)
returns uuid
language sql
as $$
  select jobs.close_incidents(
    job_name => over.job_name,
    kinds => over.kinds,
    as_of => over.as_of
  );
$$;

create function pg_temp.open_incidents(job_name text default 'pgtap-a')
returns text[]
language sql
as $$
  select array_agg(format('%s times %s', incident.occurrences, incident.kind) order by incident.kind)
  from jobs.incidents as incident
  where incident.job_name = open_incidents.job_name
    and incident.closed_at is null;
$$;

-- Once, then every 24 hours

select isnt(
  pg_temp.observe('2001-03-10 12:00:00+00'),
  null,
  'A new problem raises an alert, and its id is returned'
);

select is(pg_temp.new_alerts(), array['run_failed of pgtap-a'], 'The first observation raises an alert');

select is(
  pg_temp.observe('2001-03-10 12:00:00.000001+00'),
  null,
  'A known problem returns no alert'
);

select pg_temp.observe('2001-03-10 13:00:00+00', observed => 5);
select pg_temp.observe('2001-03-11 11:59:59.999999+00');

select is(pg_temp.new_alerts(), '{}', 'One microsecond before 24 hours are over, there is no reminder');
select is(pg_temp.open_incidents(), array['8 times run_failed'], 'Observations without an alert are counted');

select pg_temp.observe('2001-03-11 12:00:00+00');
select is(pg_temp.new_alerts(), array['run_failed of pgtap-a, reminder 1'], 'After exactly 24 hours there is a reminder');

select pg_temp.observe('2001-03-12 11:59:59.999999+00');
select is(pg_temp.new_alerts(), '{}', 'The next 24 hours start with the reminder');

select pg_temp.observe('2001-03-12 12:00:01+00');
select is(pg_temp.new_alerts(), array['run_failed of pgtap-a, reminder 2'], 'After another 24 hours there is a second reminder');

select pg_temp.observe('2001-03-13 12:00:00+00');
select is(pg_temp.new_alerts(), '{}', 'A late reminder moves the next one');

select pg_temp.over('2001-03-13 13:00:00+00');
select pg_temp.new_alerts();

set local timezone = 'Europe/Berlin';
select pg_temp.observe('2001-03-24 12:00:00+01');
select pg_temp.observe('2001-03-25 12:00:00+02');
select is(
  pg_temp.new_alerts(),
  array['run_failed of pgtap-a'],
  'When the clocks go forward, noon of the next day is not yet 24 hours later'
);
select pg_temp.observe('2001-03-25 13:00:00+02');
select is(pg_temp.new_alerts(), array['run_failed of pgtap-a, reminder 1'], 'When the clocks go forward, the 24 hours are over at 13:00 of the next day');
set local timezone = 'UTC';
select pg_temp.over('2001-03-26 13:00:00+00');
select pg_temp.new_alerts();

-- One per job and kind

select pg_temp.observe('2001-04-01 12:00:00+00');
select pg_temp.observe('2001-04-01 12:00:00+00', kind => 'run_missed');
select pg_temp.observe('2001-04-01 12:00:00+00', job_name => 'pgtap-b');

select is(
  pg_temp.new_alerts(),
  array['run_failed of pgtap-a', 'run_missed of pgtap-a', 'run_failed of pgtap-b'],
  'Each kind of each job is a problem of its own'
);

select throws_ok(
  $$
    insert into jobs.incidents (job_name, kind, opened_at, last_seen_at, last_alerted_at)
    values ('pgtap-a', 'run_failed', now(), now(), now())
  $$,
  '23505',
  null,
  'There cannot be two open incidents of one job and kind'
);

-- Closing

select isnt(
  pg_temp.over('2001-04-01 15:00:00+00', array['run_failed', 'run_missed']),
  null,
  'Closing an incident raises an alert, and its id is returned'
);

select is(pg_temp.new_alerts(), array['job_recovered of pgtap-a'], 'Two incidents that close together raise one alert');

select is(
  (pg_temp.last_alert()).details,
  jsonb_build_object(
    'run', null,
    'problems', jsonb_build_array(
      jsonb_build_object('kind', 'run_failed', 'opened_at', timestamptz '2001-04-01 12:00:00+00', 'occurrences', 1),
      jsonb_build_object('kind', 'run_missed', 'opened_at', timestamptz '2001-04-01 12:00:00+00', 'occurrences', 1)
    )
  ),
  'The recovery contains the closed kinds, when they began and how often they were seen'
);

select is(pg_temp.open_incidents('pgtap-b'), array['1 times run_failed'], 'The incident of another job stays open');
select is(pg_temp.over('2001-04-01 15:00:00+00'), null, 'A closed incident is not closed again');
select is(pg_temp.over('2001-04-01 15:00:00+00', job_name => 'pgtap-other'), null, 'Without an incident nothing is closed');
select is(pg_temp.new_alerts(), '{}', 'Closing nothing raises no alert');

select pg_temp.observe('2001-04-01 15:00:01+00');
select is(pg_temp.new_alerts(), array['run_failed of pgtap-a'], 'A problem that returns within 24 hours is a new incident');
select is(pg_temp.open_incidents(), array['1 times run_failed'], 'A new incident counts from one again');
select is(
  (select array_agg(occurrences order by opened_at) from jobs.incidents where job_name = 'pgtap-a' and kind = 'run_failed'),
  array[12, 3, 1, 1],
  'Closed incidents are kept'
);

select pg_temp.observe('2001-04-01 16:00:00+00', kind => 'run_degraded');
select pg_temp.observe('2001-04-01 17:00:00+00', kind => 'job_unhealthy');
select pg_temp.over('2001-04-01 18:00:00+00', array['run_failed', 'run_missed']);
select is(
  pg_temp.open_incidents(),
  array['1 times job_unhealthy', '1 times run_degraded'],
  'Only the named kinds are closed'
);

select pg_temp.over('2001-04-01 15:59:59.999999+00');
select is(
  pg_temp.open_incidents(),
  array['1 times run_degraded'],
  'A success from before the failure does not close its incident, and a check closes what it finds gone'
);
select pg_temp.over('2001-04-01 16:00:00+00');
select is(pg_temp.open_incidents(), null, 'A success at the same instant closes it');
select pg_temp.new_alerts();

select is(
  (select closed_at from jobs.incidents where job_name = 'pgtap-a' and kind = 'job_unhealthy'),
  timestamptz '2001-04-01 17:00:00+00',
  'No incident ends before it begins'
);

-- Late observations

select pg_temp.observe('2001-05-02 12:00:00+00', details => '{"fact": "newer"}');
select pg_temp.observe('2001-05-01 12:00:00+00', details => '{"fact": "older"}');

select results_eq(
  $$
    select last_seen_at, details, occurrences
    from jobs.incidents
    where job_name = 'pgtap-a'
      and closed_at is null
  $$,
  $$values (timestamptz '2001-05-02 12:00:00+00', jsonb '{"fact": "newer"}', 2)$$,
  'A late observation is counted, and the newer one stays the last'
);

select is(pg_temp.over('2001-05-02 11:59:59.999999+00'), null, 'Only a success after the newer observation closes the incident');
select pg_temp.over('2001-05-02 12:00:00+00');
select pg_temp.new_alerts();

-- Alerts are snapshots

select pg_temp.observe('2001-06-01 12:00:00+00', details => '{"fact": "first"}') as first_alert \gset
select pg_temp.observe('2001-06-02 12:00:00+00', details => '{"fact": "second"}') as second_alert \gset

select results_eq(
  $$
    select alert.id, alert.details, incident.details
    from jobs.alerts as alert
    join jobs.incidents as incident
      on incident.id = alert.incident_id
    where incident.closed_at is null
      and incident.job_name = 'pgtap-a'
    order by alert.sequence
  $$,
  format(
    $$
      values
        (uuid %L, jsonb '{"fact": "first", "occurrences": 1}', jsonb '{"fact": "second"}'),
        (uuid %L, jsonb '{"fact": "second", "occurrences": 2}', jsonb '{"fact": "second"}')
    $$,
    :'first_alert',
    :'second_alert'
  ),
  'Each alert keeps the facts of its own time, and the incident has the latest'
);
select pg_temp.over('2001-06-03 12:00:00+00');
select pg_temp.new_alerts();

-- Bad health: a new reason raises an alert

select pg_temp.unhealthy('2001-07-01 12:00:00+00', 'one');
select is(pg_temp.new_alerts(), array['job_unhealthy of pgtap-a'], 'A health reason raises an alert');

select pg_temp.unhealthy('2001-07-01 13:00:00+00', 'one');
select is(pg_temp.new_alerts(), '{}', 'The same reason with other numbers raises no alert');

select pg_temp.unhealthy('2001-07-01 14:00:00+00', 'two', 'one');
select is(pg_temp.new_alerts(), array['job_unhealthy of pgtap-a'], 'A new reason raises an alert at once, which is not a reminder');

select pg_temp.unhealthy('2001-07-01 15:00:00+00', 'two');
select is(pg_temp.new_alerts(), '{}', 'A reason that ends raises no alert');

select pg_temp.unhealthy('2001-07-02 13:59:59.999999+00', 'two');
select is(pg_temp.new_alerts(), '{}', 'The 24 hours start with the last alert of bad health');

select pg_temp.unhealthy('2001-07-02 14:00:00+00', 'two');
select is(pg_temp.new_alerts(), array['job_unhealthy of pgtap-a, reminder 1'], 'After 24 hours there is a reminder of bad health');

select pg_temp.unhealthy('2001-07-03 14:00:00+00', 'two', 'three');
select is(
  pg_temp.new_alerts(),
  array['job_unhealthy of pgtap-a, reminder 1'],
  'A new reason at that instant is not a second reminder'
);

select pg_temp.over('2001-07-03 15:00:00+00');
select pg_temp.new_alerts();

-- Closed silently

select pg_temp.observe('2001-08-01 12:00:00+00');
select pg_temp.observe('2001-08-01 12:00:00+00', kind => 'run_missed');
select pg_temp.new_alerts();

select is(jobs.close_incidents_silently('pgtap-a', '2001-08-01 13:00:00+00'), 2, 'The incidents of a job can be closed silently');
select is(jobs.close_incidents_silently('pgtap-a', '2001-08-01 13:00:00+00'), 0, 'An incident that was closed silently is not closed again');
select is(pg_temp.new_alerts(), '{}', 'An incident that is closed silently raises no job_recovered');
select is(pg_temp.open_incidents(), null, 'An incident that is closed silently is not open');
select is(pg_temp.open_incidents('pgtap-b'), array['1 times run_failed'], 'Closing incidents silently leaves those of another job open');

select pg_temp.register('pgtap-b');
select jobs.unregister('pgtap-b');
select is(pg_temp.open_incidents('pgtap-b'), null, 'Unregistering a job closes its incidents');
select is(pg_temp.new_alerts(), '{}', 'Unregistering a job raises no alert');

-- Raising an alert

select jobs.raise_alert(kind => 'heartbeat', job_name => 'pgtap-past', details => '{}', as_of => '2001-03-10 12:00:00+00');
select is(
  (pg_temp.last_alert()).raised_at,
  now(),
  'An alert about the past has the current time'
);

select jobs.raise_alert(kind => 'heartbeat', job_name => 'pgtap-ahead', details => '{}', as_of => now() + interval '1 hour');
select is(
  (pg_temp.last_alert()).raised_at,
  now() + interval '1 hour',
  'An alert on a clock that is ahead has the time of that clock'
);

select throws_ok(
  $$select jobs.raise_alert(kind => 'rumour', job_name => 'pgtap', details => '{}')$$,
  '23514',
  null,
  'An unknown kind of alert is refused'
);

-- Clocks that disagree

select pg_temp.start_over();
select pg_temp.observe('2001-05-01 12:00:00+00', details => '{"run": 1}');
select pg_temp.observe('2001-05-01 12:00:00+00', details => '{"run": 2}');

select is(
  (select details ->> 'run' from jobs.incidents where job_name = 'pgtap-a' and closed_at is null),
  '2',
  'Of two observations at the same instant, the second is the last'
);

select jobs.close_incidents_silently('pgtap-a', '2001-05-01 11:00:00+00');

select results_eq(
  $$select opened_at, closed_at from jobs.incidents where job_name = 'pgtap-a'$$,
  $$values (timestamptz '2001-05-01 12:00:00+00', timestamptz '2001-05-01 12:00:00+00')$$,
  'An incident is not closed silently before it was opened'
);

select * from finish();
rollback;
