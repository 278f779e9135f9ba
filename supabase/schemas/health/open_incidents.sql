create function jobs.open_incidents()
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'job_name', incident.job_name,
        'kind', incident.kind,
        'opened_at', incident.opened_at,
        'last_seen_at', incident.last_seen_at,
        'last_alerted_at', incident.last_alerted_at,
        'occurrences', incident.occurrences,
        'reminders', incident.reminders,
        'last_alert', (
          select jobs.alert_outcome(alert.id)
          from jobs.alerts as alert
          where alert.incident_id = incident.id
          order by alert.sequence desc
          limit 1
        )
      )
      order by incident.opened_at, incident.job_name, incident.kind
    ),
    '[]'
  )
  from jobs.incidents as incident
  where incident.closed_at is null;
$function$;

revoke all on function jobs.open_incidents()
  from public, anon, authenticated, service_role;

comment on function jobs.open_incidents() is
  'The incidents that are open, oldest first. Returns an array.';
