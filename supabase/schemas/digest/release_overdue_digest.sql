create function jobs.release_overdue_digest(
  agency_id uuid,
  week text default null,
  as_of timestamptz default now()
)
returns boolean
language plpgsql
set search_path = ''
as $function$
declare
  released_week text := coalesce(
    release_overdue_digest.week,
    (
      select (jobs.digest_time(release_overdue_digest.as_of, agency.timezone::text)).week
      from public.agencies as agency
      where agency.id = release_overdue_digest.agency_id
    )
  );
begin
  update jobs.overdue_digests as digest
  set
    state = 'not_sent',
    key_number = digest.key_number + 1,
    uncertain_since = null,
    lease = null,
    leased_until = null,
    sent_at = null,
    mail_id = null
  where digest.agency_id = release_overdue_digest.agency_id
    and digest.week = released_week
    and digest.state <> 'not_sent'
    and (digest.leased_until > release_overdue_digest.as_of) is not true;

  if found then
    -- A run that is dispatched before the end of this transaction would not see it.
    perform set_config('duewatch.uncommitted', 'jobs.overdue_digests', true);
    return true;
  end if;

  return false;
end
$function$;

revoke all on function jobs.release_overdue_digest(uuid, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.release_overdue_digest(uuid, text, timestamptz) is
  'Lets the digest of an agency and week (default: the agency''s own week now) be sent again, whatever its state, for a '
  'person who has checked what Resend has sent. The next run of the week sends it as a new mail: commit first, because '
  'jobs.dispatch() is refused in the transaction of the release. '
  'Idempotent. Returns whether there was anything to release: false while a run is sending it.';
