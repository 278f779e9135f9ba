-- Which jobs exist, when they run, and the settings that a call needs.
--
-- Why:       one place says what a job is; pg_cron's own table is read-only for
--            `postgres` and knows nothing of intervals, run times or catch-up.
-- Locks:     nothing that exists.
-- Take back: supabase/rollbacks/main_job.sql unschedules every registered job.

create table jobs.definitions (
  job_name text not null,
  description text not null,
  schedule text not null,
  cron_job_name text not null,
  function_slug text not null,
  expected_interval interval not null default '25 hours',
  max_runtime interval not null default '10 minutes',
  catch_up boolean not null default true,
  notify_on_success boolean not null default false,
  degraded_error_ratio numeric(3, 2) not null default 0.20,
  failed_error_ratio numeric(3, 2) not null default 0.50,
  enabled boolean not null default true,
  enabled_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  constraint definitions_pkey primary key (job_name),
  constraint definitions_cron_job_name_key unique (cron_job_name),
  constraint definitions_job_name_check
    check (job_name ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(job_name) <= 100),
  -- The alerts that concern all jobs go by this name.
  constraint definitions_job_name_is_not_reserved_check
    check (job_name <> 'duewatch'),
  constraint definitions_function_slug_check
    check (function_slug ~ '^[A-Za-z0-9_-]+$'),
  constraint definitions_expected_interval_check
    check (expected_interval > interval '0'),
  constraint definitions_max_runtime_check
    check (max_runtime between interval '1 second' and interval '1 day'),
  constraint definitions_error_ratios_check
    check (
      degraded_error_ratio between 0 and 1
      and failed_error_ratio between degraded_error_ratio and 1
    )
);

alter table jobs.definitions enable row level security;

revoke all on table jobs.definitions
  from public, anon, authenticated, service_role;

comment on table jobs.definitions is
  'The registered jobs. Written through jobs.register() and jobs.unregister(), which keep pg_cron in step.';
comment on column jobs.definitions.schedule is
  'Cron expression, in UTC.';
comment on column jobs.definitions.cron_job_name is
  'Name of the entry in cron.job.';
comment on column jobs.definitions.function_slug is
  'The Edge Function that does the work: the last part of its URL.';
comment on column jobs.definitions.expected_interval is
  'A job without a success for longer than this has missed a run. Default 25 hours: daily, with an hour of grace.';
comment on column jobs.definitions.max_runtime is
  'A run that is older than this is dead and is marked failed. Default 10 minutes.';
comment on column jobs.definitions.catch_up is
  'Whether a missed or failed run is made up for before the next tick.';
comment on column jobs.definitions.notify_on_success is
  'Whether people hear of successes too.';
comment on column jobs.definitions.degraded_error_ratio is
  'More than this share of failed items makes a success degraded. Default 0.20.';
comment on column jobs.definitions.failed_error_ratio is
  'More than this share of failed items makes the run failed. Default 0.50.';
comment on column jobs.definitions.enabled is
  'Whether pg_cron triggers it. A disabled job can still be dispatched by hand.';
comment on column jobs.definitions.enabled_at is
  'When it was registered, or last enabled again: runs are expected from then on.';

create function jobs.register(
  job_name text,
  description text,
  schedule text,
  function_slug text default null,
  cron_job_name text default null,
  expected_interval interval default '25 hours',
  max_runtime interval default '10 minutes',
  catch_up boolean default true,
  notify_on_success boolean default false,
  degraded_error_ratio numeric default 0.20,
  failed_error_ratio numeric default 0.50,
  enabled boolean default true
)
returns void
language plpgsql
set search_path = ''
as $function$
declare
  entry_name text := coalesce(register.cron_job_name, register.job_name);
  former_entry_name text;
begin
  select definition.cron_job_name
  into former_entry_name
  from jobs.definitions as definition
  where definition.job_name = register.job_name;

  insert into jobs.definitions as definition (
    job_name,
    description,
    schedule,
    cron_job_name,
    function_slug,
    expected_interval,
    max_runtime,
    catch_up,
    notify_on_success,
    degraded_error_ratio,
    failed_error_ratio,
    enabled
  )
  values (
    register.job_name,
    register.description,
    register.schedule,
    entry_name,
    coalesce(register.function_slug, register.job_name),
    register.expected_interval,
    register.max_runtime,
    register.catch_up,
    register.notify_on_success,
    register.degraded_error_ratio,
    register.failed_error_ratio,
    register.enabled
  )
  on conflict on constraint definitions_pkey do update
  set
    description = excluded.description,
    schedule = excluded.schedule,
    cron_job_name = excluded.cron_job_name,
    function_slug = excluded.function_slug,
    expected_interval = excluded.expected_interval,
    max_runtime = excluded.max_runtime,
    catch_up = excluded.catch_up,
    notify_on_success = excluded.notify_on_success,
    degraded_error_ratio = excluded.degraded_error_ratio,
    failed_error_ratio = excluded.failed_error_ratio,
    enabled = excluded.enabled,
    enabled_at = case
      when excluded.enabled and not definition.enabled then excluded.enabled_at
      else definition.enabled_at
    end;

  if former_entry_name is distinct from entry_name
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

  if former_entry_name <> entry_name then
    perform jobs.unschedule(former_entry_name);
  end if;

  perform cron.alter_job(
    job_id => cron.schedule(
      job_name => entry_name,
      schedule => register.schedule,
      command => format('select jobs.dispatch(%L, %L)', register.job_name, 'cron')
    ),
    active => register.enabled
  );
end
$function$;

revoke all on function jobs.register(
  text, text, text, text, text, interval, interval, boolean, boolean, numeric, numeric, boolean
)
  from public, anon, authenticated, service_role;

comment on function jobs.register(
  text, text, text, text, text, interval, interval, boolean, boolean, numeric, numeric, boolean
) is
  'Registers a job, or brings a registered one up to date, and schedules it in pg_cron. '
  'Defaults: the function and the pg_cron entry are named like the job; 25 hours expected interval; 10 minutes '
  'maximum run time; catch-up on; mail on success off; degraded above 20 %, failed above 50 % of failed items; enabled. '
  'Idempotent: a second call with the same arguments changes nothing. '
  'Call it as the role that pg_cron is to run as: postgres.';

create function jobs.unschedule(cron_job_name text)
returns void
language sql
set search_path = ''
as $function$
  select cron.unschedule(entry.jobid)
  from cron.job as entry
  where entry.jobname = unschedule.cron_job_name
    and entry.username = current_user;
$function$;

revoke all on function jobs.unschedule(text)
  from public, anon, authenticated, service_role;

comment on function jobs.unschedule(text) is
  'Removes our pg_cron entry of that name. Idempotent: an entry that is not there is no error, unlike cron.unschedule().';

create function jobs.unregister(job_name text)
returns void
language sql
set search_path = ''
as $function$
  select jobs.unschedule(definition.cron_job_name)
  from jobs.definitions as definition
  where definition.job_name = unregister.job_name;

  delete from jobs.definitions as definition
  where definition.job_name = unregister.job_name;
$function$;

revoke all on function jobs.unregister(text)
  from public, anon, authenticated, service_role;

comment on function jobs.unregister(text) is
  'Removes a job''s definition and its pg_cron entry. Its runs stay in jobs_log. Idempotent.';

create function jobs.setting(name text)
returns text
language plpgsql
stable
security definer
set search_path = ''
as $function$
declare
  found_value text;
begin
  -- Dynamic, because a self-hosted database may have no Vault.
  if to_regclass('vault.decrypted_secrets') is not null then
    execute 'select secret.decrypted_secret from vault.decrypted_secrets as secret where secret.name = $1'
    into found_value
    using setting.name;
  end if;

  found_value := coalesce(
    nullif(btrim(found_value, E' \t\r\n'), ''),
    nullif(btrim(current_setting('app.' || setting.name, true), E' \t\r\n'), '')
  );

  if found_value is null then
    raise exception 'the setting % is missing', setting.name
      using
        errcode = 'undefined_object',
        hint = format(
          'Add it to Vault: select vault.create_secret(''<value>'', %L);',
          setting.name
        );
  end if;

  if found_value ~ '[[:cntrl:]]' then
    raise exception 'the setting % contains a line break or another control character', setting.name
      using
        errcode = 'invalid_parameter_value',
        hint = 'It would be sent in an HTTP header. Store it again without the character.';
  end if;

  return found_value;
end
$function$;

revoke all on function jobs.setting(text)
  from public, anon, authenticated, service_role;

comment on function jobs.setting(text) is
  'A setting by name (functions_url, jobs_api_key): from Supabase Vault, else from the database setting app.<name>. '
  'Surrounding white space is dropped. Raises undefined_object (42704) when it is missing or blank and '
  'invalid_parameter_value (22023) when it holds a control character, never with the value in the text.';
