-- When a problem is news: at first, after 24 hours, and when it is over.
--
-- Why:       this is the one place that decides whether people hear of it.
-- Locks:     the open incident of the job and kind, until the end of the
--            transaction.
-- Take back: supabase/rollbacks/alerts.sql.

create function jobs.raise_incident(
  job_name text,
  kind text,
  details jsonb,
  run_id uuid default null,
  observed int default 1,
  as_of timestamptz default now()
)
returns uuid
language plpgsql
set search_path = ''
as $function$
declare
  incident jobs.incidents;
  is_new boolean;
  is_worse boolean := false;
  is_reminder boolean := false;
begin
  loop
    insert into jobs.incidents (
      job_name, kind, opened_at, last_seen_at, last_alerted_at, occurrences, details
    )
    values (
      raise_incident.job_name,
      raise_incident.kind,
      raise_incident.as_of,
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

    -- Not found: it was closed in between, so this is a new one.
    exit when found;
  end loop;

  if not is_new then
    is_worse := exists (
      select reason ->> 'code'
      from jsonb_array_elements(raise_incident.details -> 'reasons') as reason
      except
      select reason ->> 'code'
      from jsonb_array_elements(incident.details -> 'reasons') as reason
    );
    is_reminder := not is_worse and raise_incident.as_of >= incident.last_alerted_at + interval '24 hours';

    update jobs.incidents as stored
    set
      occurrences = stored.occurrences + raise_incident.observed,
      reminders = stored.reminders + is_reminder::int,
      last_alerted_at = case
        when is_worse or is_reminder then raise_incident.as_of
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

  if not (is_new or is_worse or is_reminder) then
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

revoke all on function jobs.raise_incident(text, text, jsonb, uuid, int, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_incident(text, text, jsonb, uuid, int, timestamptz) is
  'Notes a problem of a job, observed once or (observed) several times. Alerts when it is new, when the last alert is '
  '24 hours old, and when details.reasons holds a code that was not known; otherwise it only counts. '
  'Safe to call from several sessions at once: one of them alerts. '
  'Returns the id of the alert, or null when people know already.';

create function jobs.close_incidents(
  job_name text,
  kinds text[],
  run_id uuid default null,
  run jsonb default null,
  as_of timestamptz default now()
)
returns uuid
language plpgsql
set search_path = ''
as $function$
declare
  problems jsonb;
begin
  with closed as (
    update jobs.incidents as incident
    set closed_at = greatest(close_incidents.as_of, incident.opened_at)
    where incident.job_name = close_incidents.job_name
      and incident.kind = any (close_incidents.kinds)
      and incident.closed_at is null
      -- A success that is logged late does not end what went wrong after it.
      and (incident.kind not in ('run_failed', 'run_degraded') or incident.last_seen_at <= close_incidents.as_of)
    returning incident.kind, incident.opened_at, incident.occurrences
  )
  select jsonb_agg(
    jsonb_build_object(
      'kind', closed.kind,
      'opened_at', closed.opened_at,
      'occurrences', closed.occurrences
    )
    order by closed.opened_at
  )
  into problems
  from closed;

  if problems is null then
    return null;
  end if;

  return jobs.raise_alert(
    kind => 'job_recovered',
    job_name => close_incidents.job_name,
    details => jsonb_build_object('run', close_incidents.run, 'problems', problems),
    run_id => close_incidents.run_id,
    as_of => close_incidents.as_of
  );
end
$function$;

revoke all on function jobs.close_incidents(text, text[], uuid, jsonb, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.close_incidents(text, text[], uuid, jsonb, timestamptz) is
  'Ends the open incidents of a job of these kinds, with one alert job_recovered for all of them. Idempotent: '
  'with none open nothing happens. Returns the id of the alert, or null.';

create function jobs.forget_incidents(
  job_name text,
  as_of timestamptz default now()
)
returns int
language sql
set search_path = ''
as $function$
  with closed as (
    update jobs.incidents as incident
    set closed_at = greatest(forget_incidents.as_of, incident.opened_at)
    where incident.job_name = forget_incidents.job_name
      and incident.closed_at is null
    returning incident.id
  )
  select count(*)::int
  from closed;
$function$;

revoke all on function jobs.forget_incidents(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.forget_incidents(text, timestamptz) is
  'Ends the open incidents of a job without telling anybody: for a job that will not run again, or after a test of '
  'the alerts. Idempotent. Returns how many were open.';

create function jobs.forget_unregistered_job()
returns trigger
language plpgsql
set search_path = ''
as $function$
begin
  perform jobs.forget_incidents(old.job_name);
  return null;
end
$function$;

revoke all on function jobs.forget_unregistered_job()
  from public, anon, authenticated, service_role;

comment on function jobs.forget_unregistered_job() is
  'Trigger of jobs.definitions: ends the open incidents of a job that is unregistered, in silence. '
  'Nobody would be reminded of them, and no run would end them.';

create trigger forget_unregistered_job
  after delete on jobs.definitions
  for each row
  execute function jobs.forget_unregistered_job();
