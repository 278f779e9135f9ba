create extension if not exists pg_cron;

create extension if not exists http
  with schema extensions;

do $migration$
begin
  if not exists (
    select 1
    from pg_catalog.pg_extension as extension
    where extension.extname = 'http'
      and extension.extnamespace = 'extensions'::regnamespace
  ) then
    raise exception 'the extension http is in another schema than extensions: drop extension http, and apply the migration again';
  end if;
end
$migration$;
