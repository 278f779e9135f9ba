create function jobs.check_last_resort_differs()
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select
      'last_resort_differs',
      'warning',
      format(
        'Alerts and the last resort go to different places on %s: the setting %s in Vault differs from the secret of the '
          'functions.',
        channel.name,
        case channel.name when 'slack' then 'slack_webhook_url' else 'alert_email_to' end
      )
    from jobs.alert_channels as channel
    cross join lateral jobs.last_resort_target(channel.name) as target
    where channel.name in ('slack', 'email')
      and channel.fingerprint <> target.fingerprint;
end
$function$;

revoke all on function jobs.check_last_resort_differs()
  from public, anon, authenticated, service_role;

comment on function jobs.check_last_resort_differs() is
  'The functions send alerts to another place on a channel than the last resort would. A row for each channel.';
