create table jobs.actions (
  id uuid not null default gen_random_uuid(),
  action text not null,
  job_name text,
  run_id uuid,
  channel text,
  reason text,
  requested_by text not null,
  requested_at timestamptz not null,
  until timestamptz,
  ended_at timestamptz,
  schedule text,
  former_schedule text,
  constraint actions_pkey primary key (id),
  constraint actions_action_check
    check (
      action in (
        'run', 'pause', 'resume', 'reschedule', 'snooze', 'unsnooze', 'cancel', 'restore_schedule', 'retry_alerts',
        'test_alert', 'disarm'
      )
    ),
  constraint actions_reason_check
    check (reason <> '' and (reason is not null or action not in ('pause', 'snooze', 'cancel', 'disarm'))),
  constraint actions_requested_by_check
    check (requested_by <> ''),
  constraint actions_subject_check
    check (
      case action
        when 'retry_alerts' then job_name is null
        when 'test_alert' then job_name is null
        when 'disarm' then job_name is null
        -- Without a job: of all jobs.
        when 'restore_schedule' then true
        else job_name is not null
      end
      and (action not in ('run', 'cancel') or run_id is not null)
    ),
  constraint actions_schedule_check
    check ((schedule is not null) = (action = 'reschedule')),
  constraint actions_until_check
    check (until > requested_at and (action <> 'snooze' or until is not null))
);

create unique index actions_in_force_key
  on jobs.actions (job_name, action)
  where ended_at is null and action in ('pause', 'snooze');

create unique index actions_cancelled_run_key
  on jobs.actions (run_id)
  where action = 'cancel';

create index actions_run_id_idx
  on jobs.actions (run_id);

create index actions_requested_at_idx
  on jobs.actions (requested_at);

alter table jobs.actions enable row level security;

revoke all on table jobs.actions
  from public, anon, authenticated, service_role;

comment on table jobs.actions is
  'What people have asked of the jobs: one row per request, with who asked and why. A pause or snooze is in force while '
  'ended_at is null; a snooze not after until.';
comment on column jobs.actions.channel is
  'retry_alerts: the channel whose alerts are sent again; null for all channels.';
comment on column jobs.actions.requested_by is
  'Who asked: a database role, the kind of key, or the email address of an admin. From their credential, not from what '
  'they sent.';
comment on column jobs.actions.until is
  'When a pause or snooze ends by itself; null for a pause without an end.';
comment on column jobs.actions.ended_at is
  'When a pause or snooze was over, or when a cancelled run ended.';
comment on column jobs.actions.schedule is
  'reschedule: the cron expression that the job has from then on.';
comment on column jobs.actions.former_schedule is
  'reschedule: the cron expression that the job had before.';
