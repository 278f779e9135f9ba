create function jobs.entry_owner()
returns text
language sql
stable
set search_path = ''
as $function$
  select pg_get_userbyid(namespace.nspowner)::text
  from pg_catalog.pg_namespace as namespace
  where namespace.nspname = 'jobs';
$function$;

revoke all on function jobs.entry_owner()
  from public, anon, authenticated, service_role;

comment on function jobs.entry_owner() is
  'The role that pg_cron runs the jobs as: the owner of the schema jobs. An entry of the same name that belongs to '
  'another role is not ours.';
