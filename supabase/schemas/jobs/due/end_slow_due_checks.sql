create function jobs.end_slow_due_checks()
returns int
language sql
set search_path = ''
as $function$
  select count(pg_cancel_backend(session.pid))::int
  from pg_catalog.pg_stat_activity as session
  where session.datname = current_database()
    and session.usename = current_user
    and session.application_name = 'duewatch due check'
    and session.state = 'active'
    and session.pid <> pg_backend_pid()
    and session.xact_start < clock_timestamp() - jobs.due_check_limit();
$function$;

revoke all on function jobs.end_slow_due_checks()
  from public, anon, authenticated, service_role;

comment on function jobs.end_slow_due_checks() is
  'Ends the questions to due checks that have taken longer than jobs.due_check_limit(). jobs.ask_due_check() notes it and '
  'goes on. Returns how many.';
