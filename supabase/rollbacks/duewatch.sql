-- Removes everything that Duewatch added to a database.
--
-- Goes:  the pg_cron entries, the functions, triggers and tables, the schema
--        jobs, jobs_log with its history, the role metrics_reader, and what was
--        added to agencies and installments that existed before (the columns
--        with their values: copy them first if you need them).
-- Stays: the domain's rows, tables that hold any, your own objects, the
--        extensions, and the Vault secrets functions_url and jobs_api_key.
-- How:   psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f supabase/rollbacks/duewatch.sql
--        Stop the alert listener first. One transaction. An object of yours that
--        depends on one of ours (a view over jobs_log, say) stops it, by name,
--        and nothing is changed. `supabase db push` installs everything again.

begin;

select jobs.unregister('weekly-overdue-digest');

drop function jobs.release_overdue_digest(uuid, text, timestamptz);
drop function public.complete_overdue_digest(uuid, text, uuid, text, text, timestamptz);
drop function public.claim_overdue_digest(uuid, uuid, int, timestamptz);
drop function jobs.digest_obstacle(jobs.overdue_digests, uuid, timestamptz);
drop function public.list_overdue_digests(uuid, timestamptz);

drop function jobs.overdue_digest(uuid, timestamptz);
drop function jobs.amount_as_text(numeric);
drop view jobs.overdue_candidates;
drop function jobs.iso_week(timestamptz);

-- Indexes that an adopter's tables did not have.
do $rollback$
declare
  added record;
begin
  for added in
    delete from jobs.installed_objects as installed
    where installed.kind = 'index'
      and installed.name in (
        'public.payment_plans_agency_id_idx',
        'public.installments_payment_plan_id_idx'
      )
    returning parse_ident(installed.name) as parts
  loop
    execute format('drop index if exists %I.%I', added.parts[1], added.parts[2]);
  end loop;
end
$rollback$;

drop table jobs.overdue_digests;

drop function jobs.channel_backlog(timestamptz);
drop function jobs.agency_transitions(timestamptz, timestamptz);
drop function jobs.current_status(timestamptz);
drop policy "Dashboards can read the job log" on public.jobs_log;

revoke all on table public.jobs_log
  from metrics_reader;
revoke usage on schema jobs
  from metrics_reader;

do $rollback$
begin
  drop role metrics_reader;
exception
  when dependent_objects_still_exist then
    raise notice 'the role metrics_reader stays: something else was granted to it';
end
$rollback$;

select jobs.unschedule('jobs-retention');
drop function jobs.prune(interval, interval, timestamptz);

drop function public.job_exists(text);
drop function public.list_job_runs(text, text, uuid, timestamptz, uuid, int, text);
drop index public.idx_jobs_log_history;

drop function public.get_job_counters(timestamptz);
drop function public.get_job_metrics(text, timestamptz, timestamptz, int, timestamptz);
drop function jobs.alert_backlog(timestamptz);
drop function jobs.latest_runs(text, timestamptz, timestamptz, int);
drop function jobs.item_totals(text, timestamptz, timestamptz);
drop function jobs.run_statistics(text, timestamptz, timestamptz, timestamptz);
drop function jobs.known_jobs();
drop index public.idx_jobs_log_items_updated;
drop index public.idx_jobs_log_numbers;

drop trigger handle_ended_runs_on_insert on public.jobs_log;
drop trigger handle_ended_runs_on_update on public.jobs_log;
drop function jobs.handle_ended_runs();
drop trigger add_agency_results on public.jobs_log;
drop function jobs.add_agency_results();
drop function jobs.agency_results(uuid);
drop table jobs.run_results;

drop function jobs.count_ended_runs(uuid[]);
drop table jobs.run_totals;

select jobs.unschedule('job-supervisor');
select jobs.unschedule('check-job-health-hourly');
select jobs.unschedule('job-heartbeat-weekly');

drop function jobs.schedule_supervision();
drop function jobs.supervisor_command();
drop function jobs.raise_problems(jsonb);
drop function jobs.start_catch_up(text);
drop function jobs.request_delivery();
drop function jobs.disable_heartbeat();
drop function jobs.enable_heartbeat(text);
drop function jobs.raise_heartbeat(timestamptz);
drop function jobs.check_health(int);
drop function jobs.has_due_deliveries(timestamptz);
drop function jobs.supervise(timestamptz);
drop function jobs.raise_reminders(timestamptz);

drop function public.get_job_health(timestamptz, boolean);
drop function jobs.open_incidents();
drop function jobs.raise_health_alerts(jsonb, timestamptz);
drop function jobs.channel_health_report(timestamptz);
drop function jobs.job_health_report(timestamptz, text);
drop function jobs.worst_severity(jsonb);
drop function jobs.system_health_reasons(timestamptz);
drop function jobs.job_health_reasons(jobs.job_stats);
drop function jobs.check_alerts_undelivered(timestamptz);
drop function jobs.check_no_alert_channel(timestamptz);
drop function jobs.check_setting_missing();
drop function jobs.check_supervisor_silent(timestamptz);
drop function jobs.check_scheduler_dead();
drop function jobs.check_schedule_differs(jobs.job_stats);
drop function jobs.check_schedule_inactive(jobs.job_stats);
drop function jobs.check_schedule_missing(jobs.job_stats);
drop function jobs.check_never_ran(jobs.job_stats);
drop function jobs.check_run_missed(jobs.job_stats);
drop function jobs.check_run_slow(jobs.job_stats);
drop function jobs.check_success_rate_low(jobs.job_stats);
drop function jobs.check_last_run_failed(jobs.job_stats);
drop function jobs.check_run_stuck(jobs.job_stats);
drop function jobs.setting_problem(text);
drop function jobs.last_run_text(jobs.job_stats);
drop function jobs.median_ms(text, timestamptz);
drop function jobs.job_stats(timestamptz, text);
drop function jobs.monitored_jobs();
drop type jobs.health_reason;
drop type jobs.job_stats;
drop function jobs.time_ago(timestamptz, timestamptz);
drop function jobs.duration_text(interval);
drop function jobs.health_thresholds();
drop type jobs.health_thresholds;
drop index public.idx_jobs_log_catch_ups;

drop function jobs.due_catch_ups(timestamptz);
drop function jobs.catch_up_delay(bigint);
drop function jobs.raise_missed_run(text, timestamptz);
drop function jobs.expectations(timestamptz, text);
drop function jobs.success_awaited_since(jobs.definitions, timestamptz);
drop function jobs.elapsed_hours(timestamptz, timestamptz);
drop index public.idx_jobs_log_failed;
drop index public.idx_jobs_log_success;

drop function jobs.retire_channel(text, timestamptz);
drop function jobs.retry_deliveries(text, timestamptz);
drop function public.complete_job_alert(uuid, text, uuid, text, text, numeric, boolean, timestamptz);
drop function public.claim_job_alerts(jsonb, int, int, timestamptz);
drop function jobs.announce_channels(jsonb, timestamptz);

drop function jobs.raise_alerts_of_ended_runs(uuid[]);
drop function jobs.raise_run_alerts(uuid, int);
drop function jobs.covers_missed_run(public.jobs_log);
drop function jobs.is_degraded(public.jobs_log);
drop function jobs.run_facts(public.jobs_log);

drop trigger close_incidents_of_unregistered_job on jobs.definitions;
drop function jobs.close_incidents_of_unregistered_job();
drop function jobs.close_incidents_silently(text, timestamptz);
drop function jobs.close_incidents(text, text[], uuid, jsonb, timestamptz);
drop function jobs.raise_incident(text, text, jsonb, uuid, int, timestamptz);

drop function jobs.raise_alert(text, text, jsonb, uuid, uuid, int, timestamptz);
drop function jobs.add_missing_deliveries(text[], timestamptz);
drop table jobs.alert_deliveries;
drop table jobs.alert_channels;
drop table jobs.alerts;
drop table jobs.incidents;

do $rollback$
declare
  definition record;
begin
  for definition in
    select job_name
    from jobs.definitions
  loop
    perform jobs.unregister(definition.job_name);
  end loop;
end
$rollback$;

drop function public.start_job_run(text, uuid, text, timestamptz);
drop function public.process_installment_batch(uuid, int);
drop function public.report_job_progress(uuid, int, int, int, jsonb, int);
drop function public.finish_job_run(uuid, text, text, jsonb, int, int, int, int, jsonb, timestamptz);
drop function public.update_installment_statuses(timestamptz);
drop function jobs.lock_running_run(uuid);
drop function jobs.lock_run(uuid);
drop function jobs.notify_job_failure(public.jobs_log);

drop table public.jobs_log;

drop trigger check_agency_timezone on public.agencies;

-- What was added to an adopter's tables, and the view over all of them.
do $rollback$
declare
  added record;
begin
  for added in
    select
      installed.kind,
      installed.name,
      parse_ident(installed.name) as parts
    from jobs.installed_objects as installed
    where installed.kind <> 'table'
    order by array_position(array['view', 'index', 'constraint', 'column', 'comment'], installed.kind)
  loop
    case added.kind
      when 'view' then
        execute format('drop view if exists %I.%I', added.parts[1], added.parts[2]);
      when 'index' then
        execute format('drop index if exists %I.%I', added.parts[1], added.parts[2]);
      when 'constraint' then
        execute format('alter table %I.%I drop constraint if exists %I', added.parts[1], added.parts[2], added.parts[3]);
      when 'column' then
        execute format('alter table %I.%I drop column if exists %I', added.parts[1], added.parts[2], added.parts[3]);
      when 'comment' then
        if exists (
          select 1
          from pg_catalog.pg_attribute as commented
          where commented.attrelid = format('%I.%I', added.parts[1], added.parts[2])::regclass
            and commented.attname = added.parts[3]
            and not commented.attisdropped
        ) then
          execute format('comment on column %I.%I.%I is null', added.parts[1], added.parts[2], added.parts[3]);
        end if;
    end case;
  end loop;
end
$rollback$;

-- Tables that were created here go when they hold nothing and nothing needs them.
do $rollback$
declare
  created record;
  has_rows boolean;
begin
  for created in
    select
      installed.name,
      parse_ident(installed.name) as parts
    from jobs.installed_objects as installed
    where installed.kind = 'table'
    order by array_position(
      array['public.installments', 'public.payment_plans', 'public.user_roles', 'public.agencies'],
      installed.name
    )
  loop
    execute format('select exists (select 1 from %I.%I)', created.parts[1], created.parts[2])
    into has_rows;

    continue when has_rows;

    begin
      if created.name = 'public.user_roles'
        and to_regclass('public.agencies') is not null
        and not exists (select 1 from public.agencies) then
        -- The two depend on each other: a policy this way, a foreign key that way.
        drop policy if exists "Members can see their agency and admins all of them" on public.agencies;
      end if;
      execute format('drop table %I.%I', created.parts[1], created.parts[2]);
    exception
      when dependent_objects_still_exist then
        raise notice 'the table % stays: other objects depend on it', created.name;
    end;
  end loop;
end
$rollback$;

drop function jobs.dispatch(text, text, int);
drop function jobs.call_function(text, text, uuid, text, int);
drop function jobs.explain_response(int, text);
drop function jobs.redact_response(text, text);
drop function jobs.checked_functions_url(text);
drop function jobs.record_dispatch_failure(text, uuid, text, timestamptz, text);
drop function jobs.mark_overdue_batch(timestamptz, int, date, uuid[]);
drop function jobs.agency_errors(jsonb);
drop function jobs.mark_at_once(tid[], uuid[], date);
drop function jobs.installments_have_triggers();
drop function jobs.mark_agency_by_agency(uuid[], uuid[]);
drop function jobs.pick_overdue(date, date, uuid[], int, boolean);
drop function jobs.overdue_slices(uuid[], date[]);
drop function jobs.agency_cutoffs(timestamptz);
drop function jobs.local_time(timestamptz, text);
drop function jobs.reap_runs(text, timestamptz);
drop function jobs.max_runtime(text);
drop function jobs.setting(text);
drop function jobs.unregister(text);
drop function jobs.unschedule(text);
drop function jobs.register(
  text, text, text, text, text, interval, interval, boolean, boolean, numeric, numeric, boolean
);
drop function jobs.complete_finished_run();
drop function jobs.check_agency_timezone();
drop table jobs.start_locks;
drop table jobs.definitions;
drop function jobs.defaults();
drop table jobs.timezone_names;
drop table jobs.installed_objects;
drop schema jobs;

-- The CLI is to apply them again.
do $rollback$
begin
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    delete from supabase_migrations.schema_migrations as applied
    where applied.name = 'duewatch'
      -- Of jobs that were added since: npm run new-job names them like this.
      or applied.name ~ '^jobs_(un)?register_';
  end if;
end
$rollback$;

commit;
