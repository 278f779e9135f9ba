create function jobs.checked_due_check(name text)
returns text
language plpgsql
stable
set search_path = ''
as $function$
declare
  parts text[];
  check_function record;
begin
  if checked_due_check.name is null then
    return null;
  end if;

  begin
    parts := parse_ident(checked_due_check.name);
  exception
    when invalid_parameter_value then
      parts := null;
  end;

  if cardinality(parts) is distinct from 2 then
    raise exception 'due_check is not the name of a function with its schema: %', checked_due_check.name
      using
        errcode = 'invalid_parameter_value',
        hint = 'It is of the form schema.function, without arguments.';
  end if;

  select
    routine.prokind = 'f' and not routine.proretset and routine.prorettype = 'boolean'::regtype as is_question,
    pg_get_function_result(routine.oid) as result
  into check_function
  from pg_catalog.pg_proc as routine
  join pg_catalog.pg_namespace as namespace
    on namespace.oid = routine.pronamespace
  where namespace.nspname = parts[1]
    and routine.proname = parts[2]
    and routine.proargtypes = array['timestamptz'::regtype::oid]::oidvector;

  if not found then
    raise exception 'due_check names a function that does not exist: %(timestamptz)', checked_due_check.name
      using
        errcode = 'undefined_function',
        hint = 'Create it first: a function (as_of timestamptz) that returns boolean.';
  end if;

  if not check_function.is_question then
    raise exception 'due_check names a function that does not return boolean: %(timestamptz) returns %',
      checked_due_check.name,
      coalesce(check_function.result, 'nothing')
      using errcode = 'invalid_function_definition';
  end if;

  return format('%I.%I', parts[1], parts[2]);
end
$function$;

revoke all on function jobs.checked_due_check(text)
  from public, anon, authenticated, service_role;

comment on function jobs.checked_due_check(text) is
  'Returns the name of a due check, quoted, when there is a function of that name that takes one timestamptz and returns '
  'one boolean; null for null. Raises 22023 for what is no name with a schema, 42883 for a function that does not exist, '
  'and 42P13 for one that returns anything else.';
