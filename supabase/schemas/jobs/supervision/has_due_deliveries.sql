create function jobs.has_due_deliveries(as_of timestamptz default now())
returns boolean
language sql
stable
set search_path = ''
as $function$
  select exists (
    select 1
    from jobs.alert_channels as channel
    where (channel.paused_until is null or channel.paused_until <= has_due_deliveries.as_of)
      and exists (
        select 1
        from jobs.alert_deliveries as delivery
        where delivery.channel = channel.name
          and delivery.status = 'pending'
          and delivery.next_attempt_at <= has_due_deliveries.as_of
      )
  )
  -- No channel has been announced yet, but the function may have one.
  or exists (
    select 1
    from jobs.alerts as alert
    where alert.raised_at > has_due_deliveries.as_of - interval '10 minutes'
      and not exists (
        select 1
        from jobs.alert_channels
      )
  );
$function$;

revoke all on function jobs.has_due_deliveries(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.has_due_deliveries(timestamptz) is
  'Whether an alert could be sent now and no process has claimed it. While no channel has been announced at all, an '
  'alert counts for ten minutes; after that the hourly health check announces the channels that are set up by then.';
