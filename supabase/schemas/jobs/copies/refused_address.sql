create table jobs.refused_address (
  functions_url text not null,
  refused_since timestamptz not null,
  refused_at timestamptz not null,
  constraint refused_address_pkey primary key (functions_url),
  constraint refused_address_order_check
    check (refused_at >= refused_since)
);

alter table jobs.refused_address enable row level security;

revoke all on table jobs.refused_address
  from public, anon, authenticated, service_role;

comment on table jobs.refused_address is
  'The address whose functions have said that they belong to another database. Written by jobs.call_function(). At most '
  'one row; without effect once the setting functions_url is another one, and 15 minutes after refused_at (jobs.is_copy).';
comment on column jobs.refused_address.refused_since is
  'When they said so for the first time.';
comment on column jobs.refused_address.refused_at is
  'When they last said so. When they are asked again, jobs.assert_no_copy() knows.';
