create function jobs.retry_alerts(
  channel text default null,
  reason text default null,
  requested_by text default session_user,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  checked_reason text := case when retry_alerts.reason is not null then jobs.checked_reason(retry_alerts.reason) end;
  retried int;
  requested jobs.actions;
begin
  if retry_alerts.channel is not null
    and not exists (
      select 1
      from jobs.alert_channels as known
      where known.name = retry_alerts.channel
    ) then
    raise exception 'there is no channel %', retry_alerts.channel
      using
        errcode = 'PT404',
        hint = 'select name from jobs.alert_channels lists the channels.';
  end if;

  select coalesce(sum(jobs.retry_deliveries(known.name, retry_alerts.as_of)), 0)
  into retried
  from jobs.alert_channels as known
  where retry_alerts.channel is null
    or known.name = retry_alerts.channel;

  insert into jobs.actions (action, channel, reason, requested_by, requested_at)
  values ('retry_alerts', retry_alerts.channel, checked_reason, retry_alerts.requested_by, retry_alerts.as_of)
  returning *
  into requested;

  return jobs.action_as_json(requested, changed => retried > 0) || jsonb_build_object('retried', retried);
end
$function$;

revoke all on function jobs.retry_alerts(text, text, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.retry_alerts(text, text, text, timestamptz) is
  'Sends again what a channel gave up in the last 24 hours, once its webhook or key is fixed: jobs.retry_deliveries(), with '
  'a row in jobs.actions. Default: every channel. Raises PT404 for an unknown channel. '
  'Returns the action, as jobs.action_as_json(), and retried: how many deliveries are pending again.';
