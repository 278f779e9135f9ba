create function public.is_this_database(fingerprint text)
returns boolean
language sql
stable
security definer
set search_path = ''
as $function$
  select is_this_database.fingerprint = jobs.database_fingerprint();
$function$;

revoke all on function public.is_this_database(text)
  from public, anon, authenticated, service_role;
grant execute on function public.is_this_database(text)
  to service_role;

comment on function public.is_this_database(text) is
  'Whether a fingerprint (jobs.database_fingerprint) is that of this database. The functions ask it about the database '
  'that calls them: a copy calls the functions of the original, and has to be refused. Null for null.';
