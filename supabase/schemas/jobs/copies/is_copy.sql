create function jobs.is_copy()
returns boolean
language plpgsql
stable
set search_path = ''
as $function$
begin
  -- Nearly always the table is empty, and then Vault is not read.
  return exists (
    select 1
    from jobs.refused_address
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

revoke all on function jobs.is_copy()
  from public, anon, authenticated, service_role;

comment on function jobs.is_copy() is
  'Whether this database is a copy: the functions at its functions_url have said that they belong to another database. A '
  'copy starts no run, raises no alert and sends none. It ends when functions_url is another address, or when the '
  'functions accept its call.';
