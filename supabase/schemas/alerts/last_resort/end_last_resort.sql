create function jobs.end_last_resort(as_of timestamptz default now())
returns void
language plpgsql
set search_path = ''
as $function$
declare
  began_at timestamptz := (select min(state.failing_since) from jobs.last_resort as state);
  delivered bigint;
  given_up bigint;
begin
  if began_at is not null then
    select
      count(distinct delivery.alert_id) filter (where delivery.status = 'sent'),
      count(*) filter (where delivery.status = 'given_up')
    into delivered, given_up
    from jobs.alert_deliveries as delivery
    where delivery.status <> 'pending'
      and delivery.finished_at >= began_at;

    update jobs.last_resort as state
    set
      failing_since = null,
      written_at = end_last_resort.as_of,
      subject = case
        when delivered > 0 then 'RECOVERED: alerts are delivered again'
        else 'No alert is waiting any more'
      end,
      -- A channel that did not get the beginning does not get the end.
      message = case
        when state.sent_at >= state.failing_since then
          concat_ws(
            E'\n\n',
            format(
              'No alert is waiting any more. The delivery failed for %s; %s delivered since it began.',
              jobs.duration_text(end_last_resort.as_of - state.failing_since),
              case when delivered = 1 then '1 alert was' else delivered || ' alerts were' end
            ),
            case
              when given_up > 0 then
                format(
                  '%s given up. How to send again what was: %s',
                  case when given_up = 1 then '1 delivery was' else given_up || ' deliveries were' end,
                  jobs.runbook_page('alerts-undelivered')
                )
            end
          )
      end
    where state.failing_since is not null;
  end if;

  -- By now it is no use to anyone.
  update jobs.last_resort as state
  set message = null
  where state.failing_since is null
    and state.message is not null
    and state.written_at <= end_last_resort.as_of - interval '24 hours';
end
$function$;

revoke all on function jobs.end_last_resort(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.end_last_resort(timestamptz) is
  'Writes the message that alerts are delivered again, for the channels that got the message that they were not. Idempotent; '
  'writes nothing when the delivery did not fail.';
