create function public.is_this_database(fingerprint text)
returns boolean
language sql
stable
security definer
set search_path = ''
as $function$
  select is_this_database.fingerprint = jobs.database_fingerprint()
    -- A replica, or a former primary: it was started at another time than the
    -- primary, and can do nothing wrong.
    or (pg_is_in_recovery() and is_this_database.fingerprint is not null);
$function$;

revoke all on function public.is_this_database(text)
  from public, anon, authenticated, service_role;
grant execute on function public.is_this_database(text)
  to service_role;

comment on function public.is_this_database(text) is
  'Whether a fingerprint (jobs.database_fingerprint) is that of this database. The functions ask it about the database '
  'that calls them: a copy calls the functions of the original, and has to be refused. '
  'A replica cannot tell, and says yes: it can write nothing. Null for null.';
