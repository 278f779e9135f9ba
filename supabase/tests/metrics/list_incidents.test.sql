begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
select no_plan();

select is(public.list_incidents(), '[]', 'Without an incident the list is empty');

insert into jobs.incidents (id, job_name, kind, opened_at, last_seen_at, last_alerted_at, closed_at)
select
  md5('incident ' || number)::uuid,
  'pgtap-' || number,
  'run_failed',
  timestamptz '2001-03-10 12:00:00+00' + number * interval '1 minute',
  '2001-03-10 13:00:00+00',
  '2001-03-10 13:00:00+00',
  case when number > 1 then timestamptz '2001-03-11 12:00:00+00' + number * interval '1 minute' end
from generate_series(1, 4) as number;

select is(
  (public.list_incidents() -> 0) - array['id', 'alerts'],
  jsonb_build_object(
    'job_name', 'pgtap-1',
    'kind', 'run_failed',
    'opened_at', timestamptz '2001-03-10 12:01:00+00',
    'last_seen_at', timestamptz '2001-03-10 13:00:00+00',
    'last_alerted_at', timestamptz '2001-03-10 13:00:00+00',
    'closed_at', null,
    'occurrences', 1,
    'reminders', 0
  ),
  'An incident is listed with its numbers'
);
select is(
  (
    select array_agg(incident ->> 'job_name' order by position)
    from jsonb_array_elements(public.list_incidents(max_count)) with ordinality as listed (incident, position)
  ),
  jobs,
  description
)
from (
  values
    (50, array['pgtap-1', 'pgtap-4', 'pgtap-3', 'pgtap-2'], 'What is open comes first, then what ended last'),
    (1, array['pgtap-1', 'pgtap-4'], 'The limit is one of those that are over')
) as expected (max_count, jobs, description);

-- Alerts and their deliveries

select pg_temp.claim();
select pg_temp.raise_alert('pgtap-1') as alert \gset
update jobs.alerts as alert
set incident_id = md5('incident 1')::uuid
where alert.id = :'alert';
select pg_temp.claim();
select pg_temp.complete('pgtap-1');

select is(
  public.list_incidents() #> '{0,alerts}',
  jsonb_build_array(
    jsonb_build_object(
      'id', :'alert'::uuid,
      'kind', 'run_failed',
      'run_id', null,
      'raised_at', now(),
      'reminder', 0,
      'deliveries', jsonb_build_array(
        jsonb_build_object(
          'channel', 'slack',
          'status', 'sent',
          'attempts', 1,
          'queued_at', now(),
          'finished_at', now(),
          'last_error', null
        )
      )
    )
  ),
  'An incident lists its alerts, and whom each has reached'
);
select throws_ok(
  format('select public.list_incidents(%s)', coalesce(max_count::text, 'null')),
  '22023',
  'max_count must be between 1 and 100',
  format('%s incidents are refused', coalesce(max_count::text, 'As many as there are'))
)
from unnest(array[null, 0, 101]) as max_count;

select * from finish();
rollback;
