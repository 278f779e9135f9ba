create function jobs.end_snooze(
  snooze jobs.actions,
  as_of timestamptz default now()
)
returns int
language plpgsql
set search_path = ''
as $function$
declare
  raised int;
begin
  update jobs.actions as ended
  set ended_at = greatest(end_snooze.as_of, ended.requested_at)
  where ended.id = (end_snooze.snooze).id
    and ended.ended_at is null;

  if not found then
    return 0;
  end if;

  with still_open as (
    update jobs.incidents as incident
    set
      last_alerted_at = greatest(end_snooze.as_of, incident.last_alerted_at),
      -- The first alert of what began during the snooze.
      reminders = incident.reminders + (incident.opened_at < (end_snooze.snooze).requested_at)::int
    where incident.job_name = (end_snooze.snooze).job_name
      and incident.closed_at is null
    returning incident.*
  )
  select count(
    jobs.raise_alert(
      kind => still_open.kind,
      job_name => still_open.job_name,
      details => still_open.details || jsonb_build_object('occurrences', still_open.occurrences),
      run_id => (still_open.details #>> '{run,id}')::uuid,
      incident_id => still_open.id,
      reminder => still_open.reminders,
      as_of => end_snooze.as_of
    )
  )
  into raised
  from still_open;
  return raised;
end
$function$;

revoke all on function jobs.end_snooze(jobs.actions, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.end_snooze(jobs.actions, timestamptz) is
  'Ends a snooze and alerts the incidents of its job that are open. Idempotent. Returns how many alerts were raised.';
