create function jobs.catch_ups_to_start()
returns text[]
language plpgsql
stable
set search_path = ''
as $function$
begin
  return array(select jobs.due_catch_ups());
exception
  -- jobs.supervise() has met the same, and it is a problem there.
  when others then
    return array[]::text[];
end
$function$;

revoke all on function jobs.catch_ups_to_start()
  from public, anon, authenticated, service_role;

comment on function jobs.catch_ups_to_start() is
  'The jobs of jobs.due_catch_ups() for the supervisor. Raises no error: without an answer, no job.';
