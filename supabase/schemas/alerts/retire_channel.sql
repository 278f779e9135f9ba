create function jobs.retire_channel(
  channel text,
  as_of timestamptz default now()
)
returns int
language sql
set search_path = ''
as $function$
  delete from jobs.alert_channels as retired
  where retired.name = retire_channel.channel;

  with given_up as (
    update jobs.alert_deliveries as delivery
    set
      status = 'given_up',
      lease = null,
      last_error = 'The channel was retired.',
      finished_at = retire_channel.as_of
    where delivery.channel = retire_channel.channel
      and delivery.status = 'pending'
    returning delivery.alert_id
  )
  select count(*)::int
  from given_up;
$function$;

revoke all on function jobs.retire_channel(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.retire_channel(text, timestamptz) is
  'Removes a channel that no process has configured any more; its pending deliveries are given up. Announcing it '
  'brings it back. Idempotent. Returns how many deliveries were given up.';
