create function jobs.test_alert(
  reason text default null,
  requested_by text default session_user,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  checked_reason text := case when test_alert.reason is not null then jobs.checked_reason(test_alert.reason) end;
  alert_id uuid;
  requested jobs.actions;
begin
  alert_id := jobs.raise_alert(
    kind => 'test',
    -- The alerts of a job are sent in order. This one waits for no other.
    job_name => 'duewatch-test',
    details => jsonb_build_object('requested_by', test_alert.requested_by, 'reason', checked_reason),
    as_of => test_alert.as_of
  );

  insert into jobs.actions (action, reason, requested_by, requested_at)
  values ('test_alert', checked_reason, test_alert.requested_by, test_alert.as_of)
  returning *
  into requested;

  return jobs.action_as_json(requested) || jsonb_build_object(
    'alert_id', alert_id,
    'last_resort', jobs.send_last_resort_tests(),
    'problems', (
      select coalesce(jsonb_agg(setting.problem), '[]')
      from jobs.alert_timezone() as setting
      where setting.problem is not null
    )
  );
end
$function$;

revoke all on function jobs.test_alert(text, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.test_alert(text, text, timestamptz) is
  'Sends one test through every alert channel and through the last resort, with a row in jobs.actions. It opens no '
  'incident. Not idempotent: each call sends. The channels get it as they get any alert, within a minute: '
  'public.get_alert_deliveries(alert_id) says what became of it. '
  'Returns the action, as jobs.action_as_json(), with alert_id, last_resort as jobs.send_last_resort_tests(), and '
  'problems, an array of sentences.';
