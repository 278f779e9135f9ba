create function jobs.raise_incident(
  job_name text,
  kind text,
  details jsonb,
  run_id uuid default null,
  observed int default 1,
  is_worse boolean default false,
  as_of timestamptz default now(),
  since timestamptz default null
)
returns uuid
language plpgsql
set search_path = ''
as $function$
declare
  incident jobs.incidents;
  is_new boolean;
  alerts_at_once boolean := false;
  is_reminder boolean := false;
begin
  loop
    insert into jobs.incidents (
      job_name, kind, opened_at, last_seen_at, last_alerted_at, occurrences, details
    )
    values (
      raise_incident.job_name,
      raise_incident.kind,
      coalesce(raise_incident.since, raise_incident.as_of),
      raise_incident.as_of,
      raise_incident.as_of,
      raise_incident.observed,
      raise_incident.details
    )
    on conflict do nothing
    returning *
    into incident;

    is_new := found;
    exit when is_new;

    select *
    into incident
    from jobs.incidents as open_one
    where open_one.job_name = raise_incident.job_name
      and open_one.kind = raise_incident.kind
      and open_one.closed_at is null
    for update;

    -- Not found: it was closed in between. The next turn opens a new one.
    exit when found;
  end loop;

  if not is_new then
    alerts_at_once := raise_incident.is_worse or exists (
      select reason ->> 'code'
      from jsonb_array_elements(raise_incident.details -> 'reasons') as reason
      except
      select reason ->> 'code'
      from jsonb_array_elements(incident.details -> 'reasons') as reason
    );
    is_reminder := not alerts_at_once and raise_incident.as_of >= incident.last_alerted_at + interval '24 hours';

    update jobs.incidents as stored
    set
      occurrences = stored.occurrences + raise_incident.observed,
      reminders = stored.reminders + is_reminder::int,
      last_alerted_at = case
        when alerts_at_once or is_reminder then raise_incident.as_of
        else stored.last_alerted_at
      end,
      last_seen_at = greatest(stored.last_seen_at, raise_incident.as_of),
      -- A failure that is logged late is not the last one.
      details = case
        when raise_incident.as_of >= stored.last_seen_at then raise_incident.details
        else stored.details
      end
    where stored.id = incident.id
    returning *
    into incident;
  end if;

  if not (is_new or alerts_at_once or is_reminder) then
    return null;
  end if;

  return jobs.raise_alert(
    kind => raise_incident.kind,
    job_name => raise_incident.job_name,
    details => raise_incident.details || jsonb_build_object('occurrences', incident.occurrences),
    run_id => raise_incident.run_id,
    incident_id => incident.id,
    reminder => incident.reminders,
    as_of => raise_incident.as_of
  );
end
$function$;

revoke all on function jobs.raise_incident(text, text, jsonb, uuid, int, boolean, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_incident(text, text, jsonb, uuid, int, boolean, timestamptz, timestamptz) is
  'Records a problem of a job, observed once or (observed) several times. Raises an alert when it is new, when the last '
  'alert is 24 hours old, and at once when it got worse: is_worse says so, or details.reasons has a new code. Otherwise '
  'only counts it. '
  'since says when it began, if that was before it was observed; the message of its end says how long it lasted. '
  'Safe to call from several sessions at once: one of them raises the alert. '
  'Returns the id of the alert, or null when none was due.';
