create function jobs.action_without_details(action jsonb)
returns jsonb
language sql
immutable
set search_path = ''
as $function$
  select case
    when jsonb_typeof(action_without_details.action) = 'object' then
      action_without_details.action || '{"reason": "(not shown)", "requested_by": "(not shown)"}'
    else action_without_details.action
  end;
$function$;

revoke all on function jobs.action_without_details(jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.action_without_details(jsonb) is
  'A pause or a snooze for read keys: its instants, without who asked and why.';
