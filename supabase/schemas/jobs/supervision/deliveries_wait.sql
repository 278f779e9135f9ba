create function jobs.deliveries_wait(as_of timestamptz default now())
returns boolean
language sql
stable
set search_path = ''
as $function$
  select exists (
    select 1
    from jobs.alert_channels as channel
    where (channel.paused_until is null or channel.paused_until <= deliveries_wait.as_of)
      and exists (
        select 1
        from jobs.alert_deliveries as delivery
        where delivery.channel = channel.name
          and delivery.status = 'pending'
          and delivery.next_attempt_at <= deliveries_wait.as_of
      )
  )
  -- Nobody has announced a channel yet; the function may have one.
  or exists (
    select 1
    from jobs.alerts as alert
    where alert.raised_at > deliveries_wait.as_of - interval '10 minutes'
      and not exists (
        select 1
        from jobs.alert_channels
      )
  );
$function$;

revoke all on function jobs.deliveries_wait(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.deliveries_wait(timestamptz) is
  'Whether there is an alert that a channel could be sent now and nobody is sending. While no channel has been announced '
  'at all, an alert counts for ten minutes; after that the hourly check is left to find out whether there is one by now.';
