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
      -- A success that is logged late does not close what failed after it.
      and (incident.kind not in ('run_failed', 'run_degraded', 'item_failing') or incident.last_seen_at <= close_incidents.as_of)
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
  'Closes the open incidents of a job of these kinds and raises one alert job_recovered for all of them. Idempotent: '
  'with none open nothing happens. Returns the id of the alert, or null.';
