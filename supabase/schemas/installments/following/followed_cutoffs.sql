create table jobs.followed_cutoffs (
  agency_id uuid not null,
  overdue_before date not null,
  asked_before date,
  asked_at timestamptz,
  constraint followed_cutoffs_pkey primary key (agency_id),
  constraint followed_cutoffs_asked_check
    check ((asked_before is null) = (asked_at is null))
);

alter table jobs.followed_cutoffs enable row level security;

revoke all on table jobs.followed_cutoffs
  from public, anon, authenticated, service_role;

comment on table jobs.followed_cutoffs is
  'Up to which due date each agency has been looked at, while the main job follows the cut-offs. Written by its due check, '
  'jobs.installments_are_due(), about once a day per agency; emptied by jobs.follow_cutoffs(). An agency without a row is '
  'looked at from the beginning.';
comment on column jobs.followed_cutoffs.overdue_before is
  'What was due before this date was looked at: nothing pending was found, or a run has succeeded since.';
comment on column jobs.followed_cutoffs.asked_before is
  'Something due before this date was found, and a run asked for. Null when no run is awaited.';
comment on column jobs.followed_cutoffs.asked_at is
  'When that run was asked for. A success that started since settles it, also when it could not mark everything.';
