create function public.complete_overdue_digest(
  agency_id uuid,
  week text,
  lease uuid,
  outcome text,
  mail_id text default null,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
declare
  digest jobs.overdue_digests;
begin
  if complete_overdue_digest.outcome is null
    or complete_overdue_digest.outcome not in ('sent', 'refused', 'not_sent', 'unknown') then
    raise exception 'the outcome of a digest is sent, refused, not_sent or unknown, not %',
      coalesce(complete_overdue_digest.outcome, 'null')
      using errcode = 'invalid_parameter_value';
  end if;

  select stored.*
  into digest
  from jobs.overdue_digests as stored
  where stored.week = complete_overdue_digest.week
    and stored.agency_id = complete_overdue_digest.agency_id
    and stored.key_number > 0
  for update;

  if not found then
    raise exception 'the digest of % was not claimed for the agency %',
      complete_overdue_digest.week,
      complete_overdue_digest.agency_id
      using errcode = 'PT404';
  end if;

  -- A mail that was sent counts from any caller. Other outcomes count only from
  -- the holder of the lease.
  if complete_overdue_digest.outcome = 'sent' and digest.state <> 'sent' then
    digest.state := 'sent';
    digest.sent_at := complete_overdue_digest.as_of;
    digest.mail_id := complete_overdue_digest.mail_id;
    digest.lease := null;
  elsif complete_overdue_digest.outcome <> 'sent' and digest.lease = complete_overdue_digest.lease then
    digest.lease := null;
    if complete_overdue_digest.outcome = 'unknown' then
      digest.uncertain_since := coalesce(digest.uncertain_since, digest.claimed_at);
    elsif digest.uncertain_since is null then
      digest.state := 'not_sent';
      -- Resend may have stored this mail under its key, and would refuse a corrected one.
      if complete_overdue_digest.outcome = 'refused' then
        digest.key_number := digest.key_number + 1;
      end if;
    end if;
  end if;

  update jobs.overdue_digests as stored
  set
    state = digest.state,
    key_number = digest.key_number,
    uncertain_since = digest.uncertain_since,
    lease = digest.lease,
    leased_until = case when digest.lease is not null then digest.leased_until end,
    sent_at = digest.sent_at,
    mail_id = digest.mail_id
  where stored.week = digest.week
    and stored.agency_id = digest.agency_id;

  return jsonb_build_object(
    'state', digest.state,
    'sent_at', digest.sent_at,
    'mail_id', digest.mail_id
  );
end
$function$;

revoke all on function public.complete_overdue_digest(uuid, text, uuid, text, text, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.complete_overdue_digest(uuid, text, uuid, text, text, timestamptz)
  to service_role;

comment on function public.complete_overdue_digest(uuid, text, uuid, text, text, timestamptz) is
  'Records the outcome of a claimed mail. sent: Resend accepted it under the id mail_id; final, and accepted from any '
  'caller. refused: Resend rejected the mail; the agency can be claimed again under a new idempotency key. '
  'not_sent: the mail did not reach Resend, or Resend asked for a pause; it can be claimed again under the same key. '
  'Both change nothing while the outcome of an earlier attempt is unknown. '
  'unknown: it may have been sent; it can be claimed again under the same key for 23 hours. '
  'All but sent are accepted only from the holder of the lease. '
  'Raises PT404 for a digest that was never claimed and 22023 for another outcome. Returns {state, sent_at, mail_id}.';
