create schema jobs;

comment on schema jobs is
  'Private machinery of Duewatch: job definitions, dispatch, settings. Not exposed by the Data API.';

revoke all on schema jobs
  from public, anon, authenticated, service_role;
