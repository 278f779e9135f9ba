create function jobs.digest_seen_at(as_of timestamptz default now())
returns timestamptz
language sql
stable
set search_path = ''
as $function$
  select greatest(
    jobs.last_success_at('weekly-overdue-digest', digest_seen_at.as_of),
    (
      -- Nobody expects the mail of last Monday when it is turned on.
      select definition.enabled_at
      from jobs.definitions as definition
      where definition.job_name = 'weekly-overdue-digest'
        and definition.enabled_at <= digest_seen_at.as_of
    )
  );
$function$;

revoke all on function jobs.digest_seen_at(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.digest_seen_at(timestamptz) is
  'Up to when nothing is due any more: when the last successful run of the digest started, or when it was turned on, '
  'whichever is later. Null before both.';
