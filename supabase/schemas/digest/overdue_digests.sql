create table jobs.overdue_digests (
  week text not null,
  agency_id uuid not null,
  state text not null default 'not_sent',
  key_number int not null default 0,
  run_id uuid,
  judged_at timestamptz,
  claimed_at timestamptz,
  uncertain_since timestamptz,
  lease uuid,
  leased_until timestamptz,
  sent_at timestamptz,
  mail_id text,
  constraint overdue_digests_pkey primary key (week, agency_id),
  constraint overdue_digests_week_check
    check (week ~ '^\d{4}-W\d{2}$'),
  constraint overdue_digests_state_check
    check (state in ('not_sent', 'claimed', 'sent')),
  constraint overdue_digests_claim_check
    check (
      state = 'not_sent'
      or (key_number > 0 and run_id is not null and judged_at is not null and claimed_at is not null)
    ),
  constraint overdue_digests_uncertain_check
    check (state <> 'not_sent' or uncertain_since is null),
  constraint overdue_digests_lease_check
    check ((lease is null) = (leased_until is null) and (state = 'claimed' or lease is null)),
  constraint overdue_digests_sent_check
    check ((state = 'sent') = (sent_at is not null) and (state = 'sent' or mail_id is null))
);

alter table jobs.overdue_digests enable row level security;

revoke all on table jobs.overdue_digests
  from public, anon, authenticated, service_role;

comment on table jobs.overdue_digests is
  'The ledger of weekly-overdue-digest: one row per agency and week that was claimed, kept for 90 days. '
  'No foreign key, so that an agency with mails can be deleted. '
  'Written by claim_overdue_digest() and complete_overdue_digest().';
comment on column jobs.overdue_digests.week is
  'The agency''s own ISO week, by its calendar at the start of the run: 2026-W48. It begins on Monday; mails from 08:00 on.';
comment on column jobs.overdue_digests.state is
  'not_sent: nothing was sent, so it can be claimed. claimed: a run is sending it, or its process ended while sending. '
  'sent: final.';
comment on column jobs.overdue_digests.key_number is
  'Counts the idempotency keys of the week. A definite refusal ends a key, because Resend has bound the refused mail to it.';
comment on column jobs.overdue_digests.run_id is
  'The run that claimed it last.';
comment on column jobs.overdue_digests.judged_at is
  'The instant at which the mail judges what is overdue. A repeated mail uses the same instant.';
comment on column jobs.overdue_digests.uncertain_since is
  'When the first claim with an unknown outcome was made; null while every outcome is known.';
comment on column jobs.overdue_digests.mail_id is
  'The id of the mail at Resend; null where Resend only answered that it has it already.';
