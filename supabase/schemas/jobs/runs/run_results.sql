create table jobs.run_results (
  run_id uuid not null,
  item_id text collate "C" not null,
  transition text collate "C" not null,
  updated_count int not null,
  -- No foreign key: with one, an owner could not truncate jobs_log.
  constraint run_results_pkey primary key (run_id, item_id, transition),
  constraint run_results_updated_count_check
    check (updated_count > 0)
);

alter table jobs.run_results enable row level security;

revoke all on table jobs.run_results
  from public, anon, authenticated, service_role;

comment on table jobs.run_results is
  'What a run changed for each of its items. A job writes the rows in the transaction of the change, so they are there '
  'while the run is running. jobs.prune() deletes those whose run is gone.';
comment on column jobs.run_results.item_id is
  'The id of the item, as in jobs_log.errors.';
comment on column jobs.run_results.transition is
  'What changed, as from_to: a status before and the status after.';
comment on column jobs.run_results.updated_count is
  'How many records of the item made the transition.';
