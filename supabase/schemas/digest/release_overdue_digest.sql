create function jobs.release_overdue_digest(
  agency_id uuid,
  week text default null,
  as_of timestamptz default now()
)
returns boolean
language sql
set search_path = ''
as $function$
  with released as (
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
      and digest.week = coalesce(release_overdue_digest.week, jobs.iso_week(release_overdue_digest.as_of))
      and digest.state <> 'not_sent'
      and (digest.leased_until > release_overdue_digest.as_of) is not true
    returning digest.agency_id
  )
  select exists (
    select 1
    from released
  );
$function$;

revoke all on function jobs.release_overdue_digest(uuid, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.release_overdue_digest(uuid, text, timestamptz) is
  'Lets the digest of an agency and week (default: this week) be sent again, whatever its state, for a person who has '
  'checked what Resend has sent. The next run of the week sends it as a new mail. '
  'Idempotent. Returns whether there was anything to release: false while a run is sending it.';
