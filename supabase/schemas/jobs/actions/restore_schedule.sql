create function jobs.restore_schedule(
  job_name text default null,
  reason text default null,
  requested_by text default session_user,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  checked_reason text := case
    when restore_schedule.reason is not null then jobs.checked_reason(restore_schedule.reason)
  end;
  before jsonb := jobs.scheduled_entries();
  restored jobs.actions;
begin
  restored.action := 'restore_schedule';
  restored.job_name := restore_schedule.job_name;
  restored.reason := checked_reason;
  restored.requested_by := restore_schedule.requested_by;
  restored.requested_at := restore_schedule.as_of;

  if restore_schedule.job_name is null then
    perform jobs.schedule_supervision();
    perform jobs.schedule_job(definition.job_name)
    from jobs.definitions as definition;
  else
    perform jobs.lock_definition(restore_schedule.job_name);
    perform jobs.schedule_job(restore_schedule.job_name);
  end if;

  if jobs.scheduled_entries() = before then
    return jobs.action_as_json(restored, changed => false);
  end if;

  insert into jobs.actions (action, job_name, reason, requested_by, requested_at)
  values (restored.action, restored.job_name, restored.reason, restored.requested_by, restored.requested_at);
  return jobs.action_as_json(restored);
end
$function$;

revoke all on function jobs.restore_schedule(text, text, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.restore_schedule(text, text, text, timestamptz) is
  'Puts the pg_cron entry of a job back as the job is registered: its name, schedule and command, and active unless the '
  'job is paused or disabled. Default: every registered job, and the entries of jobs.own_entries(). '
  'Idempotent: it changes nothing about an entry that is right. Raises PT404 for a job that is not registered. '
  'Returns the action, as jobs.action_as_json().';
