create function jobs.check_no_alert_channel(as_of timestamptz default now())
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select
      'no_alert_channel',
      'warning',
      'No alert channel is set up. Failures will not reach anyone.'
    where not exists (
      select 1
      from jobs.alert_channels
    )

    union all

    select
      'no_alert_channel',
      'warning',
      format(
        'The alert channel %s was last announced %s; the hourly health check announces every channel that is set up.',
        channel.name,
        jobs.time_ago(channel.announced_at, check_no_alert_channel.as_of)
      )
    from jobs.alert_channels as channel
    where channel.announced_at
      < check_no_alert_channel.as_of - (jobs.health_thresholds()).channel_silent_after;
end
$function$;

revoke all on function jobs.check_no_alert_channel(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.check_no_alert_channel(timestamptz) is
  'No alert channel is known, or one has not been announced for channel_silent_after. A row for each.';
