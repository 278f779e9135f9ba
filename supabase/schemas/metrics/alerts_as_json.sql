create function jobs.alerts_as_json(
  incident_id uuid default null,
  run_id uuid default null
)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'id', alert.id,
        'kind', alert.kind,
        'run_id', alert.run_id,
        'raised_at', alert.raised_at,
        'reminder', alert.reminder,
        'deliveries', (
          select coalesce(
            jsonb_agg(
              jsonb_build_object(
                'channel', delivery.channel,
                'status', delivery.status,
                'attempts', delivery.attempts,
                'queued_at', delivery.queued_at,
                'finished_at', delivery.finished_at,
                'last_error', delivery.last_error
              )
              order by delivery.channel
            ),
            '[]'
          )
          from jobs.alert_deliveries as delivery
          where delivery.alert_id = alert.id
        )
      )
      order by alert.sequence
    ),
    '[]'
  )
  from (
    select found.*
    from jobs.alerts as found
    where found.incident_id = alerts_as_json.incident_id
      or found.run_id = alerts_as_json.run_id
    order by found.sequence desc
    limit 50
  ) as alert;
$function$;

revoke all on function jobs.alerts_as_json(uuid, uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.alerts_as_json(uuid, uuid) is
  'The alerts of an incident or of a run, oldest first, with their deliveries: the last 50. Returns an array of {id, kind, '
  'run_id, raised_at, reminder, deliveries: [{channel, status, attempts, queued_at, finished_at, last_error}]}.';
