create function jobs.unsnooze(
  job_name text,
  reason text default null,
  requested_by text default session_user,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  checked_reason text := case when unsnooze.reason is not null then jobs.checked_reason(unsnooze.reason) end;
  snoozed jobs.actions := jobs.action_in_force(unsnooze.job_name, 'snooze', unsnooze.as_of);
  unsnoozed jobs.actions;
begin
  unsnoozed.action := 'unsnooze';
  unsnoozed.job_name := unsnooze.job_name;
  unsnoozed.reason := checked_reason;
  unsnoozed.requested_by := unsnooze.requested_by;
  unsnoozed.requested_at := unsnooze.as_of;

  if snoozed.id is null then
    perform jobs.lock_definition(unsnooze.job_name);
    return jobs.action_as_json(unsnoozed, changed => false);
  end if;

  perform jobs.end_snooze(snoozed, unsnooze.as_of);

  insert into jobs.actions (action, job_name, reason, requested_by, requested_at)
  values (
    unsnoozed.action, unsnoozed.job_name, unsnoozed.reason, unsnoozed.requested_by, unsnoozed.requested_at
  );
  return jobs.action_as_json(unsnoozed);
end
$function$;

revoke all on function jobs.unsnooze(text, text, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.unsnooze(text, text, text, timestamptz) is
  'Ends the snooze of a job early: the incidents that are open are alerted at once. '
  'Idempotent: of a job that is not snoozed it changes nothing. Raises PT404 for a job that is neither snoozed nor '
  'registered. Returns the action, as jobs.action_as_json().';
