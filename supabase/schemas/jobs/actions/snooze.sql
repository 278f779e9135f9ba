create function jobs.snooze(
  job_name text,
  until timestamptz,
  reason text,
  requested_by text default session_user,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  longest constant interval := interval '30 days';
  checked_reason text := jobs.checked_reason(snooze.reason);
begin
  if (isfinite(snooze.until) and snooze.until > snooze.as_of) is not true then
    raise exception 'until must be an instant in the future, not %', coalesce(snooze.until::text, 'null')
      using errcode = 'invalid_parameter_value';
  end if;
  if snooze.until > snooze.as_of + longest then
    raise exception 'a snooze lasts at most 30 days, so it cannot end at %', snooze.until
      using
        errcode = 'invalid_parameter_value',
        hint = 'jobs.pause() stops a job for longer.';
  end if;

  if not exists (
    select 1
    from jobs.monitored_jobs() as monitored (name)
    where monitored.name = snooze.job_name
  ) then
    -- The same error for every action.
    perform jobs.lock_definition(snooze.job_name);
  end if;

  return jobs.replace_action(
    job_name => snooze.job_name,
    action => 'snooze',
    reason => checked_reason,
    until => snooze.until,
    requested_by => snooze.requested_by,
    as_of => snooze.as_of
  );
end
$function$;

revoke all on function jobs.snooze(text, timestamptz, text, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.snooze(text, timestamptz, text, text, timestamptz) is
  'Raises no alert of a job until that instant, 30 days ahead at most. Incidents are recorded; those that are open when '
  'the snooze ends are alerted then. What recovers in the meantime is not announced. Alerts that concern all jobs cannot '
  'be snoozed. '
  'Idempotent; another reason or end replaces the former. Raises PT404 for a job that is neither registered nor has an '
  'open incident. Returns the action, as jobs.action_as_json().';
