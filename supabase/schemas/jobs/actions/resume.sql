create function jobs.resume(
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
  checked_reason text := case when resume.reason is not null then jobs.checked_reason(resume.reason) end;
  paused jobs.actions;
  resumed jobs.actions;
begin
  perform jobs.lock_definition(resume.job_name);
  paused := jobs.action_in_force(resume.job_name, 'pause');

  resumed.action := 'resume';
  resumed.job_name := resume.job_name;
  resumed.reason := checked_reason;
  resumed.requested_by := resume.requested_by;
  resumed.requested_at := resume.as_of;

  if paused.id is null then
    return jobs.action_as_json(resumed, changed => false);
  end if;

  update jobs.actions as requested
  set ended_at = greatest(resume.as_of, requested.requested_at)
  where requested.id = paused.id;

  insert into jobs.actions (action, job_name, reason, requested_by, requested_at)
  values (resumed.action, resumed.job_name, resumed.reason, resumed.requested_by, resumed.requested_at);

  -- Runs are expected from now on.
  update jobs.definitions as definition
  set enabled_at = resume.as_of
  where definition.job_name = resume.job_name;

  perform jobs.follow_pause(resume.job_name);
  return jobs.action_as_json(resumed);
end
$function$;

revoke all on function jobs.resume(text, text, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.resume(text, text, text, timestamptz) is
  'Ends the pause of a job: its pg_cron entry becomes active, and runs are expected from now on. '
  'Idempotent: of a job that is not paused it changes nothing. Raises PT404 for a job that is not registered. '
  'Returns the action, as jobs.action_as_json().';
