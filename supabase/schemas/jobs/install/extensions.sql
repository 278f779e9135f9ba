create extension if not exists pg_cron;

create extension if not exists http
  with schema extensions;

do $migration$
declare
  found_schema name;
begin
  select extension.extnamespace::regnamespace
  into found_schema
  from pg_catalog.pg_extension as extension
  where extension.extname = 'http';

  if found_schema <> 'extensions' then
    -- It cannot be moved: alter extension http set schema is refused.
    raise exception 'the extension http is in the schema %, and has to be in extensions, where the Data API does not '
      'offer it to everybody: drop extension http; create extension http with schema extensions; and apply the '
      'migration again', found_schema;
  end if;
end
$migration$;
