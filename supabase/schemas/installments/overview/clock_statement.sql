create function jobs.clock_statement(
  agency_id uuid,
  timezone text,
  cutoff_time time
)
returns text
language sql
stable
set search_path = ''
begin atomic
  select format(
    E'update %I.%I\nset %I = %L, %I = %L\nwhere %I = %L;',
    timezone_at.names[1],
    timezone_at.names[2],
    timezone_at.names[3],
    clock_statement.timezone,
    cutoff_at.names[3],
    clock_statement.cutoff_time,
    id_at.names[3],
    clock_statement.agency_id
  )
  from parse_ident('public.agencies.timezone') as timezone_at (names)
  cross join parse_ident('public.agencies.overdue_cutoff_time') as cutoff_at (names)
  cross join parse_ident('public.agencies.id') as id_at (names);
end;

revoke all on function jobs.clock_statement(uuid, text, time)
  from public, anon, authenticated, service_role;
grant execute on function jobs.clock_statement(uuid, text, time)
  to authenticated, service_role;

comment on function jobs.clock_statement(uuid, text, time) is
  'The statement that gives an agency this time zone and cut-off, to copy into the SQL editor: with the names that the '
  'project''s own table and columns have. It changes nothing.';
