create function jobs.pause(
  job_name text,
  reason text,
  until timestamptz default null,
  requested_by text default session_user,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  checked_reason text := jobs.checked_reason(pause.reason);
  paused jsonb;
begin
  if not isfinite(pause.until) or pause.until <= pause.as_of then
    raise exception 'until must be an instant in the future, not %', pause.until
      using errcode = 'invalid_parameter_value';
  end if;

  perform jobs.lock_definition(pause.job_name);
  paused := jobs.replace_action(
    job_name => pause.job_name,
    action => 'pause',
    reason => checked_reason,
    until => pause.until,
    requested_by => pause.requested_by,
    as_of => pause.as_of
  );
  perform jobs.follow_pause(pause.job_name);
  return paused;
end
$function$;

revoke all on function jobs.pause(text, text, timestamptz, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.pause(text, text, timestamptz, text, timestamptz) is
  'Pauses a job: its pg_cron entry becomes inactive, missed runs are neither reported nor caught up. A run that is under '
  'way goes on, and the job can still be dispatched by hand. '
  'Defaults: until jobs.resume() is called; requested_by the role that is connected. With until the supervisor resumes it '
  'within a minute of that instant. '
  'Idempotent; another reason or end replaces the former. Raises PT404 for a job that is not registered. '
  'Returns the action, as jobs.action_as_json().';
