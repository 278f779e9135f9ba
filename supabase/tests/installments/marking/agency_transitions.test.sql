begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
\ir ../../arrange_runs.psql
select no_plan();

create function pg_temp.transitions()
returns table ("time" timestamptz, number int, job_name text, agency_id text, transition text, updated_count int)
language sql
as $$
  select
    changed."time",
    right(changed.run_id::text, 12)::int,
    changed.job_name,
    changed.agency_id,
    changed.transition,
    changed.updated_count::int
  from jobs.agency_transitions(
    from_at => '2001-03-10 12:00:00+00',
    to_at => '2001-03-11 12:00:00+00'
  ) as changed
  order by changed."time", changed.agency_id, changed.transition;
$$;

select is_empty('select pg_temp.transitions()', 'Without a run nothing has changed');

select pg_temp.log_run(
  job_name,
  started_at,
  status,
  metadata => metadata,
  id => pg_temp.run_id(number),
  results => results
)
from (
  values
    (1, 'pgtap-a', timestamptz '2001-03-10 11:59:59.999999+00', 'success', jsonb '{"north": {"pending_to_overdue": 1}}', jsonb 'null'),
    (2, 'pgtap-a', '2001-03-10 12:00:00+00', 'success', '{"north": {"pending_to_overdue": 2}, "south": {"pending_to_overdue": 3}}', null),
    (3, 'pgtap-b', '2001-03-10 13:00:00+00', 'failed', '{"north": {"pending_to_overdue": 4, "overdue_to_paid": 5}}', null),
    (4, 'pgtap-a', '2001-03-11 11:59:59.999999+00', 'running', '{"east": {"pending_to_overdue": 6}}', null),
    (5, 'pgtap-a', '2001-03-11 12:00:00+00', 'success', '{"east": {"pending_to_overdue": 7}}', null),
    (6, 'pgtap-a', '2001-03-10 14:00:00+00', 'success', '{}', '{"attempts": 1, "agencies": []}'),
    (7, 'pgtap-a', '2001-03-10 14:00:00+00', 'success', null, null),
    (8, 'pgtap-a', '2001-03-10 14:00:00+00', 'success', null, '{"agencies": 12}'),
    (9, 'pgtap-a', '2001-03-10 14:00:00+00', 'success', null, '{"agencies": [{"agency_id": "north", "transitions": {"sent": 8}}]}')
) as logged (number, job_name, started_at, status, results, metadata);

select bag_eq(
  'select * from pg_temp.transitions()',
  $$
    values
      (timestamptz '2001-03-10 12:00:00+00', 2, 'pgtap-a', jobs.item_pseudonym('north'), 'pending_to_overdue', 2),
      ('2001-03-10 12:00:00+00', 2, 'pgtap-a', jobs.item_pseudonym('south'), 'pending_to_overdue', 3),
      ('2001-03-10 13:00:00+00', 3, 'pgtap-b', jobs.item_pseudonym('north'), 'overdue_to_paid', 5),
      ('2001-03-10 13:00:00+00', 3, 'pgtap-b', jobs.item_pseudonym('north'), 'pending_to_overdue', 4),
      ('2001-03-11 11:59:59.999999+00', 4, 'pgtap-a', jobs.item_pseudonym('east'), 'pending_to_overdue', 6)
  $$,
  'Each run, agency and transition in [from_at, to_at) has a row, and metadata adds none'
);

-- A role that can create roles can also assume them. This one cannot use pgTAP.
grant metrics_reader to postgres;
set local role metrics_reader;
select sum(updated_count) as seen
from jobs.agency_transitions('2001-03-10 12:00:00+00', '2001-03-11 12:00:00+00')
\gset
reset role;
select is(:seen, 20, 'metrics_reader can call agency_transitions()');
select ok(
  not has_column_privilege('metrics_reader', 'public.jobs_log', 'metadata', 'select'),
  'metrics_reader cannot read metadata'
);

select * from finish();
rollback;
