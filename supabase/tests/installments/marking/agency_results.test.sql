begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
\ir ../../arrange_runs.psql
select no_plan();

select is(jobs.agency_results(pg_temp.run_id(1)), '[]', 'A run that has changed nothing lists no agencies');

insert into jobs.run_results (run_id, item_id, transition, updated_count)
values
  (pg_temp.run_id(1), 'east', 'pending_to_overdue', 2),
  (pg_temp.run_id(1), 'north', 'pending_to_overdue', 3),
  (pg_temp.run_id(1), 'north', 'overdue_to_pending', 4),
  (pg_temp.run_id(1), 'south', 'pending_to_overdue', 2),
  (pg_temp.run_id(2), 'west', 'pending_to_overdue', 9);
select is(
  jobs.agency_results(pg_temp.run_id(1)),
  '[
    {"agency_id": "north", "updated_count": 7, "transitions": {"pending_to_overdue": 3, "overdue_to_pending": 4}},
    {"agency_id": "east", "updated_count": 2, "transitions": {"pending_to_overdue": 2}},
    {"agency_id": "south", "updated_count": 2, "transitions": {"pending_to_overdue": 2}}
  ]',
  'Each agency has its transitions and their sum, the largest first'
);

select * from finish();
rollback;
