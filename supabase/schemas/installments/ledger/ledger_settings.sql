create table jobs.ledger_settings (
  is_only_row boolean not null default true,
  correct_automatically boolean not null default true,
  keep_changes interval not null default interval '7 years',
  constraint ledger_settings_pkey primary key (is_only_row),
  constraint ledger_settings_one_row_check
    check (is_only_row),
  constraint ledger_settings_keep_changes_check
    check (keep_changes >= interval '1 year')
);

insert into jobs.ledger_settings (is_only_row)
values (true);

alter table jobs.ledger_settings enable row level security;

revoke all on table jobs.ledger_settings
  from public, anon, authenticated, service_role;

comment on table jobs.ledger_settings is
  'One row: what is done with the ledger. Changed by jobs.correct_automatically() and jobs.keep_status_changes().';
comment on column jobs.ledger_settings.correct_automatically is
  'Whether each run sets back to pending what Duewatch marked and a moved due date has made wrong.';
comment on column jobs.ledger_settings.keep_changes is
  'How long rows of jobs.status_changes are kept: a year at least.';
