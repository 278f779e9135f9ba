-- Is this installation complete? Run it in the SQL editor or with psql.
--
-- One row per check: ok says whether it holds, what_to_do what to do where it
-- does not. Changes nothing. Complete is when every row says true. How the jobs
-- are, and whether alerts reach people: select public.get_job_health();

create or replace function pg_temp.holds(condition text)
returns boolean
language plpgsql
as $function$
declare
  holds boolean;
begin
  execute 'select ' || condition
  into holds;
  return coalesce(holds, false);
exception
  -- What the condition asks about is not there at all.
  when undefined_table or undefined_column or undefined_function or undefined_object or invalid_schema_name
    or invalid_parameter_value or insufficient_privilege then
    return false;
end
$function$;

with required_functions (signature) as (
  values
    ('public.claim_job_alerts(jsonb, int, int, timestamptz)'),
    ('public.complete_job_alert(uuid, text, uuid, text, text, numeric, boolean, timestamptz)'),
    ('public.claim_overdue_digest(uuid, uuid, int, timestamptz)'),
    ('public.complete_overdue_digest(uuid, text, uuid, text, text, timestamptz)'),
    ('public.finish_job_run(uuid, text, text, jsonb, int, int, int, int, jsonb, timestamptz)'),
    ('public.get_job_counters(timestamptz)'),
    ('public.get_job_health(timestamptz, boolean)'),
    ('public.get_job_metrics(text, timestamptz, timestamptz, int, timestamptz)'),
    ('public.job_exists(text)'),
    ('public.list_job_runs(text, text, uuid, timestamptz, uuid, int, text)'),
    ('public.list_overdue_digests(uuid, timestamptz)'),
    ('public.process_installment_batch(uuid, int)'),
    ('public.report_job_progress(uuid, int, int, int, jsonb, int)'),
    ('public.start_job_run(text, uuid, text, timestamptz)'),
    ('public.update_installment_statuses(timestamptz)'),
    ('jobs.agency_errors(jsonb)'),
    ('jobs.agency_results(uuid)'),
    ('jobs.defaults()'),
    ('jobs.item_totals(text, timestamptz, timestamptz)'),
    ('jobs.lock_run(uuid)'),
    ('jobs.mark_at_once(tid[], uuid[], date)'),
    ('jobs.notify_job_failure(public.jobs_log)'),
    ('jobs.raise_alerts_of_ended_runs(uuid[])'),
    ('jobs.add_missing_deliveries(text[], timestamptz)'),
    ('jobs.agency_cutoffs(timestamptz)'),
    ('jobs.agency_transitions(timestamptz, timestamptz)'),
    ('jobs.alert_backlog(timestamptz)'),
    ('jobs.amount_as_text(numeric)'),
    ('jobs.announce_channels(jsonb, timestamptz)'),
    ('jobs.call_function(text, text, uuid, text, int)'),
    ('jobs.catch_up_delay(bigint)'),
    ('jobs.channel_backlog(timestamptz)'),
    ('jobs.check_health(int)'),
    ('jobs.checked_functions_url(text)'),
    ('jobs.close_incidents(text, text[], uuid, jsonb, timestamptz)'),
    ('jobs.count_ended_runs(uuid[])'),
    ('jobs.current_status(timestamptz)'),
    ('jobs.has_due_deliveries(timestamptz)'),
    ('jobs.digest_obstacle(jobs.overdue_digests, uuid, timestamptz)'),
    ('jobs.disable_heartbeat()'),
    ('jobs.dispatch(text, text, int)'),
    ('jobs.due_catch_ups(timestamptz)'),
    ('jobs.enable_heartbeat(text)'),
    ('jobs.expectations(timestamptz, text)'),
    ('jobs.explain_response(int, text)'),
    ('jobs.job_stats(timestamptz, text)'),
    ('jobs.close_incidents_silently(text, timestamptz)'),
    ('jobs.channel_health_report(timestamptz)'),
    ('jobs.job_health_report(timestamptz, text)'),
    ('jobs.lock_running_run(uuid)'),
    ('jobs.elapsed_hours(timestamptz, timestamptz)'),
    ('jobs.installments_have_triggers()'),
    ('jobs.iso_week(timestamptz)'),
    ('jobs.is_degraded(public.jobs_log)'),
    ('jobs.latest_runs(text, timestamptz, timestamptz, int)'),
    ('jobs.local_time(timestamptz, text)'),
    ('jobs.covers_missed_run(public.jobs_log)'),
    ('jobs.mark_agency_by_agency(uuid[], uuid[])'),
    ('jobs.mark_overdue_batch(timestamptz, int, date, uuid[])'),
    ('jobs.max_runtime(text)'),
    ('jobs.median_ms(text, timestamptz)'),
    ('jobs.known_jobs()'),
    ('jobs.run_statistics(text, timestamptz, timestamptz, timestamptz)'),
    ('jobs.monitored_jobs()'),
    ('jobs.overdue_digest(uuid, timestamptz)'),
    ('jobs.overdue_slices(uuid[], date[])'),
    ('jobs.pick_overdue(date, date, uuid[], int, boolean)'),
    ('jobs.prune(interval, interval, timestamptz)'),
    ('jobs.raise_alert(text, text, jsonb, uuid, uuid, int, timestamptz)'),
    ('jobs.raise_health_alerts(jsonb, timestamptz)'),
    ('jobs.raise_heartbeat(timestamptz)'),
    ('jobs.raise_incident(text, text, jsonb, uuid, int, timestamptz)'),
    ('jobs.raise_missed_run(text, timestamptz)'),
    ('jobs.raise_reminders(timestamptz)'),
    ('jobs.raise_run_alerts(uuid, int)'),
    ('jobs.redact_response(text, text)'),
    ('jobs.reap_runs(text, timestamptz)'),
    ('jobs.check_alerts_undelivered(timestamptz)'),
    ('jobs.check_last_run_failed(jobs.job_stats)'),
    ('jobs.check_never_ran(jobs.job_stats)'),
    ('jobs.check_no_alert_channel(timestamptz)'),
    ('jobs.check_run_missed(jobs.job_stats)'),
    ('jobs.check_run_slow(jobs.job_stats)'),
    ('jobs.check_run_stuck(jobs.job_stats)'),
    ('jobs.check_schedule_differs(jobs.job_stats)'),
    ('jobs.check_schedule_inactive(jobs.job_stats)'),
    ('jobs.check_schedule_missing(jobs.job_stats)'),
    ('jobs.check_scheduler_dead()'),
    ('jobs.check_setting_missing()'),
    ('jobs.check_success_rate_low(jobs.job_stats)'),
    ('jobs.check_supervisor_silent(timestamptz)'),
    ('jobs.duration_text(interval)'),
    ('jobs.health_thresholds()'),
    ('jobs.job_health_reasons(jobs.job_stats)'),
    ('jobs.last_run_text(jobs.job_stats)'),
    ('jobs.system_health_reasons(timestamptz)'),
    ('jobs.time_ago(timestamptz, timestamptz)'),
    ('jobs.record_dispatch_failure(text, uuid, text, timestamptz, text)'),
    ('jobs.register(text, text, text, text, text, interval, interval, boolean, boolean, numeric, numeric, boolean)'),
    ('jobs.release_overdue_digest(uuid, text, timestamptz)'),
    ('jobs.retire_channel(text, timestamptz)'),
    ('jobs.retry_deliveries(text, timestamptz)'),
    ('jobs.run_facts(public.jobs_log)'),
    ('jobs.open_incidents()'),
    ('jobs.raise_problems(jsonb)'),
    ('jobs.request_delivery()'),
    ('jobs.schedule_supervision()'),
    ('jobs.start_catch_up(text)'),
    ('jobs.supervisor_command()'),
    ('jobs.setting(text)'),
    ('jobs.setting_problem(text)'),
    ('jobs.supervise(timestamptz)'),
    ('jobs.unregister(text)'),
    ('jobs.unschedule(text)'),
    ('jobs.success_awaited_since(jobs.definitions, timestamptz)'),
    ('jobs.worst_severity(jsonb)')
),
checks (position, check_name, condition, what_to_do) as (
  select
    1,
    'extension ' || wanted.extname || ' is installed',
    format('exists (select 1 from pg_catalog.pg_extension where extname = %L)', wanted.extname),
    format('create extension %I;', wanted.extname)
  from (values ('pg_cron'), ('http')) as wanted (extname)

  union all

  select
    2,
    'extension http is in the schema extensions',
    $$exists (
      select 1
      from pg_catalog.pg_extension
      where extname = 'http' and extnamespace = 'extensions'::regnamespace
    )$$,
    'drop extension http; create extension http with schema extensions;'

  union all

  select
    3,
    'table ' || wanted.table_name || ' exists and has row level security',
    format('(select relrowsecurity from pg_catalog.pg_class where oid = %L::regclass)', wanted.table_name),
    format(
      'supabase db push; if the table is your own: alter table %s enable row level security; and write its policies',
      wanted.table_name
    )
  from (
    values
      ('public.agencies'),
      ('public.user_roles'),
      ('public.payment_plans'),
      ('public.installments'),
      ('public.jobs_log'),
      ('jobs.definitions'),
      ('jobs.start_locks'),
      ('jobs.incidents'),
      ('jobs.alerts'),
      ('jobs.alert_channels'),
      ('jobs.alert_deliveries'),
      ('jobs.run_results'),
      ('jobs.overdue_digests'),
      ('jobs.run_totals')
  ) as wanted (table_name)

  union all

  select
    4,
    'column agencies.' || wanted.column_name || ' exists',
    format(
      'exists (select 1 from pg_catalog.pg_attribute where attrelid = %L::regclass and attname = %L and not attisdropped)',
      'public.agencies',
      wanted.column_name
    ),
    'supabase db push'
  from (
    values ('timezone'), ('overdue_cutoff_time'), ('due_soon_threshold_days')
  ) as wanted (column_name)

  union all

  select
    5,
    'every agency lives in a time zone that the database knows',
    $$not exists (
      select 1
      from public.agencies as agency
      where not exists (
        select 1
        from pg_catalog.pg_timezone_names as zone
        where zone.name = agency.timezone
      )
    )$$,
    'select id, name, timezone from public.agencies where timezone is null or timezone not in (select name from pg_timezone_names); and correct them'

  union all

  select
    6,
    'pending due dates are indexed',
    $$exists (
      select 1
      from pg_catalog.pg_index as candidate
      join pg_catalog.pg_attribute as leading_column
        on leading_column.attrelid = candidate.indrelid
        and leading_column.attnum = candidate.indkey[0]
      where candidate.indrelid = 'public.installments'::regclass
        and candidate.indisvalid
        and leading_column.attname = 'student_due_date'
        and pg_get_expr(candidate.indpred, candidate.indrelid) like '%pending%'
    )$$,
    'create index concurrently installments_pending_due_date_idx on public.installments (student_due_date) where status = ''pending'';'

  union all

  select
    6,
    format('%s are indexed by %s', wanted.table_name, wanted.column_name),
    format(
      $$exists (
        select 1
        from pg_catalog.pg_index as candidate
        join pg_catalog.pg_attribute as leading_column
          on leading_column.attrelid = candidate.indrelid
          and leading_column.attnum = candidate.indkey[0]
        where candidate.indrelid = 'public.%s'::regclass
          and candidate.indisvalid
          and candidate.indpred is null
          and leading_column.attname = %L
      )$$,
      wanted.table_name,
      wanted.column_name
    ),
    format('create index concurrently on public.%s (%s);', wanted.table_name, wanted.column_name)
  from (
    values
      ('payment_plans', 'agency_id'),
      ('installments', 'payment_plan_id')
  ) as wanted (table_name, column_name)

  union all

  select
    7,
    'function ' || wanted.signature || ' exists',
    format('to_regprocedure(%L) is not null', wanted.signature),
    'supabase db push'
  from required_functions as wanted

  union all

  select
    8,
    'only service_role may call ' || wanted.signature,
    format(
      $$has_function_privilege('service_role', %1$L, 'execute')
      and not has_function_privilege('anon', %1$L, 'execute')
      and not has_function_privilege('authenticated', %1$L, 'execute')$$,
      wanted.signature
    ),
    format(
      'revoke execute on function %1$s from public, anon, authenticated; grant execute on function %1$s to service_role;',
      wanted.signature
    )
  from required_functions as wanted
  where wanted.signature like 'public.%'
    and wanted.signature not like 'public.list\_job\_runs(%'

  union all

  select
    8,
    'only service_role and those who are signed in may call ' || wanted.signature,
    format(
      $$has_function_privilege('service_role', %1$L, 'execute')
      and has_function_privilege('authenticated', %1$L, 'execute')
      and not has_function_privilege('anon', %1$L, 'execute')$$,
      wanted.signature
    ),
    format(
      'revoke execute on function %1$s from public, anon; grant execute on function %1$s to authenticated, service_role;',
      wanted.signature
    )
  from required_functions as wanted
  where wanted.signature like 'public.list\_job\_runs(%'

  union all

  select
    9,
    'only service_role writes jobs_log, and anon does not read it',
    $$has_table_privilege('service_role', 'public.jobs_log', 'insert')
    and has_table_privilege('service_role', 'public.jobs_log', 'update')
    and not has_table_privilege('anon', 'public.jobs_log', 'select, insert, update, delete, truncate')
    and not has_table_privilege('authenticated', 'public.jobs_log', 'insert, update, delete, truncate')$$,
    'revoke all on public.jobs_log from anon, authenticated; grant select on public.jobs_log to authenticated;'

  union all

  select
    10,
    format('trigger %s on %s is enabled', wanted.trigger_name, wanted.table_name),
    format(
      'exists (select 1 from pg_catalog.pg_trigger where tgrelid = %L::regclass and tgname = %L and tgenabled <> %L)',
      wanted.table_name,
      wanted.trigger_name,
      'D'
    ),
    format('alter table %s enable trigger %I; if it is missing: supabase db push', wanted.table_name, wanted.trigger_name)
  from (
    values
      ('public.agencies', 'check_agency_timezone'),
      ('public.jobs_log', 'complete_finished_run'),
      ('public.jobs_log', 'add_agency_results'),
      ('public.jobs_log', 'handle_ended_runs_on_insert'),
      ('public.jobs_log', 'handle_ended_runs_on_update'),
      ('jobs.definitions', 'close_incidents_of_unregistered_job')
  ) as wanted (table_name, trigger_name)

  union all

  select
    10,
    'view ' || wanted.view_name || ' exists',
    format('to_regclass(%L) is not null', wanted.view_name),
    'supabase db push'
  from (values ('public.installments_due'), ('jobs.overdue_candidates')) as wanted (view_name)

  union all

  select
    10,
    'admins can read jobs_log: its policy is there, and users can read their own rows of user_roles',
    $$exists (
      select 1
      from pg_catalog.pg_policies
      where schemaname = 'public' and tablename = 'jobs_log' and cmd = 'SELECT' and 'authenticated' = any (roles)
    )
    and has_table_privilege('authenticated', 'public.jobs_log', 'select')
    and has_table_privilege('authenticated', 'public.user_roles', 'select')
    and (
      not (select relrowsecurity from pg_catalog.pg_class where oid = 'public.user_roles'::regclass)
      or exists (
        select 1
        from pg_catalog.pg_policies
        where schemaname = 'public' and tablename = 'user_roles' and cmd in ('SELECT', 'ALL')
      )
    )$$,
    'grant select on public.user_roles to authenticated; and let a policy show users their own rows; if the policy of jobs_log is missing: supabase db push'

  union all

  select
    10,
    'metrics_reader can read the runs for dashboards, and neither their errors nor their metadata',
    $$has_column_privilege('metrics_reader', 'public.jobs_log', 'duration_ms', 'select')
    and not has_column_privilege('metrics_reader', 'public.jobs_log', 'errors', 'select')
    and not has_column_privilege('metrics_reader', 'public.jobs_log', 'metadata', 'select')
    and has_schema_privilege('metrics_reader', 'jobs', 'usage')
    and has_function_privilege('metrics_reader', 'jobs.current_status(timestamptz)', 'execute')
    and exists (
      select 1
      from pg_catalog.pg_policies
      where schemaname = 'public' and tablename = 'jobs_log' and cmd = 'SELECT' and 'metrics_reader' = any (roles)
    )$$,
    'supabase/rollbacks/duewatch.sql, then supabase db push; the history of runs and what the digest has mailed are lost'

  union all

  select
    10,
    'the roles of the Data API have no use of the schema jobs',
    $$not exists (
      select 1
      from unnest(array['anon', 'authenticated', 'service_role']) as api (role_name)
      where has_schema_privilege(api.role_name, 'jobs', 'usage')
    )$$,
    'revoke all on schema jobs from public, anon, authenticated, service_role;'

  union all

  select
    11,
    'job update-installment-statuses is registered',
    $$exists (select 1 from jobs.definitions where job_name = 'update-installment-statuses')$$,
    'supabase db push'

  union all

  select
    12,
    'every registered job is scheduled in pg_cron as registered',
    $$not exists (
      select 1
      from jobs.definitions as definition
      where not exists (
        select 1
        from cron.job as entry
        where entry.jobname = definition.cron_job_name
          and entry.schedule = definition.schedule
          and entry.active = definition.enabled
          and entry.database = current_database()
      )
    )$$,
    'select * from jobs.definitions; and select jobs.register(…) again for the job that is missing in cron.job'

  union all

  select
    13,
    format('pg_cron has the entry %s, active', wanted.entry_name),
    format(
      $$exists (
        select 1
        from cron.job
        where jobname = %L
          and schedule = %L
          and command = %s
          and active
          and database = current_database()
      )$$,
      wanted.entry_name,
      wanted.schedule,
      wanted.command
    ),
    wanted.what_to_do
  from (
    values
      ('job-supervisor', '* * * * *', 'jobs.supervisor_command()', 'select jobs.schedule_supervision();'),
      (
        'check-job-health-hourly', '0 * * * *', '''select jobs.check_health()''', 'select jobs.schedule_supervision();'
      ),
      (
        'jobs-retention',
        '23 3 * * *',
        '''select jobs.prune()''',
        'select cron.alter_job(cron.schedule(''jobs-retention'', ''23 3 * * *'', ''select jobs.prune()''), active => true);'
      )
  ) as wanted (entry_name, schedule, command, what_to_do)

  union all

  select
    14,
    'the process of pg_cron is running',
    $$exists (
      select 1
      from pg_catalog.pg_stat_activity
      where backend_type like 'pg\_cron%' or application_name like 'pg\_cron%'
    )$$,
    'restart the database; where you run it yourself: shared_preload_libraries has to name pg_cron'

  union all

  select
    15,
    'setting ' || wanted.name || ' is there',
    format('jobs.setting(%L) is not null', wanted.name),
    format('select vault.create_secret(''<value>'', %L);', wanted.name)
  from (values ('functions_url'), ('jobs_api_key')) as wanted (name)
),
judged as (
  select
    checks.*,
    pg_temp.holds(checks.condition) as ok
  from checks
)
select
  judged.check_name as "check",
  judged.ok,
  case when not judged.ok then judged.what_to_do end as what_to_do
from judged
order by judged.position, judged.check_name;
