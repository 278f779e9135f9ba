create function jobs.due_check_limit()
returns interval
language sql
immutable
set search_path = ''
as $function$
  select interval '10 seconds';
$function$;

revoke all on function jobs.due_check_limit()
  from public, anon, authenticated, service_role;

comment on function jobs.due_check_limit() is
  'How long a due check may take. One that takes longer is ended by the supervisor of the next minute.';
