create function jobs.register(
  job_name text,
  description text,
  schedule text,
  function_slug text default null,
  cron_job_name text default null,
  expected_interval interval default (jobs.defaults()).expected_interval,
  max_runtime interval default (jobs.defaults()).max_runtime,
  catch_up boolean default true,
  notify_on_success boolean default false,
  degraded_error_ratio numeric default (jobs.defaults()).degraded_error_ratio,
  failed_error_ratio numeric default (jobs.defaults()).failed_error_ratio,
  enabled boolean default true,
  max_catch_ups int default (jobs.defaults()).max_catch_ups,
  slow_after interval default (jobs.defaults()).slow_after,
  due_check text default null,
  impact text default null,
  ping_url text default null
)
returns void
language plpgsql
set search_path = ''
as $function$
declare
  entry_name text := coalesce(register.cron_job_name, register.job_name);
  former jobs.definitions;
  keeps_schedule boolean;
  keeps_interval boolean;
  due_check_name text := jobs.checked_due_check(register.due_check);
begin
  if octet_length(register.job_name) > 63 or octet_length(entry_name) > 63 then
    raise exception 'A name has more than 63 bytes: %', case
      when octet_length(register.job_name) > 63 then register.job_name
      else entry_name
    end
      using
        errcode = 'check_violation',
        hint = 'pg_cron cuts longer names. Choose a shorter job_name or cron_job_name.';
  end if;

  select *
  into former
  from jobs.definitions as definition
  where definition.job_name = register.job_name
  for update;

  -- A migration that registers the job as before does not undo what an operator
  -- has chosen since. Another schedule is a new choice.
  keeps_schedule := coalesce(former.registered_schedule = register.schedule, false);
  keeps_interval := keeps_schedule and coalesce(former.registered_interval = register.expected_interval, false);

  insert into jobs.definitions as definition (
    job_name,
    description,
    schedule,
    cron_job_name,
    function_slug,
    expected_interval,
    max_runtime,
    slow_after,
    catch_up,
    notify_on_success,
    degraded_error_ratio,
    failed_error_ratio,
    enabled,
    max_catch_ups,
    due_check,
    impact,
    ping_url
  )
  values (
    register.job_name,
    register.description,
    case when keeps_schedule then former.schedule else register.schedule end,
    entry_name,
    coalesce(register.function_slug, register.job_name),
    case when keeps_interval then former.expected_interval else register.expected_interval end,
    register.max_runtime,
    register.slow_after,
    register.catch_up,
    register.notify_on_success,
    register.degraded_error_ratio,
    register.failed_error_ratio,
    register.enabled,
    register.max_catch_ups,
    due_check_name,
    nullif(btrim(register.impact), ''),
    jobs.checked_ping_url(nullif(btrim(register.ping_url), ''))
  )
  on conflict on constraint definitions_pkey do update
  set
    description = excluded.description,
    schedule = excluded.schedule,
    cron_job_name = excluded.cron_job_name,
    function_slug = excluded.function_slug,
    expected_interval = excluded.expected_interval,
    registered_schedule = case when keeps_schedule then register.schedule end,
    registered_interval = case when keeps_schedule then register.expected_interval end,
    max_runtime = excluded.max_runtime,
    slow_after = excluded.slow_after,
    catch_up = excluded.catch_up,
    notify_on_success = excluded.notify_on_success,
    degraded_error_ratio = excluded.degraded_error_ratio,
    failed_error_ratio = excluded.failed_error_ratio,
    max_catch_ups = excluded.max_catch_ups,
    due_check = excluded.due_check,
    impact = excluded.impact,
    ping_url = excluded.ping_url,
    enabled = excluded.enabled,
    enabled_at = case
      when excluded.enabled and not definition.enabled then excluded.enabled_at
      else definition.enabled_at
    end;

  -- Another check, or one that was corrected, begins without failures.
  delete from jobs.due_check_failures as failing
  where failing.job_name = register.job_name;

  if former.cron_job_name is distinct from entry_name
    and exists (
      select 1
      from cron.job as entry
      where entry.jobname = entry_name
        and entry.username = current_user
        and entry.command not like 'select jobs.dispatch(%'
    ) then
    raise exception 'pg_cron has another entry %', entry_name
      using hint = 'Choose another cron_job_name, or cron.unschedule() it first.';
  end if;

  if former.cron_job_name <> entry_name then
    perform jobs.unschedule(former.cron_job_name);
  end if;

  perform jobs.schedule_job(register.job_name);

  if keeps_schedule then
    raise notice 'The job % keeps the schedule % that jobs.reschedule() has given it.', register.job_name, former.schedule;
  end if;

  if former.registered_schedule is not null and former.schedule <> register.schedule and not keeps_schedule then
    insert into jobs.actions (action, job_name, schedule, former_schedule, reason, requested_by, requested_at)
    values (
      'reschedule',
      register.job_name,
      register.schedule,
      former.schedule,
      'jobs.register() was called with another schedule than before.',
      session_user,
      now()
    );
  end if;
end
$function$;

revoke all on function jobs.register(
  text, text, text, text, text, interval, interval, boolean, boolean, numeric, numeric, boolean, int, interval, text,
  text, text
)
  from public, anon, authenticated, service_role;

comment on function jobs.register(
  text, text, text, text, text, interval, interval, boolean, boolean, numeric, numeric, boolean, int, interval, text,
  text, text
) is
  'Registers a job, or brings a registered one up to date, and schedules it in pg_cron. '
  'Defaults: the function and the pg_cron entry have the name of the job; catch-up on; email on success off; enabled; '
  'intervals and ratios as in jobs.defaults(); no due check, no impact and no ping_url. '
  'due_check: the name, with its schema, of a function (as_of timestamptz) returns boolean. It is asked every minute, and '
  'the job is started when it says true (jobs.is_due()). '
  'Idempotent: a second call with the same arguments changes nothing. A job that is paused stays paused. '
  'A job that was rescheduled (jobs.reschedule) keeps that schedule when it is registered with the one that it had before; '
  'another schedule replaces it, with a row in jobs.actions. '
  'Raises 22023 for a ping_url that may not be called (jobs.checked_ping_url). '
  'Raises 42501 for another role than the one that pg_cron runs the jobs as: postgres.';
