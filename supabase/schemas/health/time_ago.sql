create function jobs.time_ago(
  earlier timestamptz,
  later timestamptz
)
returns text
language plpgsql
immutable
set search_path = ''
as $function$
begin
  return case
    when time_ago.later - time_ago.earlier < interval '1 minute' then 'just now'
    else jobs.duration_text(time_ago.later - time_ago.earlier) || ' ago'
  end;
end
$function$;

revoke all on function jobs.time_ago(timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.time_ago(timestamptz, timestamptz) is
  'How long before the later instant the earlier one was, as people read it: just now, 12 minutes ago, 3.5 hours ago.';
