create function jobs.checked_reason(reason text)
returns text
language plpgsql
immutable
set search_path = ''
as $function$
declare
  trimmed text := btrim(regexp_replace(checked_reason.reason, '[[:cntrl:][:space:]]+', ' ', 'g'));
begin
  if coalesce(trimmed, '') = '' then
    raise exception 'a reason is required: anyone who reads it later has to know why'
      using errcode = 'invalid_parameter_value';
  end if;
  if length(trimmed) > 500 then
    raise exception 'a reason has at most 500 characters, this one has %', length(trimmed)
      using errcode = 'invalid_parameter_value';
  end if;
  return trimmed;
end
$function$;

revoke all on function jobs.checked_reason(text)
  from public, anon, authenticated, service_role;

comment on function jobs.checked_reason(text) is
  'Returns the reason of an action as one line. Raises an error when it is empty or longer than 500 characters.';
