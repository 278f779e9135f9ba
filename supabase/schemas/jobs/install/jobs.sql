create schema jobs;

comment on schema jobs is
  'Private machinery of Duewatch: job definitions, dispatch, settings. Not exposed by the Data API.';

revoke all on schema jobs
  from public, anon, authenticated, service_role;

-- For the helpers of public functions that run as their caller. Each is granted
-- by itself; no table is.
grant usage on schema jobs
  to authenticated, service_role;
