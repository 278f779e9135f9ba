create function jobs.check_channel_misconfigured()
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select
      'channel_misconfigured',
      'warning',
      format('No alert goes out on %s: %s', known.channel, known.problem)
    from jobs.channel_problems as known
    where known.channel <> 'links'

    union all

    select
      'channel_misconfigured',
      'warning',
      format('Alerts go out without their links: %s', known.problem)
    from jobs.channel_problems as known
    where known.channel = 'links';
end
$function$;

revoke all on function jobs.check_channel_misconfigured()
  from public, anon, authenticated, service_role;

comment on function jobs.check_channel_misconfigured() is
  'The settings of an alert channel in the functions are incomplete or invalid, so it is off. A row for each.';
