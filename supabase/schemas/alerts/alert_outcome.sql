create function jobs.alert_outcome(alert_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select jsonb_build_object(
    'status', outcome.status,
    'since', case outcome.status
      when 'delivered' then min(delivery.finished_at) filter (where delivery.status = 'sent')
      when 'given_up' then max(delivery.finished_at)
      when 'waiting' then min(delivery.queued_at) filter (where delivery.status = 'pending')
      else alert.raised_at
    end,
    'channels', coalesce(
      jsonb_agg(delivery.channel order by delivery.channel)
        filter (where delivery.status = outcome.delivery_status),
      '[]'
    ),
    'error', case
      when outcome.status <> 'delivered' then
        max(delivery.last_error) filter (where delivery.status = outcome.delivery_status)
    end
  )
  from jobs.alerts as alert
  cross join lateral (
    select case
      when bool_or(found.status = 'sent') then 'sent'
      when bool_or(found.status = 'pending') then 'pending'
      when bool_or(found.status = 'given_up') then 'given_up'
    end
    from jobs.alert_deliveries as found
    where found.alert_id = alert.id
  ) as best (delivery_status)
  cross join lateral (
    select
      best.delivery_status,
      case coalesce(best.delivery_status, 'none')
        when 'sent' then 'delivered'
        when 'pending' then 'waiting'
        when 'given_up' then 'given_up'
        else 'no_channel'
      end
  ) as outcome (delivery_status, status)
  left join jobs.alert_deliveries as delivery
    on delivery.alert_id = alert.id
  where alert.id = alert_outcome.alert_id
  group by alert.id, outcome.status, outcome.delivery_status;
$function$;

revoke all on function jobs.alert_outcome(uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.alert_outcome(uuid) is
  'Whether an alert that was raised has reached people, {status, since, channels, error}: delivered once one channel has '
  'sent it, waiting while one may still, given_up when none will, no_channel when no channel carries it. Null for an '
  'alert that was pruned.';
