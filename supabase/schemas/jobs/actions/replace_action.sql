create function jobs.replace_action(
  job_name text,
  action text,
  reason text,
  until timestamptz,
  requested_by text,
  as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  requested jobs.actions;
begin
  select *
  into requested
  from jobs.actions as former
  where former.job_name = replace_action.job_name
    and former.action = replace_action.action
    and former.ended_at is null
  for update;

  if requested.reason = replace_action.reason
    and requested.until is not distinct from replace_action.until
    and (requested.until > replace_action.as_of) is not false then
    return jobs.action_as_json(requested, changed => false);
  end if;

  update jobs.actions as former
  set ended_at = greatest(replace_action.as_of, former.requested_at)
  where former.id = requested.id;

  insert into jobs.actions (action, job_name, reason, requested_by, requested_at, until)
  values (
    replace_action.action,
    replace_action.job_name,
    replace_action.reason,
    replace_action.requested_by,
    replace_action.as_of,
    replace_action.until
  )
  returning *
  into requested;

  return jobs.action_as_json(requested);
end
$function$;

revoke all on function jobs.replace_action(text, text, text, timestamptz, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.replace_action(text, text, text, timestamptz, text, timestamptz) is
  'Puts a pause or snooze into force, in place of the one that is. Idempotent: with the same reason and end nothing '
  'changes. Returns the one that is in force.';
