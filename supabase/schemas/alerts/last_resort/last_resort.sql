create table jobs.last_resort (
  channel text not null,
  failing_since timestamptz,
  subject text,
  message text,
  is_of_copy boolean not null default false,
  written_at timestamptz,
  attempted_at timestamptz,
  sent_at timestamptz,
  last_error text,
  constraint last_resort_pkey primary key (channel),
  constraint last_resort_channel_check
    check (channel in ('slack', 'email')),
  constraint last_resort_message_check
    check (message is null or (subject is not null and written_at is not null))
);

alter table jobs.last_resort enable row level security;

revoke all on table jobs.last_resort
  from public, anon, authenticated, service_role;

insert into jobs.last_resort (channel)
values ('slack'), ('email');

comment on table jobs.last_resort is
  'What the database sends itself when alerts are not delivered: one row per channel. Written by '
  'jobs.prepare_last_resort() and jobs.send_last_resort() only.';
comment on column jobs.last_resort.failing_since is
  'Since when the delivery of alerts has been failing; null while it works.';
comment on column jobs.last_resort.message is
  'The message that waits to be sent; null when none does.';
comment on column jobs.last_resort.is_of_copy is
  'Whether the last message says that the functions take this database for a copy: the only one that a copy sends.';
comment on column jobs.last_resort.written_at is
  'When the last message was written. While the delivery fails, another follows an hour later.';
comment on column jobs.last_resort.attempted_at is
  'When sending was last tried.';
comment on column jobs.last_resort.sent_at is
  'When a message was last sent.';
comment on column jobs.last_resort.last_error is
  'Why the last attempt failed; null when it was successful.';
