create function jobs.is_due(
  job_name text,
  as_of timestamptz default now()
)
returns boolean
language plpgsql
set search_path = ''
as $function$
declare
  due_check text;
  answer boolean;
begin
  select jobs.checked_due_check(definition.due_check)
  into due_check
  from jobs.definitions as definition
  where definition.job_name = is_due.job_name;

  if due_check is null then
    return false;
  end if;

  execute format('select %s($1)', due_check)
  into answer
  using is_due.as_of;

  return coalesce(answer, false);
end
$function$;

revoke all on function jobs.is_due(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.is_due(text, timestamptz) is
  'What the due check of a job says at as_of (default now()). False for null, for a job without a check and for one that '
  'is not registered. Raises what the check raises, and 42883 when its function does not exist any more.';
