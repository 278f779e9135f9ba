create table jobs.timezone_names (
  name text not null,
  constraint timezone_names_pkey primary key (name)
);

alter table jobs.timezone_names enable row level security;

revoke all on table jobs.timezone_names
  from public, anon, authenticated, service_role;

comment on table jobs.timezone_names is
  'The names of pg_timezone_names, kept because each query of that view reads hundreds of files (30 ms). '
  'jobs.check_agency_timezone() looks up a missing name there and adds it.';

insert into jobs.timezone_names (name)
select zone.name
from pg_catalog.pg_timezone_names as zone;
