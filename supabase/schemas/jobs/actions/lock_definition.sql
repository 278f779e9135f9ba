create function jobs.lock_definition(job_name text)
returns jobs.definitions
language plpgsql
set search_path = ''
as $function$
declare
  definition jobs.definitions;
begin
  select *
  into definition
  from jobs.definitions as registered
  where registered.job_name = lock_definition.job_name
  for update;

  if not found then
    raise exception 'there is no job %', coalesce(lock_definition.job_name, 'null')
      using
        errcode = 'PT404',
        hint = 'select job_name from jobs.definitions lists the registered jobs.';
  end if;

  return definition;
end
$function$;

revoke all on function jobs.lock_definition(text)
  from public, anon, authenticated, service_role;

comment on function jobs.lock_definition(text) is
  'Locks the definition of a job until the transaction ends and returns it. Raises PT404 for a job that is not registered.';
