create function jobs.channel_backlog(as_of timestamptz default now())
returns table (
  channel text,
  pending bigint,
  oldest_pending_seconds numeric,
  given_up_24h bigint
)
language sql
stable
security definer
set search_path = ''
as $function$
  select
    backlog.row ->> 'channel',
    (backlog.row ->> 'pending')::bigint,
    (backlog.row ->> 'oldest_pending_seconds')::numeric,
    (backlog.row ->> 'given_up_24h')::bigint
  from jobs.alert_backlog(channel_backlog.as_of) as backlog (row);
$function$;

revoke all on function jobs.channel_backlog(timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function jobs.channel_backlog(timestamptz)
  to metrics_reader;

comment on function jobs.channel_backlog(timestamptz) is
  'The report of jobs.alert_backlog() as a table, one row a channel, for dashboards and the SQL editor.';
