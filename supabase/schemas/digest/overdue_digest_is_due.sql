create function jobs.overdue_digest_is_due(as_of timestamptz)
returns boolean
language sql
stable
set search_path = ''
as $function$
  select exists (
    select 1
    from (
      select distinct agency.timezone::text as name
      from public.agencies as agency
    ) as zone
    cross join jobs.digest_seen_at(overdue_digest_is_due.as_of) as seen (at)
    cross join lateral jobs.digest_time(overdue_digest_is_due.as_of, zone.name) as current
    where current.has_begun
      and (
        seen.at is null
        or coalesce(jobs.local_time(seen.at, zone.name), seen.at at time zone 'UTC') < current.begins_at
      )
  );
$function$;

revoke all on function jobs.overdue_digest_is_due(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.overdue_digest_is_due(timestamptz) is
  'The due check of weekly-overdue-digest: whether it has become Monday, 08:00, in the time zone of any agency since the '
  'last successful run started. So each agency''s week is settled by one run, whether or not it has anything overdue.';
