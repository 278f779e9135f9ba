create table jobs.status_changes (
  id bigint generated always as identity,
  run_id uuid not null,
  agency_id uuid not null,
  id_suffix text collate "C" not null default '',
  from_status text not null,
  to_status text not null,
  changed_at timestamptz not null default clock_timestamp(),
  reason text not null,
  as_of timestamptz not null,
  timezone text not null,
  local_time timestamp not null,
  cutoff_time time not null,
  grace_days int not null default 0,
  moved_dates jsonb,
  installment_ids uuid[] not null,
  due_dates date[] not null,
  constraint status_changes_pkey primary key (id),
  constraint status_changes_arrays_check
    check (cardinality(installment_ids) between 1 and 100 and cardinality(due_dates) = cardinality(installment_ids)),
  constraint status_changes_reason_check
    check (reason in ('cutoff_passed', 'due_date_moved', 'plan_not_active', 'settings_changed'))
);

-- The history of one installment is read from this index alone, so that the rows
-- of its agency lie side by side. docs/decisions/status-ledger.md has the figures.
create index status_changes_installments_idx
  on jobs.status_changes (agency_id, id_suffix, id)
  include (installment_ids);

create index status_changes_run_id_idx
  on jobs.status_changes (run_id);

alter table jobs.status_changes enable row level security;

revoke all on table jobs.status_changes
  from public, anon, authenticated, service_role;

comment on table jobs.status_changes is
  'The ledger: which installments Duewatch changed from which status to which, when, in which run, and what was judged. '
  'Written in the transaction of the change; kept for seven years by default (jobs.keep_status_changes()), apart from '
  'jobs_log. One row per agency, batch and transition; of more than 100 installments, several. '
  'Granted to nobody, because the arrays name installments of others: public.installment_history() reads it.';
comment on column jobs.status_changes.id is
  'Of two changes of one installment, the later one has the higher id.';
comment on column jobs.status_changes.agency_id is
  'The agency of the installments'' plans when the status was changed.';
comment on column jobs.status_changes.id_suffix is
  'The last characters that all ids of the row have in common: none where an agency has at most 100 changes in a batch, '
  'else one or two. A reader of one installment skips the rows that cannot hold it.';
comment on column jobs.status_changes.changed_at is
  'When the change was written; a moment later it was committed.';
comment on column jobs.status_changes.reason is
  'cutoff_passed: past its cut-off. due_date_moved: since it was marked. plan_not_active: cancelled or completed since. '
  'settings_changed: by the agency''s zone, cut-off, grace or closed days of today it is not overdue.';
comment on column jobs.status_changes.as_of is
  'The instant that was judged.';
comment on column jobs.status_changes.timezone is
  'The agency''s zone then, whatever it is today.';
comment on column jobs.status_changes.local_time is
  'as_of in that zone.';
comment on column jobs.status_changes.cutoff_time is
  'The agency''s cut-off then.';
comment on column jobs.status_changes.grace_days is
  'The agency''s grace days then.';
comment on column jobs.status_changes.moved_dates is
  'Due dates that closed days moved, with the effective due date of each: {"2026-11-20": "2026-11-23"}. Null for none. '
  'The effective due date of the others is the due date plus grace_days.';
comment on column jobs.status_changes.installment_ids is
  'The installments whose status was changed, at most 100.';
comment on column jobs.status_changes.due_dates is
  'Their due dates as judged, in the same order.';
