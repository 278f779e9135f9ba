create function jobs.is_copy(as_of timestamptz default clock_timestamp())
returns boolean
language plpgsql
stable
set search_path = ''
as $function$
begin
  -- Nearly always the table is empty, and then Vault is not read.
  return exists (
    select 1
    from jobs.refused_address as refused
    where is_copy.as_of >= refused.refused_at
      and is_copy.as_of < refused.refused_at + interval '15 minutes'
  )
  and exists (
    select 1
    from jobs.refused_address as refused
    where refused.functions_url = jobs.optional_setting('functions_url')
  );
exception
  -- Without an address nothing is called anyway.
  when object_not_in_prerequisite_state or invalid_parameter_value then
    return false;
end
$function$;

revoke all on function jobs.is_copy(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.is_copy(timestamptz) is
  'Whether this database is a copy: the functions at its functions_url have said within 15 minutes that they belong to '
  'another database. A copy starts no run and sends no alert; what is raised waits in the outbox. It ends when '
  'functions_url is another address, when the functions accept its call, and when they have not repeated it for 15 '
  'minutes, so that functions that are down silence nobody. They are asked every few minutes (jobs.assert_no_copy). '
  'as_of is on the real clock.';
