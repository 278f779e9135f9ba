create function jobs.raise_reminders(as_of timestamptz default now())
returns int
language sql
set search_path = ''
as $function$
  with due as (
    update jobs.incidents as incident
    set
      reminders = incident.reminders + 1,
      last_alerted_at = raise_reminders.as_of
    where incident.id in (
      select open_one.id
      from jobs.incidents as open_one
      join jobs.definitions as definition
        on definition.job_name = open_one.job_name
      where open_one.closed_at is null
        and open_one.last_alerted_at <= raise_reminders.as_of - interval '24 hours'
        -- The other kinds are observed again and again; that raises their reminders.
        and open_one.kind in ('run_failed', 'run_degraded', 'item_failing')
        and definition.enabled
        and not jobs.is_paused(definition.job_name)
        and (jobs.action_in_force(definition.job_name, 'snooze', raise_reminders.as_of)).id is null
      -- Another session that holds the row is raising an alert for that job.
      for update of open_one skip locked
    )
    returning incident.*
  )
  select count(
    jobs.raise_alert(
      kind => due.kind,
      job_name => due.job_name,
      details => due.details || jsonb_build_object('occurrences', due.occurrences),
      run_id => (due.details #>> '{run,id}')::uuid,
      incident_id => due.id,
      reminder => due.reminders,
      as_of => raise_reminders.as_of
    )
  )::int
  from due;
$function$;

revoke all on function jobs.raise_reminders(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_reminders(timestamptz) is
  'Raises a reminder for each registered, enabled job that is neither paused nor snoozed and whose incident run_failed, '
  'run_degraded or item_failing has been open for another 24 hours. Idempotent. Returns how many were raised.';
