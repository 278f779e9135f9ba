create function jobs.reschedule(
  job_name text,
  schedule text,
  expected_interval interval default null,
  reason text default null,
  requested_by text default session_user,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  checked_reason text := case when reschedule.reason is not null then jobs.checked_reason(reschedule.reason) end;
  wanted text := btrim(regexp_replace(reschedule.schedule, '\s+', ' ', 'g'));
  definition jobs.definitions;
  requested jobs.actions;
  wanted_interval interval;
  given_schedule text;
  given_interval interval;
  is_changed boolean;
  is_as_registered boolean;
begin
  if coalesce(wanted, '') = '' then
    raise exception 'a schedule is required: five fields in UTC, such as 0 7 * * *'
      using errcode = 'invalid_parameter_value';
  end if;
  if reschedule.expected_interval <= interval '0' then
    raise exception 'expected_interval must be longer than nothing, not %', reschedule.expected_interval
      using errcode = 'invalid_parameter_value';
  end if;

  definition := jobs.lock_definition(reschedule.job_name);
  wanted_interval := coalesce(reschedule.expected_interval, definition.expected_interval);
  is_changed := definition.schedule <> wanted or definition.expected_interval <> wanted_interval;
  given_schedule := coalesce(definition.registered_schedule, definition.schedule);
  given_interval := coalesce(definition.registered_interval, definition.expected_interval);
  is_as_registered := wanted = given_schedule and wanted_interval = given_interval;

  perform jobs.assert_entry_owner();

  -- It raises 22023 for what is no schedule. Done also when nothing changes: an
  -- entry that was lost is there again.
  perform cron.alter_job(
    job_id => cron.schedule(
      job_name => definition.cron_job_name,
      schedule => wanted,
      command => jobs.dispatch_command(definition.job_name)
    ),
    active => definition.enabled and not jobs.is_paused(definition.job_name)
  );

  requested.action := 'reschedule';
  requested.job_name := definition.job_name;
  requested.schedule := wanted;
  requested.former_schedule := definition.schedule;
  requested.reason := checked_reason;
  requested.requested_by := reschedule.requested_by;
  requested.requested_at := reschedule.as_of;

  if not is_changed then
    return jobs.action_as_json(requested, changed => false);
  end if;

  update jobs.definitions as registered
  set
    schedule = wanted,
    expected_interval = wanted_interval,
    registered_schedule = case when not is_as_registered then given_schedule end,
    registered_interval = case when not is_as_registered then given_interval end
  where registered.job_name = definition.job_name;

  insert into jobs.actions (action, job_name, schedule, former_schedule, reason, requested_by, requested_at)
  values (
    requested.action,
    requested.job_name,
    requested.schedule,
    requested.former_schedule,
    requested.reason,
    requested.requested_by,
    requested.requested_at
  );
  return jobs.action_as_json(requested);
end
$function$;

revoke all on function jobs.reschedule(text, text, interval, text, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.reschedule(text, text, interval, text, text, timestamptz) is
  'Changes when pg_cron starts a job, and nothing else of it: a cron expression in UTC. expected_interval is how long the '
  'job may then be without a success; by default it stays. A job that is paused stays paused. '
  'It stays so when a migration registers the job again with the schedule that it had (jobs.register). '
  'Idempotent: with the schedule that it has, it only schedules an entry of pg_cron that is missing or was changed. '
  'Raises PT404 for a job that is not registered and 22023 for what is no schedule; then nothing is changed. '
  'Raises 42501 for another role than the one that pg_cron runs the jobs as: postgres. Returns the action, as jobs.action_as_json(), with schedule '
  'and former_schedule.';
