create function public.control_job(
  action text,
  requested_by text,
  reason text default null,
  job_name text default null,
  run_id uuid default null,
  until timestamptz default null,
  channel text default null,
  schedule text default null,
  expected_interval interval default null
)
returns jsonb
language plpgsql
security definer
set search_path = ''
-- A run is waited for; the Data API's own limit is 8 seconds.
set statement_timeout = '30s'
as $function$
begin
  if nullif(btrim(control_job.requested_by), '') is null then
    raise exception 'requested_by is required'
      using errcode = 'invalid_parameter_value';
  end if;

  if control_job.action is null
    or control_job.action not in (
      'run', 'pause', 'resume', 'reschedule', 'snooze', 'unsnooze', 'cancel', 'restore_schedule', 'retry_alerts',
      'test_alert'
    ) then
    raise exception 'there is no action %', coalesce(control_job.action, 'null')
      using errcode = 'invalid_parameter_value';
  end if;

  return case control_job.action
    when 'run' then
      jobs.run(control_job.job_name, control_job.reason, control_job.requested_by)
    when 'pause' then
      jobs.pause(control_job.job_name, control_job.reason, control_job.until, control_job.requested_by)
    when 'resume' then
      jobs.resume(control_job.job_name, control_job.reason, control_job.requested_by)
    when 'reschedule' then
      jobs.reschedule(
        control_job.job_name,
        control_job.schedule,
        control_job.expected_interval,
        control_job.reason,
        control_job.requested_by
      )
    when 'snooze' then
      jobs.snooze(control_job.job_name, control_job.until, control_job.reason, control_job.requested_by)
    when 'unsnooze' then
      jobs.unsnooze(control_job.job_name, control_job.reason, control_job.requested_by)
    when 'cancel' then
      jobs.cancel_run(control_job.run_id, control_job.reason, control_job.requested_by)
    when 'restore_schedule' then
      jobs.restore_schedule(control_job.job_name, control_job.reason, control_job.requested_by)
    when 'retry_alerts' then
      jobs.retry_alerts(control_job.channel, control_job.reason, control_job.requested_by)
    when 'test_alert' then
      jobs.test_alert(control_job.reason, control_job.requested_by)
  end;
end
$function$;

revoke all on function public.control_job(
  text, text, text, text, uuid, timestamptz, text, text, interval
)
  from public, anon, authenticated, service_role;
grant execute on function public.control_job(
  text, text, text, text, uuid, timestamptz, text, text, interval
)
  to service_role;

comment on function public.control_job(
  text, text, text, text, uuid, timestamptz, text, text, interval
) is
  'The actions of operators, for the function job-control, which knows from the credential who has asked (requested_by). '
  'action: run, pause, resume, snooze, unsnooze (job_name, reason, until), reschedule (job_name, schedule, '
  'expected_interval, reason), cancel (run_id, reason), restore_schedule (job_name, reason), retry_alerts (channel, reason) '
  'or test_alert (reason). Raises what jobs.run(), jobs.pause(), jobs.resume(), jobs.reschedule(), jobs.snooze(), '
  'jobs.unsnooze(), jobs.cancel_run(), jobs.restore_schedule(), jobs.retry_alerts() and jobs.test_alert() raise. '
  'Returns the action, as jobs.action_as_json().';
