create function jobs.action_as_json(
  action jobs.actions,
  changed boolean default true
)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select jsonb_build_object(
    'action', (action_as_json.action).action,
    'job_name', (action_as_json.action).job_name,
    'run_id', (action_as_json.action).run_id,
    'channel', (action_as_json.action).channel,
    'reason', (action_as_json.action).reason,
    'requested_by', (action_as_json.action).requested_by,
    'requested_at', (action_as_json.action).requested_at,
    'until', (action_as_json.action).until,
    'ended_at', (action_as_json.action).ended_at,
    'changed', action_as_json.changed
  ) || case (action_as_json.action).action
    when 'reschedule' then
      jsonb_build_object(
        'schedule', (action_as_json.action).schedule,
        'former_schedule', (action_as_json.action).former_schedule
      )
    else '{}'
  end;
$function$;

revoke all on function jobs.action_as_json(jobs.actions, boolean)
  from public, anon, authenticated, service_role;

comment on function jobs.action_as_json(jobs.actions, boolean) is
  'What the functions for actions return: {action, job_name, run_id, channel, reason, requested_by, requested_at, until, '
  'ended_at, changed}, and of a reschedule schedule and former_schedule. changed is false when all was so already.';
