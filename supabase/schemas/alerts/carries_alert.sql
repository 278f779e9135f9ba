create function jobs.carries_alert(
  channel jobs.alert_channels,
  kind text
)
returns boolean
language sql
stable
set search_path = ''
as $function$
  select carries_alert.kind = any ((carries_alert.channel).kinds)
    -- Without a channel for it, it would reach nobody.
    or (
      carries_alert.kind = 'run_degraded'
      and 'run_failed' = any ((carries_alert.channel).kinds)
      and not exists (
        select 1
        from jobs.alert_channels as other
        where 'run_degraded' = any (other.kinds)
      )
    );
$function$;

revoke all on function jobs.carries_alert(jobs.alert_channels, text)
  from public, anon, authenticated, service_role;

comment on function jobs.carries_alert(jobs.alert_channels, text) is
  'Whether a channel gets the alerts of a kind: those that it was announced with. A degraded run goes to the channels of '
  'failed runs, such as email, when no channel was announced for it.';
