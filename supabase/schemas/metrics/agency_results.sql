create table jobs.agency_results (
  run_id uuid not null,
  position int not null,
  agency_id text not null,
  transition text not null,
  updated_count numeric not null,
  is_agencys_first boolean not null,
  -- No key or index on the texts: a job may write any, also longer than fits.
  -- Nor a foreign key: it would keep an owner from emptying jobs_log at once.
  constraint agency_results_pkey primary key (run_id, position)
);

alter table jobs.agency_results enable row level security;

revoke all on table jobs.agency_results
  from public, anon, authenticated, service_role;

comment on table jobs.agency_results is
  'One row per transition that a run lists in metadata.agencies, as soon as the run has ended; it goes with its run. '
  'Written by triggers of public.jobs_log. Of a run that is running only the metadata tells.';
comment on column jobs.agency_results.position is
  'The place in the run''s list, from 1.';
comment on column jobs.agency_results.is_agencys_first is
  'Whether this is the first of the run''s rows for this agency: these rows count the runs of an agency.';
