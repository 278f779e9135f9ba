-- Duewatch: everything that it adds to a database.
--
-- Generated from supabase/schemas by `npm run migration`. Edit the file of the
-- object there, not this one.
--
-- Rollback: supabase/rollbacks/duewatch.sql. Check: supabase/verify.sql.
--
-- Sections:
--    1. Extensions and the private schema
--    2. Agencies, plans and installments
--    3. Time zone, cut-off, grace and calendar of an agency
--    4. Indexes of the domain
--    5. Jobs log
--    6. Job definitions and settings
--    7. Actions
--    8. The life of a run
--    9. Copies
--   10. Dispatch
--   11. Incidents and alerts
--   12. Missed runs and catch-up
--   13. Due checks
--   14. Last resort
--   15. Health
--   16. Snoozes, and the actions through the Data API
--   17. Supervision
--   18. Heartbeat
--   19. Metrics
--   20. The end of a run
--   21. Dashboards
--   22. Retention
--   23. The rule
--   24. Ledger
--   25. Marking
--   26. Correction
--   27. Runs of the main job
--   28. At the minute
--   29. What is due
--   30. Preview
--   31. Explanation
--   32. Overview of the dashboard
--   33. Weekly digest
--   34. pg_cron schedule

-- ==========================================================================
-- 1. Extensions and the private schema
--
-- pg_cron starts the jobs and http calls the Edge Functions. The schema jobs is
-- not exposed by the Data API, so no API key reaches anything in it.
-- Locks: nothing that exists.
-- ==========================================================================

-- jobs/install/extensions.sql

create extension if not exists pg_cron;

create extension if not exists http
  with schema extensions;

do $migration$
declare
  found_schema name;
begin
  select extension.extnamespace::regnamespace
  into found_schema
  from pg_catalog.pg_extension as extension
  where extension.extname = 'http';

  if found_schema <> 'extensions' then
    -- It cannot be moved: alter extension http set schema is refused.
    raise exception 'the extension http is in the schema %, and has to be in extensions, where the Data API does not '
      'offer it to everybody: drop extension http; create extension http with schema extensions; and apply the '
      'migration again', found_schema;
  end if;
end
$migration$;

-- jobs/install/jobs.sql

create schema jobs;

comment on schema jobs is
  'Private machinery of Duewatch: job definitions, dispatch, settings. Not exposed by the Data API.';

revoke all on schema jobs
  from public, anon, authenticated, service_role;

-- manifest.sql

-- Written by `npm run migration` from the files in supabase/schemas.

create function jobs.manifest()
returns table (kind text, name text, parent text, source text, privileges text[], definition text)
language sql
immutable
set search_path = ''
as $function$
  select
    object.kind,
    object.name,
    object.parent,
    object.source,
    object.privileges::text[],
    object.definition
  from (values
    ('schema', 'jobs', null, 'jobs/install/jobs.sql', '{"metrics_reader usage"}', null),
    ('function', 'jobs.manifest()', null, 'manifest.sql', '{}', null),
    ('function', 'jobs.version()', null, 'jobs/install/version.sql', '{}', null),
    ('table', 'jobs.installed_objects', null, 'jobs/install/installed_objects.sql', '{}', null),
    ('table', 'jobs.timezone_names', null, 'installments/tables/timezone_names.sql', '{}', null),
    ('function', 'jobs.check_agency_timezone()', null, 'installments/tables/check_agency_timezone.sql', '{}', null),
    ('trigger', 'check_agency_timezone', 'public.agencies', 'installments/tables/check_agency_timezone.sql', '{}', 'create trigger check_agency_timezone before insert or update of timezone on public.agencies for each row execute function jobs.check_agency_timezone()'),
    ('function', 'jobs.refuse_long_closures(uuid[])', null, 'installments/tables/refuse_long_closures.sql', '{}', null),
    ('function', 'jobs.check_agency_calendar()', null, 'installments/tables/check_agency_calendar.sql', '{}', null),
    ('trigger', 'check_agency_calendar', 'public.agencies', 'installments/tables/check_agency_calendar.sql', '{}', 'create trigger check_agency_calendar before insert or update of grace_days, closed_weekdays on public.agencies for each row execute function jobs.check_agency_calendar()'),
    ('function', 'jobs.check_closed_day()', null, 'installments/tables/check_closed_day.sql', '{}', null),
    ('trigger', 'check_closed_day', 'public.agency_closed_days', 'installments/tables/check_closed_day.sql', '{}', 'create trigger check_closed_day before insert or update of day on public.agency_closed_days for each row execute function jobs.check_closed_day()'),
    ('function', 'jobs.check_closed_days()', null, 'installments/tables/check_closed_days.sql', '{}', null),
    ('trigger', 'check_closed_days_added', 'public.agency_closed_days', 'installments/tables/check_closed_days.sql', '{}', 'create trigger check_closed_days_added after insert on public.agency_closed_days referencing new table as changed for each statement execute function jobs.check_closed_days()'),
    ('trigger', 'check_closed_days_moved', 'public.agency_closed_days', 'installments/tables/check_closed_days.sql', '{}', 'create trigger check_closed_days_moved after update on public.agency_closed_days referencing new table as changed for each statement execute function jobs.check_closed_days()'),
    ('trigger', 'check_closed_days', 'public.agencies', 'installments/tables/check_closed_days.sql', '{}', 'create trigger check_closed_days after update of closed_weekdays on public.agencies for each row when (new.closed_weekdays is distinct from old.closed_weekdays) execute function jobs.check_closed_days()'),
    ('table', 'public.jobs_log', null, 'jobs/runs/jobs_log.sql', '{"authenticated select","service_role insert","service_role select","service_role update"}', null),
    ('index', 'public.idx_jobs_log_job_name', 'public.jobs_log', 'jobs/runs/jobs_log.sql', '{}', 'create index idx_jobs_log_job_name on public.jobs_log (job_name, started_at desc)'),
    ('index', 'public.idx_jobs_log_status', 'public.jobs_log', 'jobs/runs/jobs_log.sql', '{}', 'create index idx_jobs_log_status on public.jobs_log (status) where status = ''failed'''),
    ('index', 'public.idx_jobs_log_running', 'public.jobs_log', 'jobs/runs/jobs_log.sql', '{}', 'create index idx_jobs_log_running on public.jobs_log (job_name, started_at) where status = ''running'''),
    ('index', 'public.idx_jobs_log_success', 'public.jobs_log', 'jobs/runs/jobs_log.sql', '{}', 'create index idx_jobs_log_success on public.jobs_log (job_name, started_at desc) include (duration_ms) where status = ''success'''),
    ('index', 'public.idx_jobs_log_failed', 'public.jobs_log', 'jobs/runs/jobs_log.sql', '{}', 'create index idx_jobs_log_failed on public.jobs_log (job_name, started_at desc) include (is_cancelled) where status = ''failed'''),
    ('index', 'public.idx_jobs_log_catch_ups', 'public.jobs_log', 'jobs/runs/jobs_log.sql', '{}', 'create index idx_jobs_log_catch_ups on public.jobs_log (job_name, started_at) include (status, is_cancelled) where trigger_source = ''catch_up'''),
    ('index', 'public.idx_jobs_log_numbers', 'public.jobs_log', 'jobs/runs/jobs_log.sql', '{}', 'create index idx_jobs_log_numbers on public.jobs_log (job_name, started_at) include (status, duration_ms, records_updated, is_cancelled)'),
    ('index', 'public.idx_jobs_log_items_updated', 'public.jobs_log', 'jobs/runs/jobs_log.sql', '{}', 'create index idx_jobs_log_items_updated on public.jobs_log (job_name, started_at) include (id) where items_updated > 0'),
    ('index', 'public.idx_jobs_log_history', 'public.jobs_log', 'jobs/runs/jobs_log.sql', '{}', 'create index idx_jobs_log_history on public.jobs_log (started_at desc, id desc)'),
    ('policy', 'Admins can read the job log', 'public.jobs_log', 'jobs/runs/jobs_log.sql', '{}', 'create policy "Admins can read the job log" on public.jobs_log for select to authenticated using (exists (select 1 from public.user_roles as membership where membership.user_id = (select auth.uid()) and membership.role = ''admin''))'),
    ('policy', 'The service role can read the job log', 'public.jobs_log', 'jobs/runs/jobs_log.sql', '{}', 'create policy "The service role can read the job log" on public.jobs_log for select to service_role using (true)'),
    ('policy', 'The service role can log runs', 'public.jobs_log', 'jobs/runs/jobs_log.sql', '{}', 'create policy "The service role can log runs" on public.jobs_log for insert to service_role with check (true)'),
    ('policy', 'The service role can complete runs', 'public.jobs_log', 'jobs/runs/jobs_log.sql', '{}', 'create policy "The service role can complete runs" on public.jobs_log for update to service_role using (true) with check (true)'),
    ('table', 'jobs.run_results', null, 'jobs/runs/run_results.sql', '{}', null),
    ('function', 'jobs.complete_finished_run()', null, 'jobs/runs/complete_finished_run.sql', '{}', null),
    ('trigger', 'complete_finished_run', 'public.jobs_log', 'jobs/runs/complete_finished_run.sql', '{}', 'create trigger complete_finished_run before insert or update on public.jobs_log for each row when (new.status <> ''running'' and new.completed_at is null) execute function jobs.complete_finished_run()'),
    ('table', 'jobs.actions', null, 'jobs/actions/actions.sql', '{}', null),
    ('index', 'jobs.actions_in_force_key', 'jobs.actions', 'jobs/actions/actions.sql', '{}', 'create unique index actions_in_force_key on jobs.actions (job_name, action) where ended_at is null and action in (''pause'', ''snooze'')'),
    ('index', 'jobs.actions_cancelled_run_key', 'jobs.actions', 'jobs/actions/actions.sql', '{}', 'create unique index actions_cancelled_run_key on jobs.actions (run_id) where action = ''cancel'''),
    ('index', 'jobs.actions_run_id_idx', 'jobs.actions', 'jobs/actions/actions.sql', '{}', 'create index actions_run_id_idx on jobs.actions (run_id)'),
    ('index', 'jobs.actions_requested_at_idx', 'jobs.actions', 'jobs/actions/actions.sql', '{}', 'create index actions_requested_at_idx on jobs.actions (requested_at)'),
    ('function', 'jobs.is_paused(text)', null, 'jobs/actions/is_paused.sql', '{}', null),
    ('function', 'jobs.action_in_force(text, text, timestamptz)', null, 'jobs/actions/action_in_force.sql', '{}', null),
    ('function', 'jobs.defaults()', null, 'jobs/definitions/defaults.sql', '{}', null),
    ('table', 'jobs.definitions', null, 'jobs/definitions/definitions.sql', '{}', null),
    ('table', 'jobs.due_check_failures', null, 'jobs/definitions/due_check_failures.sql', '{}', null),
    ('function', 'jobs.unschedule(text)', null, 'jobs/definitions/unschedule.sql', '{}', null),
    ('function', 'jobs.entry_owner()', null, 'jobs/definitions/entry_owner.sql', '{}', null),
    ('function', 'jobs.assert_entry_owner()', null, 'jobs/definitions/assert_entry_owner.sql', '{}', null),
    ('function', 'jobs.dispatch_command(text)', null, 'jobs/definitions/dispatch_command.sql', '{}', null),
    ('function', 'jobs.scheduled_entries()', null, 'jobs/definitions/scheduled_entries.sql', '{}', null),
    ('function', 'jobs.other_entries(jobs.definitions)', null, 'jobs/definitions/other_entries.sql', '{}', null),
    ('function', 'jobs.checked_due_check(text)', null, 'jobs/definitions/checked_due_check.sql', '{}', null),
    ('function', 'jobs.checked_ping_url(text)', null, 'jobs/definitions/checked_ping_url.sql', '{}', null),
    ('function', 'jobs.schedule_job(text)', null, 'jobs/definitions/schedule_job.sql', '{}', null),
    ('function', 'jobs.register(text, text, text, text, text, interval, interval, boolean, boolean, numeric, numeric, boolean, int, interval, text, text, text)', null, 'jobs/definitions/register.sql', '{}', null),
    ('function', 'jobs.unregister(text)', null, 'jobs/definitions/unregister.sql', '{}', null),
    ('function', 'jobs.setting(text)', null, 'jobs/definitions/setting.sql', '{}', null),
    ('function', 'jobs.optional_setting(text)', null, 'jobs/definitions/optional_setting.sql', '{}', null),
    ('function', 'jobs.max_runtime(text)', null, 'jobs/definitions/max_runtime.sql', '{}', null),
    ('function', 'jobs.checked_reason(text)', null, 'jobs/actions/checked_reason.sql', '{}', null),
    ('function', 'jobs.action_as_json(jobs.actions, boolean)', null, 'jobs/actions/action_as_json.sql', '{}', null),
    ('function', 'jobs.lock_definition(text)', null, 'jobs/actions/lock_definition.sql', '{}', null),
    ('function', 'jobs.replace_action(text, text, text, timestamptz, text, timestamptz)', null, 'jobs/actions/replace_action.sql', '{}', null),
    ('function', 'jobs.follow_pause(text)', null, 'jobs/actions/follow_pause.sql', '{}', null),
    ('function', 'jobs.pause(text, text, timestamptz, text, timestamptz)', null, 'jobs/actions/pause.sql', '{}', null),
    ('function', 'jobs.resume(text, text, text, timestamptz)', null, 'jobs/actions/resume.sql', '{}', null),
    ('function', 'jobs.reschedule(text, text, interval, text, text, timestamptz)', null, 'jobs/actions/reschedule.sql', '{}', null),
    ('function', 'jobs.cancellation_text(uuid)', null, 'jobs/actions/cancellation_text.sql', '{}', null),
    ('function', 'jobs.is_cancelled(public.jobs_log)', null, 'jobs/actions/is_cancelled.sql', '{}', null),
    ('function', 'jobs.act_on_cancellation()', null, 'jobs/actions/act_on_cancellation.sql', '{}', null),
    ('trigger', 'act_on_cancellation', 'public.jobs_log', 'jobs/actions/act_on_cancellation.sql', '{}', 'create trigger act_on_cancellation before update on public.jobs_log for each row when (old.status = ''running'') execute function jobs.act_on_cancellation()'),
    ('function', 'jobs.end_cancelled_run(uuid)', null, 'jobs/actions/end_cancelled_run.sql', '{}', null),
    ('function', 'jobs.cancel_run(uuid, text, text, timestamptz)', null, 'jobs/actions/cancel_run.sql', '{}', null),
    ('table', 'jobs.run_workers', null, 'jobs/runs/run_workers.sql', '{}', null),
    ('function', 'jobs.why_dead(public.jobs_log, timestamptz)', null, 'jobs/runs/why_dead.sql', '{}', null),
    ('function', 'jobs.reap_runs(text, timestamptz)', null, 'jobs/runs/reap_runs.sql', '{}', null),
    ('table', 'jobs.start_locks', null, 'jobs/runs/start_locks.sql', '{}', null),
    ('function', 'jobs.lock_starts(text)', null, 'jobs/runs/lock_starts.sql', '{}', null),
    ('function', 'jobs.take_over_run(uuid, uuid, timestamptz)', null, 'jobs/runs/take_over_run.sql', '{}', null),
    ('function', 'public.start_job_run(text, uuid, text, timestamptz, uuid)', null, 'jobs/runs/start_job_run.sql', '{"service_role execute"}', null),
    ('function', 'jobs.lock_run(uuid)', null, 'jobs/runs/lock_run.sql', '{}', null),
    ('function', 'jobs.assert_running(public.jobs_log)', null, 'jobs/runs/assert_running.sql', '{}', null),
    ('function', 'jobs.lock_running_run(uuid)', null, 'jobs/runs/lock_running_run.sql', '{}', null),
    ('function', 'jobs.running_run(uuid)', null, 'jobs/runs/running_run.sql', '{}', null),
    ('function', 'jobs.hear_from_run(uuid, timestamptz)', null, 'jobs/runs/hear_from_run.sql', '{}', null),
    ('function', 'public.report_job_progress(uuid, int, int, int, jsonb, int, timestamptz)', null, 'jobs/runs/report_job_progress.sql', '{"service_role execute"}', null),
    ('function', 'jobs.is_continued(jsonb)', null, 'jobs/runs/is_continued.sql', '{}', null),
    ('function', 'jobs.items_judged(public.jobs_log)', null, 'jobs/runs/items_judged.sql', '{}', null),
    ('function', 'public.finish_job_run(uuid, text, text, jsonb, int, int, int, int, jsonb, timestamptz, uuid)', null, 'jobs/runs/finish_job_run.sql', '{"service_role execute"}', null),
    ('function', 'public.report_ping_failure(uuid, text)', null, 'jobs/runs/report_ping_failure.sql', '{"service_role execute"}', null),
    ('function', 'jobs.notify_job_failure(public.jobs_log)', null, 'jobs/runs/notify_job_failure.sql', '{}', null),
    ('function', 'jobs.sqlstate_text(text)', null, 'jobs/runs/sqlstate_text.sql', '{}', null),
    ('function', 'jobs.failure_cause(public.jobs_log)', null, 'jobs/runs/failure_cause.sql', '{}', null),
    ('function', 'jobs.run_facts(public.jobs_log)', null, 'jobs/runs/run_facts.sql', '{}', null),
    ('function', 'jobs.is_degraded(public.jobs_log)', null, 'jobs/runs/is_degraded.sql', '{}', null),
    ('function', 'jobs.last_success_at(text, timestamptz)', null, 'jobs/runs/last_success_at.sql', '{}', null),
    ('function', 'jobs.is_unfinished(text, timestamptz)', null, 'jobs/runs/is_unfinished.sql', '{}', null),
    ('function', 'jobs.tried_every_item(public.jobs_log)', null, 'jobs/runs/tried_every_item.sql', '{}', null),
    ('function', 'jobs.database_fingerprint()', null, 'jobs/copies/database_fingerprint.sql', '{}', null),
    ('function', 'public.is_this_database(text)', null, 'jobs/copies/is_this_database.sql', '{"service_role execute"}', null),
    ('table', 'jobs.refused_address', null, 'jobs/copies/refused_address.sql', '{}', null),
    ('function', 'jobs.is_copy(timestamptz)', null, 'jobs/copies/is_copy.sql', '{}', null),
    ('function', 'jobs.note_answer(text, int, text, timestamptz)', null, 'jobs/copies/note_answer.sql', '{}', null),
    ('function', 'jobs.assert_no_copy(text, timestamptz)', null, 'jobs/copies/assert_no_copy.sql', '{}', null),
    ('function', 'jobs.record_dispatch_failure(text, uuid, text, timestamptz, text)', null, 'jobs/dispatch/record_dispatch_failure.sql', '{}', null),
    ('function', 'jobs.explain_response(int, text)', null, 'jobs/dispatch/explain_response.sql', '{}', null),
    ('function', 'jobs.checked_functions_url(text)', null, 'jobs/dispatch/checked_functions_url.sql', '{}', null),
    ('function', 'jobs.redact_response(text, text)', null, 'jobs/dispatch/redact_response.sql', '{}', null),
    ('function', 'jobs.send_request(text, text, jsonb, text, int, int)', null, 'jobs/dispatch/send_request.sql', '{}', null),
    ('function', 'jobs.call_function(text, text, uuid, text, int)', null, 'jobs/dispatch/call_function.sql', '{}', null),
    ('function', 'jobs.uncommitted_changes()', null, 'jobs/dispatch/uncommitted_changes.sql', '{}', null),
    ('function', 'jobs.await_function(text, uuid, text, timestamptz)', null, 'jobs/dispatch/await_function.sql', '{}', null),
    ('function', 'jobs.dispatch(text, text, int)', null, 'jobs/dispatch/dispatch.sql', '{}', null),
    ('table', 'jobs.incidents', null, 'alerts/incidents.sql', '{}', null),
    ('index', 'jobs.incidents_open_key', 'jobs.incidents', 'alerts/incidents.sql', '{}', 'create unique index incidents_open_key on jobs.incidents (job_name, kind) where closed_at is null'),
    ('index', 'jobs.incidents_closed_at_idx', 'jobs.incidents', 'alerts/incidents.sql', '{}', 'create index incidents_closed_at_idx on jobs.incidents (closed_at desc, id) where closed_at is not null'),
    ('table', 'jobs.alerts', null, 'alerts/alerts.sql', '{}', null),
    ('index', 'jobs.alerts_raised_at_idx', 'jobs.alerts', 'alerts/alerts.sql', '{}', 'create index alerts_raised_at_idx on jobs.alerts (raised_at)'),
    ('index', 'jobs.alerts_incident_id_idx', 'jobs.alerts', 'alerts/alerts.sql', '{}', 'create index alerts_incident_id_idx on jobs.alerts (incident_id)'),
    ('index', 'jobs.alerts_run_id_idx', 'jobs.alerts', 'alerts/alerts.sql', '{}', 'create index alerts_run_id_idx on jobs.alerts (run_id)'),
    ('table', 'jobs.alert_channels', null, 'alerts/alert_channels.sql', '{}', null),
    ('table', 'jobs.alert_deliveries', null, 'alerts/alert_deliveries.sql', '{}', null),
    ('index', 'jobs.alert_deliveries_pending_idx', 'jobs.alert_deliveries', 'alerts/alert_deliveries.sql', '{}', 'create index alert_deliveries_pending_idx on jobs.alert_deliveries (channel, sequence) where status = ''pending'''),
    ('index', 'jobs.alert_deliveries_pending_of_job_idx', 'jobs.alert_deliveries', 'alerts/alert_deliveries.sql', '{}', 'create index alert_deliveries_pending_of_job_idx on jobs.alert_deliveries (channel, job_name, sequence) where status = ''pending'''),
    ('index', 'jobs.alert_deliveries_given_up_idx', 'jobs.alert_deliveries', 'alerts/alert_deliveries.sql', '{}', 'create index alert_deliveries_given_up_idx on jobs.alert_deliveries (channel, finished_at) where status = ''given_up'''),
    ('index', 'jobs.alert_deliveries_sent_idx', 'jobs.alert_deliveries', 'alerts/alert_deliveries.sql', '{}', 'create index alert_deliveries_sent_idx on jobs.alert_deliveries (channel, finished_at desc) where status = ''sent'''),
    ('function', 'jobs.carries_alert(jobs.alert_channels, text)', null, 'alerts/carries_alert.sql', '{}', null),
    ('function', 'jobs.add_missing_deliveries(text[], timestamptz)', null, 'alerts/add_missing_deliveries.sql', '{}', null),
    ('function', 'jobs.alert_outcome(uuid)', null, 'alerts/alert_outcome.sql', '{}', null),
    ('function', 'jobs.raise_alert(text, text, jsonb, uuid, uuid, int, timestamptz)', null, 'alerts/raise_alert.sql', '{}', null),
    ('function', 'jobs.raise_incident(text, text, jsonb, uuid, int, boolean, timestamptz, timestamptz)', null, 'alerts/raise_incident.sql', '{}', null),
    ('function', 'jobs.close_incidents(text, text[], uuid, jsonb, timestamptz)', null, 'alerts/close_incidents.sql', '{}', null),
    ('table', 'jobs.failing_items', null, 'alerts/failing_items.sql', '{}', null),
    ('function', 'jobs.record_failing_items(public.jobs_log)', null, 'alerts/record_failing_items.sql', '{}', null),
    ('function', 'jobs.first_failing_items(text)', null, 'alerts/first_failing_items.sql', '{}', null),
    ('function', 'jobs.raise_item_failing(public.jobs_log, jsonb, timestamptz)', null, 'alerts/raise_item_failing.sql', '{}', null),
    ('function', 'jobs.close_incidents_silently(text, timestamptz)', null, 'alerts/close_incidents_silently.sql', '{}', null),
    ('function', 'jobs.close_incidents_of_unregistered_job()', null, 'alerts/close_incidents_of_unregistered_job.sql', '{}', null),
    ('trigger', 'close_incidents_of_unregistered_job', 'jobs.definitions', 'alerts/close_incidents_of_unregistered_job.sql', '{}', 'create trigger close_incidents_of_unregistered_job after delete on jobs.definitions for each row execute function jobs.close_incidents_of_unregistered_job()'),
    ('function', 'jobs.covers_missed_run(public.jobs_log)', null, 'alerts/covers_missed_run.sql', '{}', null),
    ('function', 'jobs.raise_run_alerts(uuid, int)', null, 'alerts/raise_run_alerts.sql', '{}', null),
    ('function', 'jobs.raise_alerts_of_ended_runs(uuid[])', null, 'alerts/raise_alerts_of_ended_runs.sql', '{}', null),
    ('function', 'jobs.announce_channels(jsonb, timestamptz)', null, 'alerts/announce_channels.sql', '{}', null),
    ('function', 'public.claim_job_alerts(jsonb, int, int, timestamptz)', null, 'alerts/claim_job_alerts.sql', '{"service_role execute"}', null),
    ('function', 'public.complete_job_alert(uuid, text, uuid, text, text, numeric, boolean, timestamptz)', null, 'alerts/complete_job_alert.sql', '{"service_role execute"}', null),
    ('function', 'jobs.retry_deliveries(text, timestamptz)', null, 'alerts/retry_deliveries.sql', '{}', null),
    ('function', 'jobs.retire_channel(text, timestamptz)', null, 'alerts/retire_channel.sql', '{}', null),
    ('table', 'jobs.channel_problems', null, 'alerts/channel_problems.sql', '{}', null),
    ('function', 'public.report_channel_problems(jsonb, timestamptz)', null, 'alerts/report_channel_problems.sql', '{"service_role execute"}', null),
    ('function', 'jobs.elapsed_hours(timestamptz, timestamptz)', null, 'jobs/supervision/elapsed_hours.sql', '{}', null),
    ('function', 'jobs.success_awaited_since(jobs.definitions, timestamptz)', null, 'jobs/supervision/success_awaited_since.sql', '{}', null),
    ('function', 'jobs.expectations(timestamptz, text)', null, 'jobs/supervision/expectations.sql', '{}', null),
    ('function', 'jobs.raise_missed_run(text, timestamptz)', null, 'jobs/supervision/raise_missed_run.sql', '{}', null),
    ('function', 'jobs.catch_up_delay(bigint)', null, 'jobs/supervision/catch_up_delay.sql', '{}', null),
    ('function', 'jobs.failures_in_a_row(text, timestamptz, timestamptz)', null, 'jobs/supervision/failures_in_a_row.sql', '{}', null),
    ('function', 'jobs.due_catch_ups(timestamptz)', null, 'jobs/supervision/due_catch_ups.sql', '{}', null),
    ('function', 'jobs.alerted_job(text, timestamptz)', null, 'alerts/alerted_job.sql', '{}', null),
    ('function', 'jobs.due_check_limit()', null, 'jobs/due/due_check_limit.sql', '{}', null),
    ('function', 'jobs.due_check_delay(jobs.due_check_failures)', null, 'jobs/due/due_check_delay.sql', '{}', null),
    ('function', 'jobs.due_checks_to_ask(timestamptz)', null, 'jobs/due/due_checks_to_ask.sql', '{}', null),
    ('function', 'jobs.is_due(text, timestamptz)', null, 'jobs/due/is_due.sql', '{}', null),
    ('function', 'jobs.ask_due_check(text, timestamptz)', null, 'jobs/due/ask_due_check.sql', '{}', null),
    ('function', 'jobs.end_slow_due_checks()', null, 'jobs/due/end_slow_due_checks.sql', '{}', null),
    ('function', 'jobs.start_due_run(text)', null, 'jobs/due/start_due_run.sql', '{}', null),
    ('function', 'jobs.due_check_command()', null, 'jobs/due/due_check_command.sql', '{}', null),
    ('table', 'jobs.last_resort', null, 'alerts/last_resort/last_resort.sql', '{}', null),
    ('function', 'jobs.undelivered_alerts(timestamptz)', null, 'alerts/last_resort/undelivered_alerts.sql', '{}', null),
    ('function', 'jobs.alert_summary(text, text, jsonb)', null, 'alerts/last_resort/alert_summary.sql', '{}', null),
    ('function', 'jobs.checked_service_url(text, text)', null, 'alerts/last_resort/checked_service_url.sql', '{}', null),
    ('function', 'jobs.mail_addresses(text)', null, 'alerts/last_resort/mail_addresses.sql', '{}', null),
    ('function', 'jobs.last_resort_target(text)', null, 'alerts/last_resort/last_resort_target.sql', '{}', null),
    ('function', 'jobs.redact_secrets(text, text[])', null, 'alerts/last_resort/redact_secrets.sql', '{}', null),
    ('function', 'jobs.post_json(text, jsonb, text, text, int)', null, 'alerts/last_resort/post_json.sql', '{}', null),
    ('function', 'jobs.runbook_page(text)', null, 'alerts/last_resort/runbook_page.sql', '{}', null),
    ('function', 'jobs.alert_timezone()', null, 'alerts/last_resort/alert_timezone.sql', '{}', null),
    ('function', 'jobs.instant_text(timestamptz)', null, 'alerts/last_resort/instant_text.sql', '{}', null),
    ('function', 'jobs.end_last_resort(timestamptz)', null, 'alerts/last_resort/end_last_resort.sql', '{}', null),
    ('function', 'jobs.prepare_copy_notice(timestamptz)', null, 'alerts/last_resort/prepare_copy_notice.sql', '{}', null),
    ('function', 'jobs.prepare_last_resort(jsonb, timestamptz)', null, 'alerts/last_resort/prepare_last_resort.sql', '{}', null),
    ('function', 'jobs.send_last_resort(text, timestamptz)', null, 'alerts/last_resort/send_last_resort.sql', '{}', null),
    ('function', 'jobs.send_last_resort_tests()', null, 'alerts/last_resort/send_last_resort_tests.sql', '{}', null),
    ('function', 'jobs.test_last_resort()', null, 'alerts/last_resort/test_last_resort.sql', '{}', null),
    ('table', 'jobs.supervisor_problems', null, 'jobs/supervision/supervisor_problems.sql', '{}', null),
    ('type', 'jobs.health_thresholds', null, 'health/health_thresholds.sql', '{}', null),
    ('function', 'jobs.health_thresholds()', null, 'health/health_thresholds.sql', '{}', null),
    ('type', 'jobs.health_reason', null, 'health/health_reason.sql', '{}', null),
    ('function', 'jobs.duration_text(interval)', null, 'health/duration_text.sql', '{}', null),
    ('function', 'jobs.time_ago(timestamptz, timestamptz)', null, 'health/time_ago.sql', '{}', null),
    ('function', 'jobs.monitored_jobs(timestamptz)', null, 'health/monitored_jobs.sql', '{}', null),
    ('type', 'jobs.job_stats', null, 'health/job_stats.sql', '{}', null),
    ('function', 'jobs.job_stats(timestamptz, text, boolean)', null, 'health/job_stats.sql', '{}', null),
    ('function', 'jobs.median_ms(text, timestamptz)', null, 'health/median_ms.sql', '{}', null),
    ('function', 'jobs.last_run_text(jobs.job_stats)', null, 'health/last_run_text.sql', '{}', null),
    ('function', 'jobs.setting_state(text)', null, 'health/setting_state.sql', '{}', null),
    ('function', 'jobs.setting_problem(text)', null, 'health/setting_problem.sql', '{}', null),
    ('function', 'jobs.check_run_stuck(jobs.job_stats)', null, 'health/check_run_stuck.sql', '{}', null),
    ('function', 'jobs.check_last_run_failed(jobs.job_stats)', null, 'health/check_last_run_failed.sql', '{}', null),
    ('function', 'jobs.check_item_failing(jobs.job_stats)', null, 'health/check_item_failing.sql', '{}', null),
    ('function', 'jobs.check_success_rate_low(jobs.job_stats)', null, 'health/check_success_rate_low.sql', '{}', null),
    ('function', 'jobs.check_run_slow(jobs.job_stats)', null, 'health/check_run_slow.sql', '{}', null),
    ('function', 'jobs.check_run_missed(jobs.job_stats)', null, 'health/check_run_missed.sql', '{}', null),
    ('function', 'jobs.check_catch_up_given_up(jobs.job_stats)', null, 'health/check_catch_up_given_up.sql', '{}', null),
    ('function', 'jobs.check_never_ran(jobs.job_stats)', null, 'health/check_never_ran.sql', '{}', null),
    ('function', 'jobs.check_not_turned_on(jobs.job_stats)', null, 'health/check_not_turned_on.sql', '{}', null),
    ('function', 'jobs.check_due_check_failing(jobs.job_stats)', null, 'health/check_due_check_failing.sql', '{}', null),
    ('function', 'jobs.check_schedule_missing(jobs.job_stats)', null, 'health/check_schedule_missing.sql', '{}', null),
    ('function', 'jobs.check_schedule_inactive(jobs.job_stats)', null, 'health/check_schedule_inactive.sql', '{}', null),
    ('function', 'jobs.check_paused_but_scheduled(jobs.job_stats)', null, 'health/check_paused_but_scheduled.sql', '{}', null),
    ('function', 'jobs.check_command_differs(jobs.job_stats)', null, 'health/check_command_differs.sql', '{}', null),
    ('function', 'jobs.check_disabled_but_scheduled(jobs.job_stats)', null, 'health/check_disabled_but_scheduled.sql', '{}', null),
    ('function', 'jobs.check_schedule_differs(jobs.job_stats)', null, 'health/check_schedule_differs.sql', '{}', null),
    ('function', 'jobs.check_schedule_duplicated(jobs.job_stats)', null, 'health/check_schedule_duplicated.sql', '{}', null),
    ('function', 'jobs.check_database_copy()', null, 'health/check_database_copy.sql', '{}', null),
    ('function', 'jobs.check_scheduler_dead()', null, 'health/check_scheduler_dead.sql', '{}', null),
    ('function', 'jobs.check_scheduler_full(timestamptz)', null, 'health/check_scheduler_full.sql', '{}', null),
    ('function', 'jobs.check_supervisor_silent(timestamptz)', null, 'health/check_supervisor_silent.sql', '{}', null),
    ('function', 'jobs.check_own_entry_differs()', null, 'health/check_own_entry_differs.sql', '{}', null),
    ('function', 'jobs.check_own_entry_failing()', null, 'health/check_own_entry_failing.sql', '{}', null),
    ('function', 'jobs.check_entry_without_job()', null, 'health/check_entry_without_job.sql', '{}', null),
    ('function', 'jobs.check_supervisor_step_failing(timestamptz)', null, 'health/check_supervisor_step_failing.sql', '{}', null),
    ('function', 'jobs.check_trigger_disabled()', null, 'health/check_trigger_disabled.sql', '{}', null),
    ('function', 'jobs.check_setting_missing()', null, 'health/check_setting_missing.sql', '{}', null),
    ('function', 'jobs.check_setting_unreadable()', null, 'health/check_setting_unreadable.sql', '{}', null),
    ('function', 'jobs.check_no_alert_channel(timestamptz)', null, 'health/check_no_alert_channel.sql', '{}', null),
    ('function', 'jobs.check_channel_misconfigured()', null, 'health/check_channel_misconfigured.sql', '{}', null),
    ('function', 'jobs.check_alerts_undelivered(timestamptz)', null, 'health/check_alerts_undelivered.sql', '{}', null),
    ('function', 'jobs.check_no_last_resort()', null, 'health/check_no_last_resort.sql', '{}', null),
    ('function', 'jobs.check_last_resort_differs()', null, 'health/check_last_resort_differs.sql', '{}', null),
    ('function', 'jobs.job_health_reasons(jobs.job_stats)', null, 'health/job_health_reasons.sql', '{}', null),
    ('function', 'jobs.system_health_reasons(timestamptz)', null, 'health/system_health_reasons.sql', '{}', null),
    ('function', 'jobs.worst_severity(jsonb)', null, 'health/worst_severity.sql', '{}', null),
    ('function', 'jobs.job_health_report(timestamptz, text, boolean)', null, 'health/job_health_report.sql', '{}', null),
    ('function', 'jobs.reason_without_details(jsonb, text)', null, 'health/reason_without_details.sql', '{}', null),
    ('function', 'jobs.action_without_details(jsonb)', null, 'health/action_without_details.sql', '{}', null),
    ('function', 'jobs.job_without_details(jsonb)', null, 'health/job_without_details.sql', '{}', null),
    ('function', 'jobs.health_without_details(jsonb)', null, 'health/health_without_details.sql', '{}', null),
    ('function', 'jobs.channel_health_report(timestamptz)', null, 'health/channel_health_report.sql', '{}', null),
    ('function', 'jobs.open_incidents()', null, 'health/open_incidents.sql', '{}', null),
    ('function', 'jobs.stuck_since(text, timestamptz)', null, 'health/stuck_since.sql', '{}', null),
    ('function', 'jobs.health_verdicts(jsonb)', null, 'health/health_verdicts.sql', '{}', null),
    ('function', 'jobs.is_unjudged(text)', null, 'health/is_unjudged.sql', '{}', null),
    ('function', 'jobs.raise_unhealthy(text, jsonb, text, jsonb, timestamptz)', null, 'health/raise_unhealthy.sql', '{}', null),
    ('function', 'jobs.raise_health_alerts(jsonb, timestamptz)', null, 'health/raise_health_alerts.sql', '{}', null),
    ('function', 'public.get_job_health(timestamptz, boolean, boolean)', null, 'health/get_job_health.sql', '{"service_role execute"}', null),
    ('function', 'jobs.snooze(text, timestamptz, text, text, timestamptz)', null, 'jobs/actions/snooze.sql', '{}', null),
    ('function', 'jobs.end_snooze(jobs.actions, timestamptz)', null, 'jobs/actions/end_snooze.sql', '{}', null),
    ('function', 'jobs.unsnooze(text, text, text, timestamptz)', null, 'jobs/actions/unsnooze.sql', '{}', null),
    ('function', 'jobs.complete_actions(timestamptz)', null, 'jobs/actions/complete_actions.sql', '{}', null),
    ('function', 'jobs.run(text, text, text, int)', null, 'jobs/actions/run.sql', '{}', null),
    ('function', 'jobs.restore_schedule(text, text, text, timestamptz)', null, 'jobs/actions/restore_schedule.sql', '{}', null),
    ('function', 'jobs.retry_alerts(text, text, text, timestamptz)', null, 'jobs/actions/retry_alerts.sql', '{}', null),
    ('function', 'jobs.test_alert(text, text, timestamptz)', null, 'jobs/actions/test_alert.sql', '{}', null),
    ('function', 'public.control_job(text, text, text, text, uuid, timestamptz, text, text, interval)', null, 'jobs/actions/control_job.sql', '{"service_role execute"}', null),
    ('function', 'public.get_alert_deliveries(uuid)', null, 'alerts/get_alert_deliveries.sql', '{"service_role execute"}', null),
    ('function', 'jobs.raise_reminders(timestamptz)', null, 'jobs/supervision/raise_reminders.sql', '{}', null),
    ('function', 'jobs.new_verdicts(timestamptz)', null, 'jobs/supervision/new_verdicts.sql', '{}', null),
    ('function', 'jobs.supervise(timestamptz)', null, 'jobs/supervision/supervise.sql', '{}', null),
    ('function', 'jobs.has_due_deliveries(timestamptz)', null, 'jobs/supervision/has_due_deliveries.sql', '{}', null),
    ('function', 'jobs.check_health(int)', null, 'jobs/supervision/check_health.sql', '{}', null),
    ('function', 'jobs.request_delivery()', null, 'jobs/supervision/request_delivery.sql', '{}', null),
    ('function', 'jobs.start_catch_up(text)', null, 'jobs/supervision/start_catch_up.sql', '{}', null),
    ('function', 'jobs.catch_ups_to_start()', null, 'jobs/supervision/catch_ups_to_start.sql', '{}', null),
    ('function', 'jobs.raise_problems(jsonb)', null, 'jobs/supervision/raise_problems.sql', '{}', null),
    ('function', 'jobs.note_supervisor_step(text, text, timestamptz)', null, 'jobs/supervision/note_supervisor_step.sql', '{}', null),
    ('function', 'jobs.report_supervisor_problems(timestamptz)', null, 'jobs/supervision/report_supervisor_problems.sql', '{}', null),
    ('function', 'jobs.supervisor_step(text, text, jsonb)', null, 'jobs/supervision/supervisor_step.sql', '{}', null),
    ('function', 'jobs.supervisor_command()', null, 'jobs/supervision/supervisor_command.sql', '{}', null),
    ('table', 'jobs.heartbeat', null, 'alerts/heartbeat.sql', '{}', null),
    ('function', 'jobs.own_entries()', null, 'jobs/supervision/own_entries.sql', '{}', null),
    ('function', 'jobs.schedule_own_entry(text)', null, 'jobs/supervision/schedule_own_entry.sql', '{}', null),
    ('function', 'jobs.schedule_supervision()', null, 'jobs/supervision/schedule_supervision.sql', '{}', null),
    ('function', 'jobs.raise_heartbeat(timestamptz)', null, 'alerts/raise_heartbeat.sql', '{}', null),
    ('function', 'jobs.enable_heartbeat(text)', null, 'alerts/enable_heartbeat.sql', '{}', null),
    ('function', 'jobs.disable_heartbeat()', null, 'alerts/disable_heartbeat.sql', '{}', null),
    ('function', 'jobs.disarm(text, text, timestamptz)', null, 'jobs/actions/disarm.sql', '{}', null),
    ('table', 'jobs.run_totals', null, 'metrics/run_totals.sql', '{}', null),
    ('function', 'jobs.count_ended_runs(uuid[])', null, 'metrics/count_ended_runs.sql', '{}', null),
    ('function', 'jobs.known_jobs()', null, 'metrics/known_jobs.sql', '{}', null),
    ('function', 'jobs.run_statistics(text, timestamptz, timestamptz, timestamptz)', null, 'metrics/run_statistics.sql', '{}', null),
    ('function', 'jobs.item_totals(text, timestamptz, timestamptz)', null, 'metrics/item_totals.sql', '{}', null),
    ('function', 'jobs.item_pseudonym(text)', null, 'metrics/item_pseudonym.sql', '{}', null),
    ('function', 'jobs.latest_runs(text, timestamptz, timestamptz, int, boolean)', null, 'metrics/latest_runs.sql', '{}', null),
    ('function', 'jobs.alert_backlog(timestamptz)', null, 'metrics/alert_backlog.sql', '{}', null),
    ('function', 'public.get_job_metrics(text, timestamptz, timestamptz, int, timestamptz, boolean)', null, 'metrics/get_job_metrics.sql', '{"service_role execute"}', null),
    ('function', 'public.get_job_counters(timestamptz)', null, 'metrics/get_job_counters.sql', '{"service_role execute"}', null),
    ('function', 'public.list_job_runs(text, text, uuid, timestamptz, uuid, int, text, text, timestamptz, timestamptz)', null, 'metrics/list_job_runs.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'public.list_recent_runs(int)', null, 'metrics/list_recent_runs.sql', '{"service_role execute"}', null),
    ('function', 'jobs.alerts_as_json(uuid, uuid)', null, 'metrics/alerts_as_json.sql', '{}', null),
    ('function', 'public.list_incidents(int)', null, 'metrics/list_incidents.sql', '{"service_role execute"}', null),
    ('function', 'public.get_run_timeline(uuid)', null, 'metrics/get_run_timeline.sql', '{"service_role execute"}', null),
    ('function', 'public.list_job_runs_without_details(text, text, uuid, timestamptz, uuid, int, text, timestamptz, timestamptz)', null, 'metrics/list_job_runs_without_details.sql', '{"service_role execute"}', null),
    ('function', 'public.job_exists(text)', null, 'metrics/job_exists.sql', '{"service_role execute"}', null),
    ('function', 'public.list_job_names()', null, 'metrics/list_job_names.sql', '{"service_role execute"}', null),
    ('function', 'jobs.handle_ended_runs()', null, 'jobs/runs/handle_ended_runs.sql', '{}', null),
    ('trigger', 'handle_ended_runs_on_insert', 'public.jobs_log', 'jobs/runs/handle_ended_runs.sql', '{}', 'create trigger handle_ended_runs_on_insert after insert on public.jobs_log referencing new table as inserted_runs for each statement execute function jobs.handle_ended_runs()'),
    ('trigger', 'handle_ended_runs_on_update', 'public.jobs_log', 'jobs/runs/handle_ended_runs.sql', '{}', 'create trigger handle_ended_runs_on_update after update on public.jobs_log referencing old table as former_runs new table as updated_runs for each statement execute function jobs.handle_ended_runs()'),
    ('policy', 'Dashboards can read the job log', 'public.jobs_log', 'metrics/metrics_reader.sql', '{}', 'create policy "Dashboards can read the job log" on public.jobs_log for select to metrics_reader using (true)'),
    ('function', 'jobs.current_status(timestamptz)', null, 'metrics/current_status.sql', '{"metrics_reader execute"}', null),
    ('function', 'jobs.failure_causes(timestamptz, timestamptz)', null, 'metrics/failure_causes.sql', '{"metrics_reader execute"}', null),
    ('function', 'jobs.channel_backlog(timestamptz)', null, 'metrics/channel_backlog.sql', '{"metrics_reader execute"}', null),
    ('table', 'jobs.retention_tasks', null, 'jobs/retention/retention_tasks.sql', '{}', null),
    ('function', 'jobs.prune(interval, interval, timestamptz)', null, 'jobs/retention/prune.sql', '{}', null),
    ('function', 'jobs.use_timezone(text)', null, 'installments/rule/use_timezone.sql', '{}', null),
    ('function', 'jobs.local_time(timestamptz, text)', null, 'installments/rule/local_time.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'jobs.agency_cutoffs(timestamptz, uuid, text, time, int)', null, 'installments/rule/agency_cutoffs.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'jobs.overdue_slices(date[])', null, 'installments/rule/overdue_slices.sql', '{}', null),
    ('function', 'jobs.effective_due_date(uuid, date, int, smallint[])', null, 'installments/rule/effective_due_date.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'jobs.overdue_at(date, time, text)', null, 'installments/rule/overdue_at.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'jobs.next_cutoff_at(uuid, timestamptz, timestamp, time, text, smallint[])', null, 'installments/rule/next_cutoff_at.sql', '{"authenticated execute","service_role execute"}', null),
    ('table', 'jobs.ledger_settings', null, 'installments/ledger/ledger_settings.sql', '{}', null),
    ('table', 'jobs.status_changes', null, 'installments/ledger/status_changes.sql', '{}', null),
    ('index', 'jobs.status_changes_installments_idx', 'jobs.status_changes', 'installments/ledger/status_changes.sql', '{}', 'create index status_changes_installments_idx on jobs.status_changes (agency_id, id_suffix, id) include (installment_ids)'),
    ('index', 'jobs.status_changes_run_id_idx', 'jobs.status_changes', 'installments/ledger/status_changes.sql', '{}', 'create index status_changes_run_id_idx on jobs.status_changes (run_id)'),
    ('type', 'jobs.agency_judgement', null, 'installments/ledger/agency_judgement.sql', '{}', null),
    ('function', 'jobs.judge_agencies(timestamptz)', null, 'installments/ledger/judge_agencies.sql', '{}', null),
    ('function', 'jobs.record_status_changes(uuid, timestamptz, jobs.agency_judgement[], text, text, text, uuid[], uuid[], date[])', null, 'installments/ledger/record_status_changes.sql', '{}', null),
    ('function', 'jobs.changes_of(uuid)', null, 'installments/ledger/changes_of.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'jobs.last_change_of(uuid)', null, 'installments/ledger/last_change_of.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'public.installment_history(uuid)', null, 'installments/ledger/installment_history.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'jobs.keep_status_changes(interval)', null, 'installments/ledger/keep_status_changes.sql', '{}', null),
    ('function', 'jobs.prune_status_changes(timestamptz)', null, 'installments/ledger/prune_status_changes.sql', '{}', null),
    ('function', 'jobs.has_pending(date, date)', null, 'installments/marking/has_pending.sql', '{}', null),
    ('function', 'jobs.pick_overdue(date, date, uuid[], int, boolean)', null, 'installments/marking/pick_overdue.sql', '{}', null),
    ('function', 'jobs.installments_have_triggers()', null, 'installments/marking/installments_have_triggers.sql', '{}', null),
    ('function', 'jobs.row_pointers_are_shared()', null, 'installments/marking/row_pointers_are_shared.sql', '{}', null),
    ('function', 'jobs.mark_at_once(tid[], uuid[], date)', null, 'installments/marking/mark_at_once.sql', '{}', null),
    ('function', 'jobs.change_status(uuid[], text, text, date)', null, 'installments/marking/change_status.sql', '{}', null),
    ('function', 'jobs.change_status_unlocked(uuid[], text, text, date)', null, 'installments/marking/change_status_unlocked.sql', '{}', null),
    ('function', 'jobs.change_agency_by_agency(uuid[], uuid[], text, text, date, boolean)', null, 'installments/marking/change_agency_by_agency.sql', '{}', null),
    ('function', 'jobs.mark_carefully(date, date, uuid[], int)', null, 'installments/marking/mark_carefully.sql', '{}', null),
    ('function', 'jobs.agency_errors(jsonb)', null, 'installments/marking/agency_errors.sql', '{}', null),
    ('function', 'jobs.mark_overdue_batch(timestamptz, int, uuid, jobs.agency_judgement[], date, uuid[], text)', null, 'installments/marking/mark_overdue_batch.sql', '{}', null),
    ('function', 'jobs.agency_results(uuid)', null, 'installments/marking/agency_results.sql', '{}', null),
    ('function', 'jobs.add_run_results(uuid, text, uuid[], int[])', null, 'installments/marking/add_run_results.sql', '{}', null),
    ('function', 'jobs.log_own_run(uuid, text, timestamptz, jsonb, jsonb)', null, 'installments/marking/log_own_run.sql', '{}', null),
    ('function', 'jobs.correct_automatically(boolean)', null, 'installments/correction/correct_automatically.sql', '{}', null),
    ('function', 'jobs.last_changes(uuid, uuid[])', null, 'installments/correction/last_changes.sql', '{}', null),
    ('function', 'jobs.overdue_against_rule(jobs.agency_judgement[], boolean, uuid[])', null, 'installments/correction/overdue_against_rule.sql', '{}', null),
    ('function', 'jobs.wrongly_overdue(jobs.agency_judgement[], boolean, uuid)', null, 'installments/correction/wrongly_overdue.sql', '{}', null),
    ('function', 'jobs.correct_installments(uuid, timestamptz, jobs.agency_judgement[], uuid[], uuid[], date[], text[])', null, 'installments/correction/correct_installments.sql', '{}', null),
    ('function', 'jobs.correct_moved_batch(timestamptz, int, uuid, jobs.agency_judgement[], uuid[])', null, 'installments/correction/correct_moved_batch.sql', '{}', null),
    ('function', 'jobs.correction_requested_by()', null, 'installments/correction/correction_requested_by.sql', '{}', null),
    ('function', 'jobs.run_correction(uuid, boolean, timestamptz, uuid)', null, 'installments/correction/run_correction.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'public.correct_overdue(uuid, boolean, timestamptz, uuid)', null, 'installments/correction/correct_overdue.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'public.update_installment_statuses(timestamptz, uuid)', null, 'installments/marking/update_installment_statuses.sql', '{"service_role execute"}', null),
    ('function', 'jobs.add_agency_results()', null, 'installments/marking/add_agency_results.sql', '{}', null),
    ('trigger', 'add_agency_results', 'public.jobs_log', 'installments/marking/add_agency_results.sql', '{}', 'create trigger add_agency_results before update on public.jobs_log for each row when (old.status = ''running'' and new.status <> ''running'' and new.items_updated is not null and new.metadata ? ''due_from'') execute function jobs.add_agency_results()'),
    ('function', 'public.process_installment_batch(uuid, int)', null, 'installments/marking/process_installment_batch.sql', '{"service_role execute"}', null),
    ('function', 'jobs.agency_transitions(timestamptz, timestamptz)', null, 'installments/marking/agency_transitions.sql', '{"metrics_reader execute"}', null),
    ('table', 'jobs.followed_cutoffs', null, 'installments/following/followed_cutoffs.sql', '{}', null),
    ('function', 'jobs.installments_are_due(timestamptz)', null, 'installments/following/installments_are_due.sql', '{}', null),
    ('function', 'jobs.follow_cutoffs(boolean)', null, 'installments/following/follow_cutoffs.sql', '{}', null),
    ('function', 'jobs.checked_settings(timestamptz, text, time, int)', null, 'installments/preview/checked_settings.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'public.installments_aging_at(timestamptz, uuid)', null, 'installments/due/installments_aging_at.sql', '{"authenticated execute","service_role execute"}', null),
    ('view', 'public.installments_aging', null, 'installments/due/installments_aging.sql', '{"authenticated select","service_role select"}', null),
    ('function', 'public.preview_overdue(timestamptz, uuid, text, time, int)', null, 'installments/preview/preview_overdue.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'jobs.city_of(text)', null, 'installments/explanation/city_of.sql', '{}', null),
    ('function', 'jobs.day_text(date, date)', null, 'installments/explanation/day_text.sql', '{}', null),
    ('function', 'jobs.wait_text(timestamptz, timestamptz)', null, 'installments/explanation/wait_text.sql', '{}', null),
    ('function', 'jobs.closure_text(uuid, date, date, date, text, boolean)', null, 'installments/explanation/closure_text.sql', '{}', null),
    ('function', 'jobs.due_text(uuid, date, int, date, date, boolean)', null, 'installments/explanation/due_text.sql', '{}', null),
    ('function', 'jobs.marked_by(uuid)', null, 'installments/explanation/marked_by.sql', '{}', null),
    ('function', 'jobs.explanation_sentence(jsonb, timestamptz)', null, 'installments/explanation/explanation_sentence.sql', '{}', null),
    ('function', 'jobs.installment_explanation(timestamptz, uuid, text, date, text, uuid)', null, 'installments/explanation/installment_explanation.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'public.explain_installment(uuid, timestamptz)', null, 'installments/explanation/explain_installment.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'jobs.last_marked_at(uuid)', null, 'installments/overview/last_marked_at.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'jobs.left_out(uuid)', null, 'installments/overview/left_out.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'jobs.agency_overviews(uuid[], timestamptz)', null, 'installments/overview/agency_overviews.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'public.list_agencies(text, text, uuid, int, timestamptz)', null, 'installments/overview/list_agencies.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'jobs.former_clocks(timestamptz, uuid)', null, 'installments/overview/former_clocks.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'jobs.clock_statement(uuid, text, time)', null, 'installments/overview/clock_statement.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'jobs.clock_changes(timestamptz, uuid)', null, 'installments/overview/clock_changes.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'public.agency_report(uuid, timestamptz)', null, 'installments/overview/agency_report.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'public.changed_clocks(int, timestamptz)', null, 'installments/overview/changed_clocks.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'public.find_installments(text, int)', null, 'installments/overview/find_installments.sql', '{"authenticated execute","service_role execute"}', null),
    ('function', 'public.installment_report(uuid, timestamptz)', null, 'installments/overview/installment_report.sql', '{"authenticated execute","service_role execute"}', null),
    ('table', 'jobs.overdue_digests', null, 'digest/overdue_digests.sql', '{}', null),
    ('function', 'jobs.digest_time(timestamptz, text)', null, 'digest/digest_time.sql', '{}', null),
    ('function', 'jobs.digest_seen_at(timestamptz)', null, 'digest/digest_seen_at.sql', '{}', null),
    ('function', 'jobs.overdue_digest_is_due(timestamptz)', null, 'digest/overdue_digest_is_due.sql', '{}', null),
    ('view', 'jobs.overdue_candidates', null, 'digest/overdue_candidates.sql', '{}', null),
    ('function', 'jobs.amount_as_text(numeric)', null, 'digest/amount_as_text.sql', '{}', null),
    ('function', 'jobs.overdue_digest(uuid, timestamptz)', null, 'digest/overdue_digest.sql', '{}', null),
    ('function', 'public.list_overdue_digests(uuid)', null, 'digest/list_overdue_digests.sql', '{"service_role execute"}', null),
    ('function', 'jobs.digest_obstacle(jobs.overdue_digests, uuid, timestamptz)', null, 'digest/digest_obstacle.sql', '{}', null),
    ('function', 'public.claim_overdue_digest(uuid, uuid, int, timestamptz)', null, 'digest/claim_overdue_digest.sql', '{"service_role execute"}', null),
    ('function', 'public.complete_overdue_digest(uuid, text, uuid, text, text, timestamptz)', null, 'digest/complete_overdue_digest.sql', '{"service_role execute"}', null),
    ('function', 'jobs.release_overdue_digest(uuid, text, timestamptz)', null, 'digest/release_overdue_digest.sql', '{}', null)
  ) as object (kind, name, parent, source, privileges, definition);
$function$;

revoke all on function jobs.manifest()
  from public, anon, authenticated, service_role;

comment on function jobs.manifest() is
  'What this version of Duewatch consists of, for supabase/verify.sql and the rollback. parent: the table of an index, '
  'trigger or policy, and definition: the statement that creates it. source: its file in supabase/schemas. privileges: '
  'what roles other than the owner may do. What is added to the domain only where it is missing is not listed: see '
  'jobs.installed_objects.';

-- jobs/install/taken_names.sql

-- Before anything is created: the rollback must not take an object for ours
-- that an adopter had before.
do $migration$
declare
  taken text;
begin
  select string_agg(format('%s %s', object.kind, concat_ws(' on ', object.name, object.parent)), ', ')
  into taken
  from jobs.manifest() as object
  where case
    when object.kind = 'trigger' then exists (
      select 1
      from pg_catalog.pg_trigger as present
      where present.tgrelid = to_regclass(object.parent) and present.tgname = object.name
    )
    when object.name not like 'public.%' then false
    when object.kind = 'function' then to_regprocedure(object.name) is not null
    else to_regclass(object.name) is not null
  end;

  if taken is not null then
    raise exception 'these names are taken in this database: %', taken
      using hint = 'Rename what has these names, then apply the migration again.';
  end if;
end
$migration$;

-- jobs/install/version.sql

create function jobs.version()
returns text
language sql
immutable
set search_path = ''
as $function$
  select '1.0.0-dev';
$function$;

revoke all on function jobs.version()
  from public, anon, authenticated, service_role;

comment on function jobs.version() is
  'The installed version of Duewatch. service_role cannot use the schema jobs and reads it in public.get_job_health().';

-- jobs/install/installed_objects.sql

create table jobs.installed_objects (
  kind text not null,
  name text not null,
  constraint installed_objects_pkey primary key (kind, name),
  constraint installed_objects_kind_check
    check (kind in ('table', 'view', 'column', 'comment', 'constraint', 'index', 'role'))
);

alter table jobs.installed_objects enable row level security;

revoke all on table jobs.installed_objects
  from public, anon, authenticated, service_role;

comment on table jobs.installed_objects is
  'What the migrations added only because it was missing, as opposed to what an adopter had already. '
  'The rollback removes exactly these, and what jobs.manifest() lists. Written by migrations only.';
comment on column jobs.installed_objects.kind is
  'table, view, column, comment (of a column), constraint, index or role.';
comment on column jobs.installed_objects.name is
  'Qualified name: schema.table, or schema.table.name for a column, comment or constraint.';

-- ==========================================================================
-- 2. Agencies, plans and installments
--
-- Adopters bring these tables. Each is created only where it does not exist,
-- with its grants and policies. An existing table keeps what it has.
-- Locks: nothing that exists.
-- ==========================================================================

-- installments/tables/agencies.sql

do $migration$
begin
  if to_regclass('public.agencies') is null then
    create table public.agencies (
      id uuid not null default gen_random_uuid(),
      name text not null,
      timezone text not null default 'Australia/Brisbane',
      overdue_cutoff_time time not null default '17:00:00',
      due_soon_threshold_days int not null default 4,
      grace_days int not null default 0,
      closed_weekdays smallint[] not null default '{}',
      contact_email text,
      created_at timestamptz not null default now(),
      constraint agencies_pkey primary key (id),
      constraint agencies_overdue_cutoff_time_check
        check (overdue_cutoff_time between '00:00:00' and '23:59:59'),
      constraint agencies_due_soon_threshold_days_check
        check (due_soon_threshold_days between 1 and 30),
      constraint agencies_grace_days_check
        check (grace_days between 0 and 60),
      constraint agencies_closed_weekdays_check
        check (closed_weekdays <@ '{1,2,3,4,5,6,7}' and not closed_weekdays @> '{1,2,3,4,5,6,7}')
    );

    alter table public.agencies enable row level security;

    revoke all on table public.agencies
      from public, anon, authenticated, service_role;
    grant select on table public.agencies to authenticated;
    grant select, insert, update, delete on table public.agencies to service_role;

    comment on table public.agencies is
      'Education agencies. Each lives in its own time zone with its own daily cut-off.';

    insert into jobs.installed_objects (kind, name)
    values ('table', 'public.agencies');
  end if;
end
$migration$;

-- installments/tables/agency_closed_days.sql

do $migration$
begin
  if to_regclass('public.agency_closed_days') is null then
    create table public.agency_closed_days (
      agency_id uuid not null,
      day date not null,
      name text,
      constraint agency_closed_days_pkey primary key (agency_id, day),
      constraint agency_closed_days_agency_id_fkey
        foreign key (agency_id) references public.agencies (id) on delete cascade,
      constraint agency_closed_days_day_check
        check (day between '1900-01-01' and '9999-12-31')
    );

    alter table public.agency_closed_days enable row level security;

    revoke all on table public.agency_closed_days
      from public, anon, authenticated, service_role;
    grant select, insert, update, delete on table public.agency_closed_days
      to authenticated, service_role;

    comment on table public.agency_closed_days is
      'Days on which nothing becomes overdue at an agency, such as public holidays. What would become overdue then does so '
      'on the next day that is open. Who sees an agency sees its closed days; admins and service_role change them.';
    comment on column public.agency_closed_days.day is
      'A date in the agency''s own calendar.';
    comment on column public.agency_closed_days.name is
      'What the day is called, such as Christmas Day; null for nothing. explain_installment() says it.';

    insert into jobs.installed_objects (kind, name)
    values ('table', 'public.agency_closed_days');
  end if;
end
$migration$;

-- On an ordinary day nobody is closed, and a run finds that out in one look.
insert into jobs.installed_objects (kind, name)
select 'index', 'public.agency_closed_days_day_idx'
where to_regclass('public.agency_closed_days_day_idx') is null;

create index if not exists agency_closed_days_day_idx
  on public.agency_closed_days (day);

-- installments/tables/user_roles.sql

do $migration$
begin
  if to_regclass('public.user_roles') is null then
    create table public.user_roles (
      id uuid not null default gen_random_uuid(),
      user_id uuid not null,
      role text not null,
      agency_id uuid,
      constraint user_roles_pkey primary key (id),
      constraint user_roles_user_role_agency_key
        unique nulls not distinct (user_id, role, agency_id),
      constraint user_roles_user_id_fkey
        foreign key (user_id) references auth.users (id) on delete cascade,
      constraint user_roles_agency_id_fkey
        foreign key (agency_id) references public.agencies (id) on delete cascade
    );

    create index user_roles_agency_id_idx
      on public.user_roles (agency_id);

    alter table public.user_roles enable row level security;

    revoke all on table public.user_roles
      from public, anon, authenticated, service_role;
    grant select on table public.user_roles to authenticated;
    grant select, insert, update, delete on table public.user_roles to service_role;

    create policy "Users can see their own roles"
      on public.user_roles
      for select
      to authenticated
      using (user_id = (select auth.uid()));

    comment on table public.user_roles is
      'Which user may see what: members of an agency see its plans, the role admin sees every agency and the job log.';
    comment on column public.user_roles.role is
      'admin, which sees every agency and the job log, or any role of an agency''s own.';
    comment on column public.user_roles.agency_id is
      'The agency of a member; not used for an admin.';

    insert into jobs.installed_objects (kind, name)
    values ('table', 'public.user_roles');
  end if;
end
$migration$;

-- installments/tables/payment_plans.sql

do $migration$
begin
  if to_regclass('public.payment_plans') is null then
    create table public.payment_plans (
      id uuid not null default gen_random_uuid(),
      agency_id uuid not null,
      student_name text,
      course_name text,
      total_amount numeric(12, 2),
      currency text not null default 'AUD',
      status text not null default 'draft',
      created_at timestamptz not null default now(),
      constraint payment_plans_pkey primary key (id),
      constraint payment_plans_agency_id_fkey
        foreign key (agency_id) references public.agencies (id),
      constraint payment_plans_status_check
        check (status in ('draft', 'active', 'completed', 'cancelled')),
      constraint payment_plans_currency_check
        check (currency ~ '^[A-Z]{3}$')
    );

    create index payment_plans_agency_id_idx
      on public.payment_plans (agency_id);

    alter table public.payment_plans enable row level security;

    revoke all on table public.payment_plans
      from public, anon, authenticated, service_role;
    grant select on table public.payment_plans to authenticated;
    grant select, insert, update, delete on table public.payment_plans to service_role;

    comment on table public.payment_plans is
      'A course sold on installments. Only installments of active plans become overdue.';
    comment on column public.payment_plans.currency is
      'ISO 4217 code of every amount of the plan.';

    insert into jobs.installed_objects (kind, name)
    values ('table', 'public.payment_plans');
  end if;
end
$migration$;

-- installments/tables/installments.sql

do $migration$
begin
  if to_regclass('public.installments') is null then
    create table public.installments (
      id uuid not null default gen_random_uuid(),
      payment_plan_id uuid not null,
      amount numeric(12, 2) not null,
      student_due_date date not null,
      status text not null default 'draft',
      paid_at timestamptz,
      created_at timestamptz not null default now(),
      constraint installments_pkey primary key (id),
      constraint installments_payment_plan_id_fkey
        foreign key (payment_plan_id) references public.payment_plans (id),
      constraint installments_amount_check
        check (amount > 0),
      constraint installments_status_check
        check (status in ('draft', 'pending', 'overdue', 'paid', 'partial', 'cancelled'))
    );

    create index installments_payment_plan_id_idx
      on public.installments (payment_plan_id);

    alter table public.installments enable row level security;

    revoke all on table public.installments
      from public, anon, authenticated, service_role;
    grant select on table public.installments to authenticated;
    grant select, insert, update, delete on table public.installments to service_role;

    comment on table public.installments is
      'Installments of payment plans. The daily job turns pending into overdue.';
    comment on column public.installments.student_due_date is
      'A date in the calendar of the plan''s agency, not of the server or the session.';

    insert into jobs.installed_objects (kind, name)
    values ('table', 'public.installments');
  end if;
end
$migration$;

-- installments/tables/required_columns.sql

-- What existing tables need. The error lists all that is missing.
do $migration$
declare
  missing text;
begin
  select string_agg(needed.name, ', ')
  into missing
  from (
    values
      ('public.agencies.id'),
      ('public.agencies.name'),
      ('public.agency_closed_days.agency_id'),
      ('public.agency_closed_days.day'),
      ('public.user_roles.user_id'),
      ('public.user_roles.role'),
      ('public.payment_plans.id'),
      ('public.payment_plans.agency_id'),
      ('public.payment_plans.status'),
      ('public.installments.id'),
      ('public.installments.payment_plan_id'),
      ('public.installments.amount'),
      ('public.installments.student_due_date'),
      ('public.installments.status')
  ) as needed (name)
  cross join lateral parse_ident(needed.name) as parsed (parts)
  where not exists (
    select 1
    from pg_catalog.pg_attribute as present
    where present.attrelid = to_regclass(format('%I.%I', parsed.parts[1], parsed.parts[2]))
      and present.attname = parsed.parts[3]
      and not present.attisdropped
  );

  if missing is not null then
    raise exception 'columns are missing: %', missing
      using hint = 'docs/how-to/install.md lists what the tables need to have.';
  end if;
end
$migration$;

-- installments/tables/policies.sql

-- Policies come after all tables, because they look into user_roles. What does not
-- depend on the row is a sub-query of its own, which is read once per query.
do $migration$
declare
  created text[] := array(
    select installed.name
    from jobs.installed_objects as installed
    where installed.kind = 'table'
  );
begin
  if 'public.agencies' = any (created) then
    create policy "Members can see their agency and admins all of them"
      on public.agencies
      for select
      to authenticated
      using (
        (
          select exists (
            select 1
            from public.user_roles as membership
            where membership.user_id = (select auth.uid())
              and membership.role = 'admin'
          )
        )
        or id = any (
          array(
            select membership.agency_id
            from public.user_roles as membership
            where membership.user_id = (select auth.uid())
          )
        )
      );
  end if;

  if 'public.agency_closed_days' = any (created) then
    create policy "Those who can see an agency can see its closed days"
      on public.agency_closed_days
      for select
      to authenticated
      using (
        exists (
          select 1
          from public.agencies as agency
          where agency.id = agency_closed_days.agency_id
        )
      );

    create policy "Admins can add closed days"
      on public.agency_closed_days
      for insert
      to authenticated
      with check (
        (
          select exists (
            select 1
            from public.user_roles as membership
            where membership.user_id = (select auth.uid())
              and membership.role = 'admin'
          )
        )
      );

    create policy "Admins can change closed days"
      on public.agency_closed_days
      for update
      to authenticated
      using (
        (
          select exists (
            select 1
            from public.user_roles as membership
            where membership.user_id = (select auth.uid())
              and membership.role = 'admin'
          )
        )
      );

    create policy "Admins can remove closed days"
      on public.agency_closed_days
      for delete
      to authenticated
      using (
        (
          select exists (
            select 1
            from public.user_roles as membership
            where membership.user_id = (select auth.uid())
              and membership.role = 'admin'
          )
        )
      );
  end if;

  if 'public.payment_plans' = any (created) then
    create policy "Members can see plans of their agency and admins all of them"
      on public.payment_plans
      for select
      to authenticated
      using (
        (
          select exists (
            select 1
            from public.user_roles as membership
            where membership.user_id = (select auth.uid())
              and membership.role = 'admin'
          )
        )
        or agency_id = any (
          array(
            select membership.agency_id
            from public.user_roles as membership
            where membership.user_id = (select auth.uid())
          )
        )
      );
  end if;

  if 'public.installments' = any (created) then
    create policy "Those who can see a plan can see its installments"
      on public.installments
      for select
      to authenticated
      using (
        (
          select exists (
            select 1
            from public.user_roles as membership
            where membership.user_id = (select auth.uid())
              and membership.role = 'admin'
          )
        )
        or exists (
          select 1
          from public.payment_plans as plan
          where plan.id = installments.payment_plan_id
          -- A fence. To look up each plan by its id is cheaper than to read all.
          offset 0
        )
      );
  end if;
end
$migration$;

-- ==========================================================================
-- 3. Time zone, cut-off, grace and calendar of an agency
--
-- A due date is a date in the agency's own calendar, and a day ends for
-- payments at the agency's cut-off.
-- Locks: a new column with a constant default rewrites nothing. The checks read
-- public.agencies once, under an exclusive lock.
-- ==========================================================================

-- installments/tables/timezone_names.sql

create table jobs.timezone_names (
  name text not null,
  constraint timezone_names_pkey primary key (name)
);

alter table jobs.timezone_names enable row level security;

revoke all on table jobs.timezone_names
  from public, anon, authenticated, service_role;

comment on table jobs.timezone_names is
  'The names of pg_timezone_names, kept because each query of that view reads hundreds of files (30 ms). '
  'jobs.check_agency_timezone() looks up a missing name there and adds it.';

insert into jobs.timezone_names (name)
select zone.name
from pg_catalog.pg_timezone_names as zone;

-- installments/tables/agency_fields.sql

-- Columns: recorded first, so that the rollback knows which of them are ours.
insert into jobs.installed_objects (kind, name)
select 'column', 'public.agencies.' || quote_ident(wanted.column_name)
from (
  values
    ('timezone'),
    ('overdue_cutoff_time'),
    ('due_soon_threshold_days'),
    ('grace_days'),
    ('closed_weekdays'),
    ('contact_email')
) as wanted (column_name)
where not exists (
  select 1
  from pg_catalog.pg_attribute as present
  where present.attrelid = 'public.agencies'::regclass
    and present.attname = wanted.column_name
    and not present.attisdropped
)
on conflict do nothing;

alter table public.agencies
  add column if not exists timezone text not null default 'Australia/Brisbane',
  add column if not exists overdue_cutoff_time time not null default '17:00:00',
  add column if not exists due_soon_threshold_days int not null default 4,
  add column if not exists grace_days int not null default 0,
  add column if not exists closed_weekdays smallint[] not null default '{}',
  add column if not exists contact_email text;

-- Checks. A name that is taken by the adopter's own check is left alone.
do $migration$
declare
  wanted record;
begin
  for wanted in
    select *
    from (
      values
        (
          'agencies_overdue_cutoff_time_check',
          'check (overdue_cutoff_time between ''00:00:00'' and ''23:59:59'')'
        ),
        (
          'agencies_due_soon_threshold_days_check',
          'check (due_soon_threshold_days between 1 and 30)'
        ),
        (
          'agencies_grace_days_check',
          'check (grace_days between 0 and 60)'
        ),
        -- Some day of the week has to be open, or the rule would look for it for ever.
        (
          'agencies_closed_weekdays_check',
          'check (closed_weekdays <@ ''{1,2,3,4,5,6,7}'' and not closed_weekdays @> ''{1,2,3,4,5,6,7}'')'
        )
    ) as checks (constraint_name, definition)
  loop
    if not exists (
      select 1
      from pg_catalog.pg_constraint as present
      where present.conrelid = 'public.agencies'::regclass
        and present.conname = wanted.constraint_name
    ) then
      execute format(
        'alter table public.agencies add constraint %I %s',
        wanted.constraint_name,
        wanted.definition
      );
      insert into jobs.installed_objects (kind, name)
      values ('constraint', 'public.agencies.' || quote_ident(wanted.constraint_name))
      on conflict do nothing;
    end if;
  end loop;
end
$migration$;

-- An adopter's own comments stay.
do $migration$
declare
  wanted record;
begin
  for wanted in
    select *
    from (
      values
        (
          'timezone',
          'IANA name of the zone in which the agency''s dates are judged, as in pg_timezone_names. Default Australia/Brisbane.'
        ),
        (
          'overdue_cutoff_time',
          'Local time of day at which a pending installment that is due that day becomes overdue: at this second, not after it. Default 17:00.'
        ),
        (
          'due_soon_threshold_days',
          'How many days ahead of its due date an installment counts as due soon, 1 to 30. Default 4.'
        ),
        (
          'grace_days',
          'How many days after its due date an installment may be paid before it becomes overdue, 0 to 60. Default 0.'
        ),
        (
          'closed_weekdays',
          'Days of the week on which nothing becomes overdue, as ISO numbers: 1 is Monday, 7 is Sunday. Default {}, none.'
        ),
        (
          'contact_email',
          'Where the agency reads mail about its overdue installments; null for none.'
        )
    ) as comments (column_name, description)
  loop
    if col_description(
      'public.agencies'::regclass,
      (
        select present.attnum
        from pg_catalog.pg_attribute as present
        where present.attrelid = 'public.agencies'::regclass
          and present.attname = wanted.column_name
      )
    ) is null then
      execute format(
        'comment on column public.agencies.%I is %L',
        wanted.column_name,
        wanted.description
      );
      insert into jobs.installed_objects (kind, name)
      values ('comment', 'public.agencies.' || quote_ident(wanted.column_name))
      on conflict do nothing;
    end if;
  end loop;
end
$migration$;

-- installments/tables/check_agency_timezone.sql

create function jobs.check_agency_timezone()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
declare
  similar_name text;
begin
  if exists (
    select 1
    from jobs.timezone_names as known
    where known.name = new.timezone
  ) then
    return new;
  end if;

  -- The zone data of the server may be newer than our list of names.
  insert into jobs.timezone_names (name)
  select zone.name
  from pg_catalog.pg_timezone_names as zone
  where zone.name = new.timezone
  on conflict (name) do nothing;

  if found then
    return new;
  end if;

  select known.name
  into similar_name
  from jobs.timezone_names as known
  where lower(known.name) = lower(btrim(new.timezone))
  limit 1;

  raise exception '"%" is not the name of a time zone', coalesce(new.timezone, 'null')
    using
      errcode = 'check_violation',
      constraint = 'agencies_timezone_check',
      schema = tg_table_schema,
      table = tg_table_name,
      column = 'timezone',
      hint = case
        when similar_name is not null then format('Did you mean %s?', similar_name)
        else 'Use an IANA name such as Australia/Brisbane. Offsets such as UTC+5 are read backwards by Postgres and are refused.'
      end;
end
$function$;

revoke all on function jobs.check_agency_timezone()
  from public, anon, authenticated, service_role;

comment on function jobs.check_agency_timezone() is
  'Trigger of public.agencies: refuses a timezone that is not a name in pg_timezone_names. '
  'AT TIME ZONE accepts more: Bogus5, for instance, and UTC+5, which means five hours west of UTC. '
  'Raises check_violation (23514) with the constraint name agencies_timezone_check.';

create trigger check_agency_timezone
  before insert or update of timezone on public.agencies
  for each row
  execute function jobs.check_agency_timezone();

-- installments/tables/known_timezones.sql

-- Existing rows are checked once. The error lists the agencies.
do $migration$
declare
  offenders text;
begin
  select string_agg(format('%s (%s)', agency.id, coalesce(agency.timezone, 'null')), ', ')
  into offenders
  from (
    select existing.id, existing.timezone
    from public.agencies as existing
    where not exists (
      select 1
      from jobs.timezone_names as known
      where known.name = existing.timezone
    )
    order by existing.id
    limit 20
  ) as agency;

  if offenders is not null then
    raise exception 'agencies with an unknown time zone: %', offenders
      using hint = 'Set public.agencies.timezone to a name from pg_timezone_names, then apply the migration again.';
  end if;
end
$migration$;

-- installments/tables/refuse_long_closures.sql

create function jobs.refuse_long_closures(agency_ids uuid[])
returns void
language plpgsql
set search_path = ''
as $function$
declare
  longest record;
begin
  with closed as (
    select
      agency.id,
      agency.name::text as name,
      closed_day.day,
      case
        when extract(isodow from closed_day.day + 1) <> all (agency.closed_weekdays) then closed_day.day + 1
        else (
          select min(closed_day.day + ahead)
          from generate_series(2, 7) as ahead
          where extract(isodow from closed_day.day + ahead) <> all (agency.closed_weekdays)
        )
      end as opens
    from public.agency_closed_days as closed_day
    join public.agencies as agency
      on agency.id = closed_day.agency_id
    where agency.id = any (refuse_long_closures.agency_ids)
      and extract(isodow from closed_day.day) <> all (agency.closed_weekdays)
  ),
  linked as (
    select
      closed.*,
      closed.day is distinct from lag(closed.opens) over (partition by closed.id order by closed.day) as begins
    from closed
  ),
  numbered as (
    select
      linked.*,
      count(*) filter (where linked.begins) over (partition by linked.id order by linked.day) as closure
    from linked
  )
  select
    numbered.name,
    min(numbered.day) as first_day,
    max(numbered.opens) - min(numbered.day) as days
  into longest
  from numbered
  group by
    numbered.id,
    numbered.name,
    numbered.closure
  having max(numbered.opens) - min(numbered.day) > 366
  order by
    3 desc,
    1
  limit 1;

  if found then
    raise exception 'agency "%" would be closed for % days in a row, from % on',
      longest.name,
      longest.days,
      longest.first_day
      using
        errcode = 'check_violation',
        constraint = 'agency_closed_days_closure_check',
        hint = 'Nothing becomes overdue while an agency is closed. At most 366 days in a row may be closed.';
  end if;
end
$function$;

revoke all on function jobs.refuse_long_closures(uuid[])
  from public, anon, authenticated, service_role;

comment on function jobs.refuse_long_closures(uuid[]) is
  'Raises check_violation (23514) when closed days, together with closed weekdays, leave no day open for more than 366 '
  'days in a row at one of these agencies.';

-- installments/tables/check_agency_calendar.sql

create function jobs.check_agency_calendar()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
declare
  problem text;
begin
  problem := case
    when new.grace_days is null or new.grace_days not between 0 and 60 then
      format('grace_days must be from 0 to 60, not %s', coalesce(new.grace_days::text, 'null'))
    when new.closed_weekdays is null then
      'closed_weekdays must be a list, not null; {} is no closed weekday'
    when array_ndims(new.closed_weekdays) > 1 then
      format('closed_weekdays must be a plain list, not %s', new.closed_weekdays)
    when exists (
      select 1
      from unnest(new.closed_weekdays) as weekday (number)
      where (weekday.number between 1 and 7) is not true
    ) then
      format('closed_weekdays must hold numbers from 1 (Monday) to 7 (Sunday), not %s', new.closed_weekdays)
    when cardinality(new.closed_weekdays) > (
      select count(distinct weekday.number)
      from unnest(new.closed_weekdays) as weekday (number)
    ) then
      format('closed_weekdays must name each day once, not %s', new.closed_weekdays)
    when cardinality(new.closed_weekdays) = 7 then
      'closed_weekdays must leave a day of the week open, or nothing would ever become overdue'
  end;

  if problem is not null then
    raise exception '%', problem
      using
        errcode = 'check_violation',
        constraint = case
          when problem like 'grace%' then 'agencies_grace_days_check'
          else 'agencies_closed_weekdays_check'
        end,
        schema = tg_table_schema,
        table = tg_table_name,
        column = case
          when problem like 'grace%' then 'grace_days'
          else 'closed_weekdays'
        end;
  end if;
  return new;
end
$function$;

revoke all on function jobs.check_agency_calendar()
  from public, anon, authenticated, service_role;

comment on function jobs.check_agency_calendar() is
  'Trigger of public.agencies: refuses grace_days and closed_weekdays that the rule cannot work with, and says why. '
  'Raises check_violation (23514) with the name of the constraint.';

create trigger check_agency_calendar
  before insert or update of grace_days, closed_weekdays on public.agencies
  for each row
  execute function jobs.check_agency_calendar();

-- installments/tables/check_closed_day.sql

create function jobs.check_closed_day()
returns trigger
language plpgsql
set search_path = ''
as $function$
begin
  if new.day is null or new.day not between '1900-01-01' and '9999-12-31' then
    raise exception 'day must be a date from 1900-01-01 to 9999-12-31, not %', coalesce(new.day::text, 'null')
      using
        errcode = 'check_violation',
        constraint = 'agency_closed_days_day_check',
        schema = tg_table_schema,
        table = tg_table_name,
        column = 'day';
  end if;
  return new;
end
$function$;

revoke all on function jobs.check_closed_day()
  from public, anon, authenticated, service_role;

comment on function jobs.check_closed_day() is
  'Trigger of public.agency_closed_days: refuses a day that is null or outside 1900 to 9999, and says so. '
  'Raises check_violation (23514) with the name of the constraint.';

create trigger check_closed_day
  before insert or update of day on public.agency_closed_days
  for each row
  execute function jobs.check_closed_day();

-- installments/tables/check_closed_days.sql

create function jobs.check_closed_days()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
begin
  if tg_table_name = 'agencies' then
    perform jobs.refuse_long_closures(array[new.id]);
  else
    perform jobs.refuse_long_closures(
      array(
        select distinct changed.agency_id
        from changed
      )
    );
  end if;
  return null;
end
$function$;

revoke all on function jobs.check_closed_days()
  from public, anon, authenticated, service_role;

comment on function jobs.check_closed_days() is
  'Trigger of public.agency_closed_days and public.agencies: refuses a calendar that closes an agency for more than 366 '
  'days in a row.';

-- Two triggers, because one with a transition table has one event.
create trigger check_closed_days_added
  after insert on public.agency_closed_days
  referencing new table as changed
  for each statement
  execute function jobs.check_closed_days();

create trigger check_closed_days_moved
  after update on public.agency_closed_days
  referencing new table as changed
  for each statement
  execute function jobs.check_closed_days();

create trigger check_closed_days
  after update of closed_weekdays on public.agencies
  for each row
  when (new.closed_weekdays is distinct from old.closed_weekdays)
  execute function jobs.check_closed_days();

-- ==========================================================================
-- 4. Indexes of the domain
--
-- Each is built only where no index does the same.
-- Locks: writes to a table wait while its index is built. On a large existing
-- table, build it beforehand, concurrently, under the same name.
-- ==========================================================================

-- installments/tables/indexes.sql

insert into jobs.installed_objects (kind, name)
select 'index', wanted.name
from (
  values
    ('public.installments_pending_due_date_idx'),
    ('public.installments_overdue_due_date_idx')
) as wanted (name)
where to_regclass(wanted.name) is null;

-- Holds only what can still become overdue, by date alone. Equal dates share one
-- entry, so it stays small and cheap to write.
create index if not exists installments_pending_due_date_idx
  on public.installments (student_due_date)
  where status = 'pending';

-- Finds what is overdue although its due date was moved to a day that is not past,
-- without reading all that is overdue.
create index if not exists installments_overdue_due_date_idx
  on public.installments (student_due_date)
  where status = 'overdue';

-- From an agency to its plans, and from a plan to its installments. Without
-- them every digest would read all installments of all agencies.
do $migration$
declare
  wanted record;
begin
  for wanted in
    select
      indexes.index_name,
      parsed.parts[1] as schema_name,
      parsed.parts[2] as table_name,
      parsed.parts[3] as column_name
    from (
      values
        ('public.payment_plans.agency_id', 'payment_plans_agency_id_idx'),
        ('public.installments.payment_plan_id', 'installments_payment_plan_id_idx')
    ) as indexes (indexed, index_name)
    cross join lateral parse_ident(indexes.indexed) as parsed (parts)
    where not exists (
      select 1
      from pg_catalog.pg_index as present
      join pg_catalog.pg_attribute as leading_column
        on leading_column.attrelid = present.indrelid
        and leading_column.attnum = present.indkey[0]
      where present.indrelid = format('%I.%I', parsed.parts[1], parsed.parts[2])::regclass
        and present.indisvalid
        and present.indpred is null
        and leading_column.attname = parsed.parts[3]
    )
  loop
    execute format(
      'create index %I on %I.%I (%I)',
      wanted.index_name,
      wanted.schema_name,
      wanted.table_name,
      wanted.column_name
    );
    insert into jobs.installed_objects (kind, name)
    values ('index', format('%I.%I', wanted.schema_name, wanted.index_name));
  end loop;
end
$migration$;

-- ==========================================================================
-- 5. Jobs log
--
-- One row per run of any job: what started, how it ended, what it changed.
-- Locks: nothing that exists.
-- ==========================================================================

-- jobs/runs/jobs_log.sql

create table public.jobs_log (
  id uuid not null default gen_random_uuid(),
  job_name text not null,
  started_at timestamptz not null,
  completed_at timestamptz,
  records_updated int default 0,
  status text not null,
  error_message text,
  metadata jsonb,
  created_at timestamptz default now(),
  items_total int,
  items_processed int,
  items_failed int,
  errors jsonb,
  duration_ms bigint generated always as (
    (extract(epoch from completed_at - started_at) * 1000)::bigint
  ) stored,
  trigger_source text,
  items_updated int,
  last_progress_at timestamptz,
  is_cancelled boolean not null default false,
  constraint jobs_log_pkey primary key (id),
  constraint jobs_log_status_check
    check (status in ('running', 'success', 'failed')),
  constraint jobs_log_running_is_not_completed_check
    check (status <> 'running' or completed_at is null),
  constraint jobs_log_finished_is_completed_check
    check (status = 'running' or completed_at is not null),
  constraint jobs_log_completed_after_started_check
    check (completed_at >= started_at),
  constraint jobs_log_started_at_is_an_instant_check
    check (isfinite(started_at)),
  constraint jobs_log_counts_check
    check (
      records_updated >= 0
      and items_total >= 0
      and items_processed >= 0
      and items_failed >= 0
      and items_updated >= 0
    ),
  constraint jobs_log_errors_check
    check (jsonb_typeof(errors) = 'array'),
  constraint jobs_log_trigger_source_check
    check (trigger_source in ('cron', 'manual', 'catch_up', 'due'))
);

create index idx_jobs_log_job_name
  on public.jobs_log (job_name, started_at desc);

create index idx_jobs_log_status
  on public.jobs_log (status)
  where status = 'failed';

create index idx_jobs_log_running
  on public.jobs_log (job_name, started_at)
  where status = 'running';

-- The health report counts thousands of runs in the index alone.
create index idx_jobs_log_success
  on public.jobs_log (job_name, started_at desc)
  include (duration_ms)
  where status = 'success';

create index idx_jobs_log_failed
  on public.jobs_log (job_name, started_at desc)
  include (is_cancelled)
  where status = 'failed';

create index idx_jobs_log_catch_ups
  on public.jobs_log (job_name, started_at)
  include (status, is_cancelled)
  where trigger_source = 'catch_up';

-- The metrics read their numbers from the index alone.
create index idx_jobs_log_numbers
  on public.jobs_log (job_name, started_at)
  include (status, duration_ms, records_updated, is_cancelled);

-- The runs that have rows in jobs.run_results.
create index idx_jobs_log_items_updated
  on public.jobs_log (job_name, started_at)
  include (id)
  where items_updated > 0;

create index idx_jobs_log_history
  on public.jobs_log (started_at desc, id desc);

alter table public.jobs_log enable row level security;

revoke all on table public.jobs_log
  from public, anon, authenticated, service_role;
grant select on table public.jobs_log to authenticated;
grant select, insert, update on table public.jobs_log to service_role;

create policy "Admins can read the job log"
  on public.jobs_log
  for select
  to authenticated
  using (
    exists (
      select 1
      from public.user_roles as membership
      where membership.user_id = (select auth.uid())
        and membership.role = 'admin'
    )
  );

create policy "The service role can read the job log"
  on public.jobs_log
  for select
  to service_role
  using (true);

create policy "The service role can log runs"
  on public.jobs_log
  for insert
  to service_role
  with check (true);

create policy "The service role can complete runs"
  on public.jobs_log
  for update
  to service_role
  using (true)
  with check (true);

comment on table public.jobs_log is
  'One row per run of a scheduled job, whether or not the job is registered in jobs.definitions. '
  'Admins read it, service_role writes it. A run is running until it is success or failed.';
comment on column public.jobs_log.id is
  'The run id: the same in the cron tick, the HTTP request, the logs, alerts and metrics.';
comment on column public.jobs_log.completed_at is
  'When the run ended; null while it is running. Filled in when a finished row is written without it.';
comment on column public.jobs_log.records_updated is
  'How many rows the run has changed so far.';
comment on column public.jobs_log.error_message is
  'Why the run failed, for an engineer.';
comment on column public.jobs_log.metadata is
  'Facts that the job adds, in its own form. continued: true says of a success that its time was over with work left.';
comment on column public.jobs_log.items_total is
  'How many items the run has to work through; null for jobs without items.';
comment on column public.jobs_log.items_processed is
  'How many of the items are done, failed ones included.';
comment on column public.jobs_log.items_failed is
  'How many of the items failed; null: as many as errors has entries.';
comment on column public.jobs_log.errors is
  'The items that failed: array of {id, name, error}; of very many only the first (items_failed counts them all).';
comment on column public.jobs_log.last_progress_at is
  'When the run last reported progress; null while it has not. A run that has reported and then is silent is dead.';
comment on column public.jobs_log.is_cancelled is
  'Whether somebody cancelled the run (jobs.actions says who and why). It is failed then, and counts as no failure.';
comment on column public.jobs_log.duration_ms is
  'Milliseconds from started_at to completed_at; null while running.';
comment on column public.jobs_log.trigger_source is
  'Who started the run: cron, manual, catch_up to catch up a missed or failed run, or to do the rest of a continued one, '
  'or due because the job''s due check said so.';
comment on column public.jobs_log.items_updated is
  'How many items the run has changed so far: those with rows in jobs.run_results; null for a job that keeps none.';

-- jobs/runs/run_results.sql

create table jobs.run_results (
  run_id uuid not null,
  item_id text collate "C" not null,
  transition text collate "C" not null,
  updated_count int not null,
  -- No foreign key: with one, an owner could not truncate jobs_log.
  constraint run_results_pkey primary key (run_id, item_id, transition),
  constraint run_results_updated_count_check
    check (updated_count > 0)
);

alter table jobs.run_results enable row level security;

revoke all on table jobs.run_results
  from public, anon, authenticated, service_role;

comment on table jobs.run_results is
  'What a run changed for each of its items. A job writes the rows in the transaction of the change, so they are there '
  'while the run is running. jobs.prune() deletes those whose run is gone.';
comment on column jobs.run_results.item_id is
  'The id of the item, as in jobs_log.errors.';
comment on column jobs.run_results.transition is
  'What changed, as from_to: a status before and the status after.';
comment on column jobs.run_results.updated_count is
  'How many records of the item made the transition.';

-- jobs/runs/complete_finished_run.sql

create function jobs.complete_finished_run()
returns trigger
language plpgsql
set search_path = ''
as $function$
begin
  if tg_op = 'UPDATE' then
    new.completed_at := greatest(now(), new.started_at);
  else
    -- A run that is logged after it has ended: its end is unknown.
    new.completed_at := new.started_at;
  end if;
  return new;
end
$function$;

revoke all on function jobs.complete_finished_run()
  from public, anon, authenticated, service_role;

comment on function jobs.complete_finished_run() is
  'Trigger of public.jobs_log: fills completed_at of a finished row that is written without it (now() on update, '
  'started_at on insert), so that a bare insert or update by hand works.';

create trigger complete_finished_run
  before insert or update on public.jobs_log
  for each row
  when (new.status <> 'running' and new.completed_at is null)
  execute function jobs.complete_finished_run();

-- ==========================================================================
-- 6. Job definitions and settings
--
-- One table defines the jobs. The table of pg_cron is read-only for postgres and
-- has no expected intervals, time limits or catch-up runs.
-- Locks: nothing that exists.
-- ==========================================================================

-- jobs/actions/actions.sql

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

-- jobs/actions/is_paused.sql

create function jobs.is_paused(job_name text)
returns boolean
language sql
stable
set search_path = ''
as $function$
  select exists (
    select 1
    from jobs.actions as pause
    where pause.job_name = is_paused.job_name
      and pause.action = 'pause'
      and pause.ended_at is null
  );
$function$;

revoke all on function jobs.is_paused(text)
  from public, anon, authenticated, service_role;

comment on function jobs.is_paused(text) is
  'Whether a job is paused: jobs.pause() was called and jobs.resume() has not been since.';

-- jobs/actions/action_in_force.sql

create function jobs.action_in_force(
  job_name text,
  action text,
  as_of timestamptz default now()
)
returns jobs.actions
language sql
stable
set search_path = ''
as $function$
  select requested
  from jobs.actions as requested
  where requested.job_name = action_in_force.job_name
    and requested.action = action_in_force.action
    and requested.action in ('pause', 'snooze')
    and requested.ended_at is null
    -- A supervisor that is dead does not prolong a silence.
    and (requested.action = 'pause' or requested.until > action_in_force.as_of);
$function$;

revoke all on function jobs.action_in_force(text, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.action_in_force(text, text, timestamptz) is
  'The pause or snooze of a job that is in force, or null. A pause is in force until the job is resumed, a snooze not '
  'longer than it was to last.';

-- jobs/definitions/defaults.sql

create function jobs.defaults(
  out expected_interval interval,
  out max_runtime interval,
  out slow_after interval,
  out degraded_error_ratio numeric,
  out failed_error_ratio numeric,
  out max_catch_ups int
)
language sql
immutable
set search_path = ''
as $function$
  select
    interval '25 hours',
    interval '10 minutes',
    interval '60 seconds',
    0.20,
    0.50,
    30;
$function$;

revoke all on function jobs.defaults()
  from public, anon, authenticated, service_role;

comment on function jobs.defaults() is
  'The values of a job that is registered without them, and of an unregistered job. '
  'Expected interval: daily, with an hour of grace. Catch-up runs: about a day, because they back off to one an hour.';

-- jobs/definitions/definitions.sql

create table jobs.definitions (
  job_name text not null,
  description text not null,
  impact text,
  schedule text not null,
  cron_job_name text not null,
  function_slug text not null,
  expected_interval interval not null,
  registered_schedule text,
  registered_interval interval,
  max_runtime interval not null,
  slow_after interval not null,
  catch_up boolean not null default true,
  max_catch_ups int not null,
  due_check text,
  notify_on_success boolean not null default false,
  degraded_error_ratio numeric(3, 2) not null,
  failed_error_ratio numeric(3, 2) not null,
  ping_url text,
  enabled boolean not null default true,
  enabled_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  constraint definitions_pkey primary key (job_name),
  constraint definitions_cron_job_name_key unique (cron_job_name),
  constraint definitions_job_name_check
    check (job_name ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and octet_length(job_name) <= 63),
  -- pg_cron cuts longer names, and two jobs would share one entry.
  constraint definitions_cron_job_name_check
    check (octet_length(cron_job_name) between 1 and 63),
  -- Alerts that concern all jobs have this name.
  constraint definitions_job_name_is_not_reserved_check
    check (job_name not in ('duewatch', 'duewatch-test')),
  constraint definitions_function_slug_check
    check (function_slug ~ '^[A-Za-z0-9_-]+$'),
  constraint definitions_impact_check
    check (length(btrim(impact)) between 1 and 500),
  constraint definitions_ping_url_check
    check (ping_url ~* '^https?://' and length(ping_url) <= 1000),
  constraint definitions_expected_interval_check
    check (expected_interval > interval '0'),
  constraint definitions_registered_check
    check ((registered_schedule is null) = (registered_interval is null)),
  constraint definitions_max_runtime_check
    check (max_runtime between interval '1 second' and interval '1 day'),
  constraint definitions_max_catch_ups_check
    check (max_catch_ups > 0),
  constraint definitions_slow_after_check
    check (slow_after > interval '0'),
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
  'The registered jobs. Written by jobs.register() and jobs.unregister(), which keep pg_cron in step. '
  'jobs.register() knows the defaults: jobs.defaults().';
comment on column jobs.definitions.impact is
  'What it means for people while the work of the job is not done, as the end of a sentence that begins with "Until a run '
  'succeeds,". Alerts begin with it.';
comment on column jobs.definitions.ping_url is
  'An address that the function calls after each successful run, for a monitor outside; null for none. A secret: anyone '
  'who knows it can send the ping.';
comment on column jobs.definitions.schedule is
  'Cron expression, in UTC.';
comment on column jobs.definitions.cron_job_name is
  'Name of the entry in cron.job.';
comment on column jobs.definitions.function_slug is
  'The Edge Function that does the work: the last part of its URL.';
comment on column jobs.definitions.expected_interval is
  'A job without a success for longer than this has missed a run.';
comment on column jobs.definitions.registered_schedule is
  'The schedule that jobs.register() gave the job, while jobs.reschedule() has another one in force; null otherwise. '
  'jobs.register() with the same one leaves what is in force alone.';
comment on column jobs.definitions.registered_interval is
  'The expected_interval that jobs.register() gave the job, as registered_schedule.';
comment on column jobs.definitions.max_runtime is
  'A run that is older than this is dead and is marked failed.';
comment on column jobs.definitions.slow_after is
  'A success that takes longer is slow: a warning in the health report.';
comment on column jobs.definitions.catch_up is
  'Whether a missed or failed run is caught up before the next tick, and a continued one is taken up at once.';
comment on column jobs.definitions.max_catch_ups is
  'After so many failures in a row the supervisor starts no catch-up run any more. The next tick, or a person, tries '
  'again.';
comment on column jobs.definitions.due_check is
  'The function (as_of timestamptz) returns boolean that is asked every minute whether a run is due; null for a job that '
  'only its schedule starts. Its name with its schema, quoted.';
comment on column jobs.definitions.notify_on_success is
  'Whether a success sends an email.';
comment on column jobs.definitions.degraded_error_ratio is
  'More than this share of failed items makes a success degraded.';
comment on column jobs.definitions.failed_error_ratio is
  'More than this share of failed items makes the run failed.';
comment on column jobs.definitions.enabled is
  'Whether pg_cron triggers it. A disabled job can still be dispatched by hand.';
comment on column jobs.definitions.enabled_at is
  'When it was registered, or last enabled again: runs are expected from then on.';

-- jobs/definitions/due_check_failures.sql

create table jobs.due_check_failures (
  job_name text not null,
  failures int not null default 1,
  failing_since timestamptz not null,
  last_failed_at timestamptz not null,
  slow boolean not null,
  error text not null,
  constraint due_check_failures_pkey primary key (job_name),
  constraint due_check_failures_job_name_fkey
    foreign key (job_name) references jobs.definitions (job_name)
    on delete cascade,
  constraint due_check_failures_failures_check
    check (failures > 0)
);

alter table jobs.due_check_failures enable row level security;

revoke all on table jobs.due_check_failures
  from public, anon, authenticated, service_role;

comment on table jobs.due_check_failures is
  'The jobs whose due check has failed since it last answered. Written by jobs.ask_due_check(); jobs.register() begins anew.';
comment on column jobs.due_check_failures.failures is
  'How often it has failed in a row.';
comment on column jobs.due_check_failures.slow is
  'Whether it took too long the last time, and was ended. It is then asked less often.';
comment on column jobs.due_check_failures.error is
  'What it raised the last time.';

-- jobs/definitions/unschedule.sql

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
  'Removes our pg_cron entry of that name. Idempotent: unlike cron.unschedule(), it does not raise for a missing entry.';

-- jobs/definitions/entry_owner.sql

create function jobs.entry_owner()
returns text
language sql
stable
set search_path = ''
as $function$
  select pg_get_userbyid(namespace.nspowner)::text
  from pg_catalog.pg_namespace as namespace
  where namespace.nspname = 'jobs';
$function$;

revoke all on function jobs.entry_owner()
  from public, anon, authenticated, service_role;

comment on function jobs.entry_owner() is
  'The role that pg_cron runs the jobs as: the owner of the schema jobs. An entry of the same name that belongs to '
  'another role is not ours.';

-- jobs/definitions/assert_entry_owner.sql

create function jobs.assert_entry_owner()
returns void
language plpgsql
stable
set search_path = ''
as $function$
begin
  if current_user <> jobs.entry_owner() then
    raise exception 'pg_cron runs the jobs as %, and an entry made by % would be a second one beside it',
      jobs.entry_owner(), current_user
      using
        errcode = 'insufficient_privilege',
        hint = format('Call it as that role: set role %I;', jobs.entry_owner());
  end if;
end
$function$;

revoke all on function jobs.assert_entry_owner()
  from public, anon, authenticated, service_role;

comment on function jobs.assert_entry_owner() is
  'Raises 42501 when the current role is another one than jobs.entry_owner(), such as a superuser: pg_cron keeps the entries '
  'of each role apart, so its cron.schedule() would start every job twice.';

-- jobs/definitions/dispatch_command.sql

create function jobs.dispatch_command(job_name text)
returns text
language sql
immutable
set search_path = ''
as $function$
  select format('select jobs.dispatch(%L, %L)', dispatch_command.job_name, 'cron');
$function$;

revoke all on function jobs.dispatch_command(text)
  from public, anon, authenticated, service_role;

comment on function jobs.dispatch_command(text) is
  'What pg_cron executes as the entry of a registered job.';

-- jobs/definitions/scheduled_entries.sql

create function jobs.scheduled_entries()
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select coalesce(
    jsonb_object_agg(entry.jobid, jsonb_build_array(entry.jobname, entry.schedule, entry.command, entry.active)),
    '{}'
  )
  from cron.job as entry
  where entry.username = jobs.entry_owner()
    and entry.database = current_database();
$function$;

revoke all on function jobs.scheduled_entries()
  from public, anon, authenticated, service_role;

comment on function jobs.scheduled_entries() is
  'The pg_cron entries of the role that runs the jobs, by their id: name, schedule, command, active. To compare before '
  'and after.';

-- jobs/definitions/other_entries.sql

create function jobs.other_entries(definition jobs.definitions)
returns text
language sql
stable
set search_path = ''
as $function$
  select string_agg(
    format('%s of %s (%s)', coalesce(other.jobname, 'entry ' || other.jobid), other.username, other.schedule),
    ', '
    order by other.jobid
  )
  from cron.job as other
  where other.active
    and other.database = current_database()
    and (
      other.jobname = (other_entries.definition).cron_job_name
      or (
        other.command ~ '\mjobs\.dispatch\M'
        and strpos(other.command, quote_literal((other_entries.definition).job_name)) > 0
      )
    )
    and (other.jobname, other.username)
      is distinct from ((other_entries.definition).cron_job_name, jobs.entry_owner());
$function$;

revoke all on function jobs.other_entries(jobs.definitions)
  from public, anon, authenticated, service_role;

comment on function jobs.other_entries(jobs.definitions) is
  'Active pg_cron entries that start the job besides its own, or have the name of its entry: a list for people, or null.';

-- jobs/definitions/checked_due_check.sql

create function jobs.checked_due_check(name text)
returns text
language plpgsql
stable
set search_path = ''
as $function$
declare
  parts text[];
  check_function record;
begin
  if checked_due_check.name is null then
    return null;
  end if;

  begin
    parts := parse_ident(checked_due_check.name);
  exception
    when invalid_parameter_value then
      parts := null;
  end;

  if cardinality(parts) is distinct from 2 then
    raise exception 'due_check is not the name of a function with its schema: %', checked_due_check.name
      using
        errcode = 'invalid_parameter_value',
        hint = 'It is of the form schema.function, without arguments.';
  end if;

  select
    routine.prokind = 'f' and not routine.proretset and routine.prorettype = 'boolean'::regtype as is_question,
    pg_get_function_result(routine.oid) as result
  into check_function
  from pg_catalog.pg_proc as routine
  join pg_catalog.pg_namespace as namespace
    on namespace.oid = routine.pronamespace
  where namespace.nspname = parts[1]
    and routine.proname = parts[2]
    and routine.proargtypes = array['timestamptz'::regtype::oid]::oidvector;

  if not found then
    raise exception 'due_check names a function that does not exist: %(timestamptz)', checked_due_check.name
      using
        errcode = 'undefined_function',
        hint = 'Create it first: a function (as_of timestamptz) that returns boolean.';
  end if;

  if not check_function.is_question then
    raise exception 'due_check names a function that does not return boolean: %(timestamptz) returns %',
      checked_due_check.name,
      coalesce(check_function.result, 'nothing')
      using errcode = 'invalid_function_definition';
  end if;

  return format('%I.%I', parts[1], parts[2]);
end
$function$;

revoke all on function jobs.checked_due_check(text)
  from public, anon, authenticated, service_role;

comment on function jobs.checked_due_check(text) is
  'Returns the name of a due check, quoted, when there is a function of that name that takes one timestamptz and returns '
  'one boolean; null for null. Raises 22023 for what is no name with a schema, 42883 for a function that does not exist, '
  'and 42P13 for one that returns anything else.';

-- jobs/definitions/checked_ping_url.sql

create function jobs.checked_ping_url(url text)
returns text
language plpgsql
immutable
set search_path = ''
as $function$
declare
  scheme text;
  host text;
  port text;
  octet constant text := '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
  label constant text := '[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?';
  is_loopback boolean;
  is_public_name boolean;
begin
  if checked_ping_url.url is null then
    return null;
  end if;

  -- Only what every parser reads in the same way, as jobs.checked_functions_url().
  select lower(part[1]), lower(part[2]), part[4]
  into scheme, host, port
  from regexp_match(
    checked_ping_url.url,
    '^([Hh][Tt][Tt][Pp][Ss]?)://([A-Za-z0-9._-]+|\[::1\])(:([0-9]{1,5}))?(/[A-Za-z0-9._~%/?&=:@!$''()*+,;-]*)?$'
  ) as part;

  is_loopback := host in ('localhost', '[::1]')
    or host ~ format('^127(\.%s){3}$', octet);
  is_public_name := host ~ format('^(%s\.)+[a-z]([a-z0-9-]*[a-z0-9])?\.?$', label)
    and host !~ '\.(internal|local|localhost)\.?$';

  if scheme is null
    or port::int not between 1 and 65535
    or length(checked_ping_url.url) > 1000
    or not (is_loopback or is_public_name) then
    raise exception 'ping_url is not the plain address of a public host'
      using
        errcode = 'invalid_parameter_value',
        hint = 'It is of the form https://hc-ping.com/<id>, with a name and not a number as host, and without a user '
          'name or a fragment.';
  end if;

  if scheme = 'http' and not is_loopback then
    raise exception 'ping_url must begin with https://'
      using
        errcode = 'invalid_parameter_value',
        hint = 'Anyone who can read the address can send the ping. http:// is for a host of this machine only.';
  end if;

  return checked_ping_url.url;
end
$function$;

revoke all on function jobs.checked_ping_url(text)
  from public, anon, authenticated, service_role;

comment on function jobs.checked_ping_url(text) is
  'Returns the address when a ping may be sent to it: https to a public name, or http to loopback. It is parsed: a scheme, '
  'a host, at most a port, a path and a query. A host that is a number or a private name is refused. Null for null. Raises '
  '22023 otherwise, without the address, which may be a secret.';

-- jobs/definitions/schedule_job.sql

create function jobs.schedule_job(job_name text)
returns void
language sql
set search_path = ''
as $function$
  select jobs.assert_entry_owner();

  select cron.alter_job(
    job_id => cron.schedule(
      job_name => definition.cron_job_name,
      schedule => definition.schedule,
      command => jobs.dispatch_command(definition.job_name)
    ),
    active => definition.enabled and not jobs.is_paused(definition.job_name)
  )
  from jobs.definitions as definition
  where definition.job_name = schedule_job.job_name;
$function$;

revoke all on function jobs.schedule_job(text)
  from public, anon, authenticated, service_role;

comment on function jobs.schedule_job(text) is
  'Schedules a registered job in pg_cron as it is registered, or brings its entry up to date. The entry of a job that is '
  'paused or disabled is inactive. Idempotent. Raises 42501 for another role than jobs.entry_owner().';

-- jobs/definitions/register.sql

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

-- jobs/definitions/unregister.sql

create function jobs.unregister(job_name text)
returns void
language sql
set search_path = ''
as $function$
  update jobs.actions as action
  set ended_at = greatest(now(), action.requested_at)
  where action.job_name = unregister.job_name
    and action.action in ('pause', 'snooze')
    and action.ended_at is null;

  select jobs.unschedule(definition.cron_job_name)
  from jobs.definitions as definition
  where definition.job_name = unregister.job_name;

  delete from jobs.definitions as definition
  where definition.job_name = unregister.job_name;
$function$;

revoke all on function jobs.unregister(text)
  from public, anon, authenticated, service_role;

comment on function jobs.unregister(text) is
  'Removes a job''s definition and its pg_cron entry, and ends its pause and its snooze. Its runs stay in jobs_log. '
  'Idempotent.';

-- jobs/definitions/setting.sql

create function jobs.setting(name text)
returns text
language plpgsql
stable
security definer
set search_path = ''
as $function$
declare
  found_value text;
  is_in_vault boolean := false;
  problem text;
  problem_state text;
begin
  begin
    -- Dynamic, because a self-hosted database may have no Vault.
    if to_regclass('vault.decrypted_secrets') is not null then
      execute 'select secret.decrypted_secret, true from vault.decrypted_secrets as secret where secret.name = $1'
      into found_value, is_in_vault
      using setting.name;
    end if;
  exception
    when others then
      get stacked diagnostics
        problem = message_text,
        problem_state = returned_sqlstate;
  end;

  found_value := coalesce(
    nullif(btrim(found_value, E' \t\r\n\f\u000b\u00a0\ufeff'), ''),
    nullif(btrim(current_setting('app.' || setting.name, true), E' \t\r\n\f\u000b\u00a0\ufeff'), '')
  );

  if found_value is null and problem is not null then
    raise exception 'Vault cannot be read, so the setting % is not known (% %)', setting.name, problem_state, problem
      using
        errcode = 'object_not_in_prerequisite_state',
        hint = 'Its root key has changed, or this role may not use it. Store the setting again.';
  end if;

  if found_value is null then
    raise exception 'the setting % is missing', setting.name
      using
        errcode = 'undefined_object',
        hint = case
          when is_in_vault then
            format(
              'It is empty. Set it: select vault.update_secret(id, ''<value>'') from vault.secrets where name = %L;',
              setting.name
            )
          else format('Add it to Vault: select vault.create_secret(''<value>'', %L);', setting.name)
        end;
  end if;

  if found_value ~ '[[:cntrl:]]' then
    raise exception 'the setting % contains a line break or another control character', setting.name
      using
        errcode = 'invalid_parameter_value',
        hint = 'It is sent in an HTTP header. Store it again without the character.';
  end if;

  if setting.name = 'jobs_api_key' and length(found_value) < 16 then
    raise exception 'the setting jobs_api_key has fewer than 16 characters'
      using
        errcode = 'invalid_parameter_value',
        hint = 'Choose a long random key, and set it as JOBS_API_KEY of the functions too.';
  end if;

  return found_value;
end
$function$;

revoke all on function jobs.setting(text)
  from public, anon, authenticated, service_role;

comment on function jobs.setting(text) is
  'A setting by name (functions_url, jobs_api_key): from Supabase Vault, else from the database setting app.<name>. '
  'Surrounding white space is dropped. Raises undefined_object (42704) when it is missing or blank, '
  'object_not_in_prerequisite_state (55000) when Vault cannot be read and has to be, and invalid_parameter_value (22023) '
  'when it holds a control character, or is a jobs_api_key of fewer than 16 characters. The value is never in the error.';

-- jobs/definitions/optional_setting.sql

create function jobs.optional_setting(name text)
returns text
language plpgsql
stable
set search_path = ''
as $function$
begin
  return jobs.setting(optional_setting.name);
exception
  when undefined_object then
    return null;
end
$function$;

revoke all on function jobs.optional_setting(text)
  from public, anon, authenticated, service_role;

comment on function jobs.optional_setting(text) is
  'A setting as jobs.setting() returns it, or null when it is missing. Raises 22023 when it cannot be used.';

-- jobs/definitions/max_runtime.sql

create function jobs.max_runtime(job_name text)
returns interval
language sql
stable
set search_path = ''
as $function$
  select coalesce(
    (
      select definition.max_runtime
      from jobs.definitions as definition
      where definition.job_name = max_runtime.job_name
    ),
    (jobs.defaults()).max_runtime
  );
$function$;

revoke all on function jobs.max_runtime(text)
  from public, anon, authenticated, service_role;

comment on function jobs.max_runtime(text) is
  'How long a run of the job may take: as registered, or jobs.defaults() for a job that is not.';

-- ==========================================================================
-- 7. Actions
--
-- What people ask of the jobs, with who asked and why.
-- Locks: a trigger on public.jobs_log.
-- ==========================================================================

-- jobs/actions/checked_reason.sql

create function jobs.checked_reason(reason text)
returns text
language plpgsql
immutable
set search_path = ''
as $function$
declare
  trimmed text := btrim(regexp_replace(checked_reason.reason, '[[:cntrl:][:space:]]+', ' ', 'g'));
begin
  if coalesce(trimmed, '') = '' then
    raise exception 'a reason is required: anyone who reads it later has to know why'
      using errcode = 'invalid_parameter_value';
  end if;
  if length(trimmed) > 500 then
    raise exception 'a reason has at most 500 characters, this one has %', length(trimmed)
      using errcode = 'invalid_parameter_value';
  end if;
  return trimmed;
end
$function$;

revoke all on function jobs.checked_reason(text)
  from public, anon, authenticated, service_role;

comment on function jobs.checked_reason(text) is
  'Returns the reason of an action as one line. Raises an error when it is empty or longer than 500 characters.';

-- jobs/actions/action_as_json.sql

create function jobs.action_as_json(
  action jobs.actions,
  changed boolean default true
)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select jsonb_build_object(
    'action', (action_as_json.action).action,
    'job_name', (action_as_json.action).job_name,
    'run_id', (action_as_json.action).run_id,
    'channel', (action_as_json.action).channel,
    'reason', (action_as_json.action).reason,
    'requested_by', (action_as_json.action).requested_by,
    'requested_at', (action_as_json.action).requested_at,
    'until', (action_as_json.action).until,
    'ended_at', (action_as_json.action).ended_at,
    'changed', action_as_json.changed
  ) || case (action_as_json.action).action
    when 'reschedule' then
      jsonb_build_object(
        'schedule', (action_as_json.action).schedule,
        'former_schedule', (action_as_json.action).former_schedule
      )
    else '{}'
  end;
$function$;

revoke all on function jobs.action_as_json(jobs.actions, boolean)
  from public, anon, authenticated, service_role;

comment on function jobs.action_as_json(jobs.actions, boolean) is
  'What the functions for actions return: {action, job_name, run_id, channel, reason, requested_by, requested_at, until, '
  'ended_at, changed}, and of a reschedule schedule and former_schedule. changed is false when all was so already.';

-- jobs/actions/lock_definition.sql

create function jobs.lock_definition(job_name text)
returns jobs.definitions
language plpgsql
set search_path = ''
as $function$
declare
  definition jobs.definitions;
begin
  select *
  into definition
  from jobs.definitions as registered
  where registered.job_name = lock_definition.job_name
  for update;

  if not found then
    raise exception 'there is no job %', coalesce(lock_definition.job_name, 'null')
      using
        errcode = 'PT404',
        hint = 'select job_name from jobs.definitions lists the registered jobs.';
  end if;

  return definition;
end
$function$;

revoke all on function jobs.lock_definition(text)
  from public, anon, authenticated, service_role;

comment on function jobs.lock_definition(text) is
  'Locks the definition of a job until the transaction ends and returns it. Raises PT404 for a job that is not registered.';

-- jobs/actions/replace_action.sql

create function jobs.replace_action(
  job_name text,
  action text,
  reason text,
  until timestamptz,
  requested_by text,
  as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  requested jobs.actions;
begin
  select *
  into requested
  from jobs.actions as former
  where former.job_name = replace_action.job_name
    and former.action = replace_action.action
    and former.ended_at is null
  for update;

  if requested.reason = replace_action.reason
    and requested.until is not distinct from replace_action.until
    and (requested.until > replace_action.as_of) is not false then
    return jobs.action_as_json(requested, changed => false);
  end if;

  update jobs.actions as former
  set ended_at = greatest(replace_action.as_of, former.requested_at)
  where former.id = requested.id;

  insert into jobs.actions (action, job_name, reason, requested_by, requested_at, until)
  values (
    replace_action.action,
    replace_action.job_name,
    replace_action.reason,
    replace_action.requested_by,
    replace_action.as_of,
    replace_action.until
  )
  returning *
  into requested;

  return jobs.action_as_json(requested);
end
$function$;

revoke all on function jobs.replace_action(text, text, text, timestamptz, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.replace_action(text, text, text, timestamptz, text, timestamptz) is
  'Puts a pause or snooze into force, in place of the one that is. Idempotent: with the same reason and end nothing '
  'changes. Returns the one that is in force.';

-- jobs/actions/follow_pause.sql

create function jobs.follow_pause(job_name text)
returns void
language sql
set search_path = ''
as $function$
  select cron.alter_job(
    job_id => entry.jobid,
    active => definition.enabled and not jobs.is_paused(definition.job_name)
  )
  from jobs.definitions as definition
  join cron.job as entry
    on entry.jobname = definition.cron_job_name
    and entry.username = jobs.entry_owner()
    and entry.database = current_database()
  where definition.job_name = follow_pause.job_name;
$function$;

revoke all on function jobs.follow_pause(text)
  from public, anon, authenticated, service_role;

comment on function jobs.follow_pause(text) is
  'Makes the pg_cron entry of a job inactive while the job is paused, and active again afterwards. Idempotent.';

-- jobs/actions/pause.sql

create function jobs.pause(
  job_name text,
  reason text,
  until timestamptz default null,
  requested_by text default session_user,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  checked_reason text := jobs.checked_reason(pause.reason);
  paused jsonb;
begin
  if not isfinite(pause.until) or pause.until <= pause.as_of then
    raise exception 'until must be an instant in the future, not %', pause.until
      using errcode = 'invalid_parameter_value';
  end if;

  perform jobs.lock_definition(pause.job_name);
  paused := jobs.replace_action(
    job_name => pause.job_name,
    action => 'pause',
    reason => checked_reason,
    until => pause.until,
    requested_by => pause.requested_by,
    as_of => pause.as_of
  );
  perform jobs.follow_pause(pause.job_name);
  return paused;
end
$function$;

revoke all on function jobs.pause(text, text, timestamptz, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.pause(text, text, timestamptz, text, timestamptz) is
  'Pauses a job: its pg_cron entry becomes inactive, missed runs are neither reported nor caught up. A run that is under '
  'way goes on, and the job can still be dispatched by hand. '
  'Defaults: until jobs.resume() is called; requested_by the role that is connected. With until the supervisor resumes it '
  'within a minute of that instant. '
  'Idempotent; another reason or end replaces the former. Raises PT404 for a job that is not registered. '
  'Returns the action, as jobs.action_as_json().';

-- jobs/actions/resume.sql

create function jobs.resume(
  job_name text,
  reason text default null,
  requested_by text default session_user,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  checked_reason text := case when resume.reason is not null then jobs.checked_reason(resume.reason) end;
  paused jobs.actions;
  resumed jobs.actions;
begin
  perform jobs.lock_definition(resume.job_name);
  paused := jobs.action_in_force(resume.job_name, 'pause');

  resumed.action := 'resume';
  resumed.job_name := resume.job_name;
  resumed.reason := checked_reason;
  resumed.requested_by := resume.requested_by;
  resumed.requested_at := resume.as_of;

  if paused.id is null then
    return jobs.action_as_json(resumed, changed => false);
  end if;

  update jobs.actions as requested
  set ended_at = greatest(resume.as_of, requested.requested_at)
  where requested.id = paused.id;

  insert into jobs.actions (action, job_name, reason, requested_by, requested_at)
  values (resumed.action, resumed.job_name, resumed.reason, resumed.requested_by, resumed.requested_at);

  -- Runs are expected from now on.
  update jobs.definitions as definition
  set enabled_at = resume.as_of
  where definition.job_name = resume.job_name;

  perform jobs.follow_pause(resume.job_name);
  return jobs.action_as_json(resumed);
end
$function$;

revoke all on function jobs.resume(text, text, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.resume(text, text, text, timestamptz) is
  'Ends the pause of a job: its pg_cron entry becomes active, and runs are expected from now on. '
  'Idempotent: of a job that is not paused it changes nothing. Raises PT404 for a job that is not registered. '
  'Returns the action, as jobs.action_as_json().';

-- jobs/actions/reschedule.sql

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

-- jobs/actions/cancellation_text.sql

create function jobs.cancellation_text(run_id uuid)
returns text
language sql
stable
set search_path = ''
as $function$
  select format('cancelled by %s because: %s', cancellation.requested_by, cancellation.reason)
  from jobs.actions as cancellation
  where cancellation.run_id = cancellation_text.run_id
    and cancellation.action = 'cancel';
$function$;

revoke all on function jobs.cancellation_text(uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.cancellation_text(uuid) is
  'Who cancelled a run and why, as part of a sentence; null for a run that nobody has cancelled.';

-- jobs/actions/is_cancelled.sql

create function jobs.is_cancelled(run public.jobs_log)
returns boolean
language sql
immutable
set search_path = ''
as $function$
  select (is_cancelled.run).status = 'failed' and (is_cancelled.run).is_cancelled;
$function$;

revoke all on function jobs.is_cancelled(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.is_cancelled(public.jobs_log) is
  'Whether a run ended because somebody cancelled it.';

-- jobs/actions/act_on_cancellation.sql

create function jobs.act_on_cancellation()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
declare
  cancelled text := jobs.cancellation_text(new.id);
begin
  if cancelled is null then
    return new;
  end if;

  new.status := 'failed';
  new.is_cancelled := true;
  new.completed_at := greatest(clock_timestamp(), new.started_at);
  new.error_message := format(
    'Run %s. %s records had been updated%s; those changes stay.',
    cancelled,
    coalesce(new.records_updated, 0),
    case
      when new.items_total is not null
        then format(' and %s of %s items processed', coalesce(new.items_processed, 0), new.items_total)
    end
  );

  update jobs.actions as cancellation
  set ended_at = greatest(new.completed_at, cancellation.requested_at)
  where cancellation.run_id = new.id
    and cancellation.action = 'cancel';
  return new;
end
$function$;

revoke all on function jobs.act_on_cancellation()
  from public, anon, authenticated, service_role;

comment on function jobs.act_on_cancellation() is
  'Trigger of public.jobs_log: whatever is written to the row of a running run that was cancelled ends it as failed. So a '
  'batch that has the row when the run is cancelled ends the run as it lets go of it. '
  'Security definer, because roles that log runs have no access to the schema jobs.';

-- Before all other triggers, which go by the name, because they look at the status.
create trigger act_on_cancellation
  before update on public.jobs_log
  for each row
  when (old.status = 'running')
  execute function jobs.act_on_cancellation();

-- jobs/actions/end_cancelled_run.sql

create function jobs.end_cancelled_run(run_id uuid)
returns void
language sql
set search_path = ''
as $function$
  -- The trigger act_on_cancellation writes the rest.
  update public.jobs_log as run
  set status = 'failed'
  where run.id in (
    select cancelled.id
    from public.jobs_log as cancelled
    where cancelled.id = end_cancelled_run.run_id
      and cancelled.status = 'running'
    -- The batch that has the row ends the run.
    for update skip locked
  );
$function$;

revoke all on function jobs.end_cancelled_run(uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.end_cancelled_run(uuid) is
  'Ends a run that was cancelled, unless a batch has its row at the moment. Idempotent.';

-- jobs/actions/cancel_run.sql

create function jobs.cancel_run(
  run_id uuid,
  reason text,
  requested_by text default session_user,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  checked_reason text := jobs.checked_reason(cancel_run.reason);
  -- Without its lock: a batch may have it for a minute.
  run public.jobs_log;
  cancellation jobs.actions;
  is_new boolean;
begin
  select *
  into run
  from public.jobs_log as logged
  where logged.id = cancel_run.run_id;

  if not found then
    raise exception 'there is no run %', coalesce(cancel_run.run_id::text, 'null')
      using errcode = 'PT404';
  end if;
  if run.status <> 'running' and not jobs.is_cancelled(run) then
    raise exception 'run % cannot be cancelled, because it has ended: %', run.id, run.status
      using errcode = 'PT409';
  end if;

  insert into jobs.actions (action, job_name, run_id, reason, requested_by, requested_at)
  values (
    'cancel', run.job_name, run.id, checked_reason, cancel_run.requested_by, cancel_run.as_of
  )
  on conflict do nothing;
  is_new := found;

  perform jobs.end_cancelled_run(run.id);

  select *
  into run
  from public.jobs_log as logged
  where logged.id = run.id;

  -- It has ended by itself in the meantime.
  if run.status = 'success' then
    raise exception 'run % cannot be cancelled, because it has ended: %', run.id, run.status
      using errcode = 'PT409';
  end if;

  select *
  into cancellation
  from jobs.actions as noted
  where noted.run_id = run.id
    and noted.action = 'cancel';

  return jobs.action_as_json(cancellation, changed => is_new);
end
$function$;

revoke all on function jobs.cancel_run(uuid, text, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.cancel_run(uuid, text, text, timestamptz) is
  'Cancels a running run. It is noted at once and ends the run as failed: at once, or when the batch in hand lets go of '
  'its row (then ended_at is null). The function stops at its next call, which is refused with PT409. What the run has '
  'changed stays. A cancelled run notifies job_failure, but alerts nobody and is not caught up: the next tick starts the '
  'job again. '
  'Idempotent: the first reason stays. Raises PT404 for an unknown run and PT409 for one that has ended. '
  'Returns the action, as jobs.action_as_json().';

-- ==========================================================================
-- 8. The life of a run
--
-- The state of a run is its row in jobs_log and nothing else. So a run survives
-- lost answers, retries and killed processes.
-- Locks: nothing that exists.
-- ==========================================================================

-- jobs/runs/run_workers.sql

create table jobs.run_workers (
  run_id uuid not null,
  token uuid,
  dispatched_at timestamptz,
  heard_at timestamptz,
  -- No foreign key: with one, an owner could not truncate jobs_log.
  constraint run_workers_pkey primary key (run_id)
);

alter table jobs.run_workers enable row level security;

revoke all on table jobs.run_workers
  from public, anon, authenticated, service_role;

comment on table jobs.run_workers is
  'Who works on a running run: one row per run that a function has taken over, or that waits for one. Deleted when the '
  'run ends.';
comment on column jobs.run_workers.token is
  'What the function called start_job_run() with. Null: no function has taken the run over yet.';
comment on column jobs.run_workers.dispatched_at is
  'When jobs.dispatch() called a function that did not answer in time; null for a run that its function started.';
comment on column jobs.run_workers.heard_at is
  'When the function last said that it is at work, without counts. Apart from jobs_log.last_progress_at, because a batch '
  'may hold the row of the run for a minute.';

-- jobs/runs/why_dead.sql

create function jobs.why_dead(
  run public.jobs_log,
  as_of timestamptz default now()
)
returns text
language sql
stable
set search_path = ''
as $function$
  select case
    when (why_dead.run).status <> 'running' then
      null
    when (why_dead.run).started_at <= why_dead.as_of - jobs.max_runtime((why_dead.run).job_name) then
      format(
        'The run was still not finished after %s, the longest it may take (max_runtime). '
        'Its process was probably killed, or the database was restarted.',
        jobs.max_runtime((why_dead.run).job_name)
      )
    when worker.heard_at <= why_dead.as_of - interval '1 minute' then
      format(
        'The run had reported its progress every few seconds, and then not for %s. '
        'Its process was probably killed, or cannot reach the database.',
        date_trunc('second', why_dead.as_of - worker.heard_at)
      )
    -- An Edge Function starts within seconds, and tries for a minute and a half
    -- to reach the database.
    when worker.awaited_since <= why_dead.as_of - interval '2 minutes' then
      format(
        'The function was called and did not answer, and it has not begun the run within %s. '
        'See the log of the function.',
        date_trunc('second', why_dead.as_of - worker.awaited_since)
      )
    -- Clocks that a failover has set back by less are no reason to end a run.
    when (why_dead.run).started_at > why_dead.as_of + interval '1 minute' then
      format(
        'The run was logged as running with a start in the future, %s, and no run of the job could start before it '
        'was over.',
        (why_dead.run).started_at
      )
  end
  from (
    select
      greatest((why_dead.run).last_progress_at, max(present.heard_at)) as heard_at,
      max(present.dispatched_at) filter (where present.token is null) as awaited_since
    from jobs.run_workers as present
    where present.run_id = (why_dead.run).id
  ) as worker;
$function$;

revoke all on function jobs.why_dead(public.jobs_log, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.why_dead(public.jobs_log, timestamptz) is
  'Why a running run is dead and has to be ended: a sentence for its error_message, or null while it may be alive.';

-- jobs/runs/reap_runs.sql

create function jobs.reap_runs(
  job_name text default null,
  as_of timestamptz default now()
)
returns setof uuid
language sql
set search_path = ''
as $function$
  update public.jobs_log as run
  set
    status = 'failed',
    -- What began in the future would not be the job's last run before then.
    started_at = least(run.started_at, reap_runs.as_of),
    completed_at = reap_runs.as_of,
    error_message = format(
      '%s %s records had been updated%s; those changes stay.',
      jobs.why_dead(run, reap_runs.as_of),
      coalesce(run.records_updated, 0),
      case
        when run.items_total is not null
          then format(' and %s of %s items processed', coalesce(run.items_processed, 0), run.items_total)
      end
    )
  where run.id in (
    select dead.id
    from public.jobs_log as dead
    where dead.status = 'running'
      and (reap_runs.job_name is null or dead.job_name = reap_runs.job_name)
      and jobs.why_dead(dead, reap_runs.as_of) is not null
    -- A locked row belongs to a batch at work, so the run is alive.
    for update skip locked
  )
  returning run.id;
$function$;

revoke all on function jobs.reap_runs(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.reap_runs(text, timestamptz) is
  'Marks dead runs failed (jobs.why_dead), such as those that are older than their job''s max_runtime: of one job, or '
  '(default) of all. '
  'A run whose row is locked by a batch at work is left for the next call. '
  'What the runs changed stays and stays counted. Idempotent. Returns the ids of the reaped runs.';

-- jobs/runs/start_locks.sql

create table jobs.start_locks (
  job_name text not null,
  constraint start_locks_pkey primary key (job_name)
);

alter table jobs.start_locks enable row level security;

revoke all on table jobs.start_locks
  from public, anon, authenticated, service_role;

comment on table jobs.start_locks is
  'One row per job that was ever started, registered or not. start_job_run() locks it while it looks for a running run '
  'and starts one. A table, because any role that can send a query can hold an advisory lock.';

-- jobs/runs/lock_starts.sql

create function jobs.lock_starts(job_name text)
returns interval
language plpgsql
set search_path = ''
as $function$
declare
  asked_at timestamptz;
begin
  perform 1
  from jobs.start_locks as start_lock
  where start_lock.job_name = lock_starts.job_name
  for update skip locked;

  if found then
    return interval '0';
  end if;

  asked_at := clock_timestamp();

  insert into jobs.start_locks (job_name)
  values (lock_starts.job_name)
  on conflict on constraint start_locks_pkey do nothing;

  -- The first start of the job: there was nothing to wait for.
  if found then
    return interval '0';
  end if;

  perform 1
  from jobs.start_locks as start_lock
  where start_lock.job_name = lock_starts.job_name
  for update;

  return clock_timestamp() - asked_at;
end
$function$;

revoke all on function jobs.lock_starts(text)
  from public, anon, authenticated, service_role;

comment on function jobs.lock_starts(text) is
  'Locks the starts of a job until the transaction ends: two callers that both see no running run would both start one. '
  'Returns how long it waited for another caller.';

-- jobs/runs/take_over_run.sql

create function jobs.take_over_run(
  run_id uuid,
  token uuid,
  as_of timestamptz default now()
)
returns boolean
language plpgsql
set search_path = ''
as $function$
declare
  worker jobs.run_workers;
begin
  select *
  into worker
  from jobs.run_workers as present
  where present.run_id = take_over_run.run_id
  for update;

  -- The starts of the job are locked, so nobody else comes in between.
  if worker.token is not null or take_over_run.token is null then
    return worker.token is not distinct from take_over_run.token;
  end if;

  insert into jobs.run_workers as present (run_id, token, heard_at)
  values (take_over_run.run_id, take_over_run.token, take_over_run.as_of)
  on conflict on constraint run_workers_pkey do update
  set
    token = excluded.token,
    heard_at = excluded.heard_at;

  update public.jobs_log as run
  set
    -- What waited for its function begins now.
    started_at = case
      when worker.dispatched_at is not null then greatest(run.started_at, take_over_run.as_of)
      else run.started_at
    end,
    last_progress_at = greatest(run.last_progress_at, take_over_run.as_of)
  where run.id = take_over_run.run_id
    and run.status = 'running';

  return found;
end
$function$;

revoke all on function jobs.take_over_run(uuid, uuid, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.take_over_run(uuid, uuid, timestamptz) is
  'Gives a running run to the worker with this token, if it has no worker yet, and says whether it is this worker''s. Without '
  'a token: whether the run has no worker with one. A run that waited for its function begins at as_of. '
  'The caller has locked the starts of the job (jobs.lock_starts).';

-- jobs/runs/start_job_run.sql

create function public.start_job_run(
  job_name text,
  run_id uuid default gen_random_uuid(),
  trigger_source text default 'manual',
  as_of timestamptz default now(),
  token uuid default null
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
declare
  holder public.jobs_log;
  acquired boolean;
  waited interval;
  began_at timestamptz;
  longest interval := jobs.max_runtime(start_job_run.job_name);
begin
  if nullif(btrim(start_job_run.job_name), '') is null then
    raise exception 'job_name is required'
      using errcode = 'invalid_parameter_value';
  end if;

  -- An older snapshot would not see the run that another caller has just started.
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception 'start_job_run needs the isolation level read committed'
      using errcode = 'invalid_transaction_state';
  end if;

  waited := jobs.lock_starts(start_job_run.job_name);
  began_at := case
    when waited > interval '0' and start_job_run.as_of = now() then clock_timestamp()
    else start_job_run.as_of + waited
  end;

  select *
  into holder
  from public.jobs_log as run
  where run.id = start_job_run.run_id;

  if found then
    if holder.job_name <> start_job_run.job_name then
      raise exception 'run % belongs to the job %', start_job_run.run_id, holder.job_name
        using errcode = 'PT409';
    end if;
    acquired := holder.status = 'running'
      and jobs.take_over_run(holder.id, start_job_run.token, began_at);
    if acquired then
      select *
      into holder
      from public.jobs_log as run
      where run.id = start_job_run.run_id;
    end if;
  else
    perform jobs.reap_runs(start_job_run.job_name, began_at);

    select *
    into holder
    from public.jobs_log as run
    where run.job_name = start_job_run.job_name
      and run.status = 'running'
    order by run.started_at
    limit 1;

    acquired := not found;
    if acquired then
      insert into public.jobs_log (id, job_name, started_at, status, trigger_source)
      values (
        coalesce(start_job_run.run_id, gen_random_uuid()),
        start_job_run.job_name,
        began_at,
        'running',
        start_job_run.trigger_source
      )
      returning *
      into holder;

      perform jobs.take_over_run(holder.id, start_job_run.token, began_at);
    end if;
  end if;

  return jsonb_build_object(
    'acquired', acquired and holder.status = 'running',
    'run_id', holder.id,
    'status', holder.status,
    'started_at', holder.started_at,
    'max_runtime_seconds', extract(epoch from longest)::int,
    'remaining_seconds', extract(epoch from holder.started_at + longest - began_at)::numeric(20, 3)
  );
end
$function$;

revoke all on function public.start_job_run(text, uuid, text, timestamptz, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.start_job_run(text, uuid, text, timestamptz, uuid)
  to service_role;

comment on function public.start_job_run(text, uuid, text, timestamptz, uuid) is
  'Starts a run, unless the job is running already: single flight per job name. '
  'Runs that are older than max_runtime are reaped first, so that a killed run does not block the next one. '
  'Defaults: a new run id, trigger_source manual, as_of now(), no token. A start that waits for another one begins after '
  'the wait. '
  'Idempotent per run id and token. The token is made by the caller, one per worker: the first to come takes the run over, '
  'also one that jobs.dispatch() left running. Called again with the same token it returns the same run, acquired; with '
  'another token the run is not acquired. A worker with a token reports its progress (report_job_progress), or the run is '
  'ended after a minute of silence. Callers without a token count as one worker, as long as no token has come. '
  'Returns {acquired, run_id, status, started_at, max_runtime_seconds, remaining_seconds}, the last being what is left of '
  'max_runtime, negative when it is over. If not acquired, run_id is the run that is running, or this run if it has ended '
  'before (see status; finish_job_run returns its result).';

-- jobs/runs/lock_run.sql

create function jobs.lock_run(run_id uuid)
returns public.jobs_log
language plpgsql
set search_path = ''
as $function$
declare
  run public.jobs_log;
begin
  select *
  into run
  from public.jobs_log as logged
  where logged.id = lock_run.run_id
  for update;

  if not found then
    raise exception 'there is no run %', lock_run.run_id
      using errcode = 'PT404';
  end if;

  return run;
end
$function$;

revoke all on function jobs.lock_run(uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.lock_run(uuid) is
  'Locks the row of a run until the transaction ends and returns it. Raises PT404 for an unknown run.';

-- jobs/runs/assert_running.sql

create function jobs.assert_running(run public.jobs_log)
returns void
language plpgsql
stable
set search_path = ''
as $function$
declare
  cancelled text := jobs.cancellation_text(run.id);
begin
  if cancelled is not null and run.status <> 'success' then
    raise exception 'run % was %', run.id, cancelled
      using errcode = 'PT409';
  end if;

  if run.status <> 'running' then
    raise exception 'run % is not running any more: %', run.id, run.status
      using
        errcode = 'PT409',
        detail = coalesce(run.error_message, '');
  end if;
end
$function$;

revoke all on function jobs.assert_running(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.assert_running(public.jobs_log) is
  'Raises PT409 for a run that was cancelled or is not running any more (reaped, for instance).';

-- jobs/runs/lock_running_run.sql

create function jobs.lock_running_run(run_id uuid)
returns public.jobs_log
language plpgsql
set search_path = ''
as $function$
declare
  run public.jobs_log := jobs.lock_run(lock_running_run.run_id);
begin
  perform jobs.assert_running(run);
  return run;
end
$function$;

revoke all on function jobs.lock_running_run(uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.lock_running_run(uuid) is
  'Locks the row of a running run until the transaction ends and returns it. '
  'Raises PT404 for an unknown run and PT409 for one that was cancelled or is not running any more (reaped, for instance).';

-- jobs/runs/running_run.sql

create function jobs.running_run(run_id uuid)
returns public.jobs_log
language plpgsql
stable
set search_path = ''
as $function$
declare
  run public.jobs_log;
begin
  select *
  into run
  from public.jobs_log as logged
  where logged.id = running_run.run_id;

  if not found then
    raise exception 'there is no run %', running_run.run_id
      using errcode = 'PT404';
  end if;

  perform jobs.assert_running(run);
  return run;
end
$function$;

revoke all on function jobs.running_run(uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.running_run(uuid) is
  'Returns the row of a running run without locking it, for functions that only read. '
  'Raises PT404 for an unknown run and PT409 for one that was cancelled or is not running any more (reaped, for instance).';

-- jobs/runs/hear_from_run.sql

create function jobs.hear_from_run(
  run_id uuid,
  as_of timestamptz default now()
)
returns public.jobs_log
language plpgsql
set search_path = ''
as $function$
declare
  -- Without its lock: a batch may have it for a minute.
  run public.jobs_log;
begin
  select *
  into run
  from public.jobs_log as logged
  where logged.id = hear_from_run.run_id;

  if not found then
    raise exception 'there is no run %', hear_from_run.run_id
      using errcode = 'PT404';
  end if;
  perform jobs.assert_running(run);

  insert into jobs.run_workers as worker (run_id, heard_at)
  values (run.id, hear_from_run.as_of)
  on conflict on constraint run_workers_pkey do update
  set heard_at = greatest(worker.heard_at, excluded.heard_at);

  return run;
end
$function$;

revoke all on function jobs.hear_from_run(uuid, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.hear_from_run(uuid, timestamptz) is
  'Notes that the function of a running run is at work, also while a batch holds the row of the run. Returns the run. '
  'Raises PT404 for an unknown run and PT409 for one that is not running any more, or was cancelled.';

-- jobs/runs/report_job_progress.sql

create function public.report_job_progress(
  run_id uuid,
  items_total int default null,
  items_processed int default null,
  items_failed int default 0,
  errors jsonb default null,
  records_updated int default null,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
declare
  run public.jobs_log;
begin
  if num_nonnulls(
    report_job_progress.items_total,
    report_job_progress.items_processed,
    report_job_progress.records_updated,
    report_job_progress.errors
  ) = 0 then
    run := jobs.hear_from_run(report_job_progress.run_id, report_job_progress.as_of);
  else
    run := jobs.lock_running_run(report_job_progress.run_id);

    -- A report that arrives late lowers no count.
    update public.jobs_log as logged
    set
      items_total = greatest(run.items_total, report_job_progress.items_total),
      items_processed = greatest(run.items_processed, report_job_progress.items_processed),
      items_failed = greatest(run.items_failed, report_job_progress.items_failed),
      records_updated = greatest(run.records_updated, report_job_progress.records_updated),
      last_progress_at = greatest(run.last_progress_at, report_job_progress.as_of),
      errors = case
        when jsonb_array_length(report_job_progress.errors) > coalesce(jsonb_array_length(run.errors), 0)
          then report_job_progress.errors
        else run.errors
      end
    where logged.id = run.id
    returning *
    into run;
  end if;

  return jsonb_build_object(
    'items_total', run.items_total,
    'items_processed', run.items_processed,
    'items_failed', run.items_failed,
    'records_updated', coalesce(run.records_updated, 0)
  );
end
$function$;

revoke all on function public.report_job_progress(uuid, int, int, int, jsonb, int, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.report_job_progress(uuid, int, int, int, jsonb, int, timestamptz)
  to service_role;

comment on function public.report_job_progress(uuid, int, int, int, jsonb, int, timestamptz) is
  'Writes the progress of a running run to its log row. The counts cover the run so far, not the last step, and never go '
  'down: a report may be repeated or arrive late. errors is the list of the run so far, too. '
  'Report at least every 30 seconds, also without a change: a run that has reported and is then silent for a minute is '
  'ended as failed. Defaults: no item failed, everything else stays as it is. Without any count the report only says that '
  'the run is at work, and does not wait for a batch that holds its row. '
  'Raises PT404 for an unknown run and PT409 for one that is not running any more (reaped, for instance). '
  'Returns {items_total, items_processed, items_failed, records_updated} after the report.';

-- jobs/runs/is_continued.sql

create function jobs.is_continued(metadata jsonb)
returns boolean
language sql
immutable
set search_path = ''
as $function$
  select coalesce(is_continued.metadata @> '{"continued": true}', false);
$function$;

revoke all on function jobs.is_continued(jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.is_continued(jsonb) is
  'Whether the metadata of a success says that it stopped in order because its time was over, with work left. Such a run '
  'is no failure, but it is not the success that is awaited either.';

-- jobs/runs/items_judged.sql

create function jobs.items_judged(run public.jobs_log)
returns int
language sql
immutable
set search_path = ''
as $function$
  select greatest(
    (items_judged.run).items_total,
    case
      when jsonb_typeof((items_judged.run).metadata -> 'items_overall') = 'number'
        then least(((items_judged.run).metadata ->> 'items_overall')::numeric, 2147483647)::int
    end
  );
$function$;

revoke all on function jobs.items_judged(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.items_judged(public.jobs_log) is
  'Of how many items the failed ones of a run are a share: its list, or metadata.items_overall where that is more. A job '
  'whose list is what earlier runs have left over says so how long the whole list is.';

-- jobs/runs/finish_job_run.sql

create function public.finish_job_run(
  run_id uuid,
  status text default 'success',
  error_message text default null,
  metadata jsonb default '{}',
  records_updated int default null,
  items_total int default null,
  items_processed int default null,
  items_failed int default null,
  errors jsonb default null,
  as_of timestamptz default now(),
  token uuid default null
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
declare
  run public.jobs_log;
  failed_error_ratio numeric;
  failed_count int;
begin
  if finish_job_run.status is null or finish_job_run.status not in ('success', 'failed') then
    raise exception 'a run finishes as success or failed, not as %', coalesce(finish_job_run.status, 'null')
      using errcode = 'invalid_parameter_value';
  end if;

  run := jobs.lock_run(finish_job_run.run_id);

  if run.status = 'running' then
    if exists (
      select 1
      from jobs.run_workers as worker
      where worker.run_id = run.id
        and worker.token <> finish_job_run.token
    ) then
      raise exception 'run % is running, and another worker has taken it over', run.id
        using errcode = 'PT409';
    end if;

    run.status := finish_job_run.status;
    run.error_message := coalesce(finish_job_run.error_message, run.error_message);
    run.completed_at := greatest(finish_job_run.as_of, run.started_at);
    run.metadata := coalesce(run.metadata, '{}') || coalesce(finish_job_run.metadata, '{}');
    run.records_updated := coalesce(finish_job_run.records_updated, run.records_updated);
    run.items_total := coalesce(finish_job_run.items_total, run.items_total);
    run.items_processed := coalesce(finish_job_run.items_processed, run.items_processed);
    run.items_failed := coalesce(finish_job_run.items_failed, run.items_failed);
    run.errors := coalesce(finish_job_run.errors, run.errors);

    select coalesce(max(definition.failed_error_ratio), (jobs.defaults()).failed_error_ratio)
    into failed_error_ratio
    from jobs.definitions as definition
    where definition.job_name = run.job_name;

    failed_count := greatest(run.items_failed, jsonb_array_length(run.errors), 0);
    if run.status = 'success' and failed_count > jobs.items_judged(run) * failed_error_ratio then
      run.status := 'failed';
      run.error_message := format(
        '%s of %s items failed, more than %s %%. The first: %s',
        failed_count,
        jobs.items_judged(run),
        round(failed_error_ratio * 100),
        left(run.errors -> 0 ->> 'error', 500)
      );
    end if;

    if run.status = 'success' and jobs.is_continued(run.metadata) then
      if coalesce(run.items_processed, 0) > failed_count or run.records_updated > 0 then
        run.error_message := null;
      else
        -- A further run would end the same way.
        run.status := 'failed';
        run.error_message := coalesce(run.error_message, 'The time of the run was over before anything was done.');
      end if;
    end if;

    if run.status = 'failed' then
      run.metadata := run.metadata - 'continued';
    end if;

    update public.jobs_log as logged
    set
      status = run.status,
      error_message = run.error_message,
      completed_at = run.completed_at,
      metadata = run.metadata,
      records_updated = run.records_updated,
      items_total = run.items_total,
      items_processed = run.items_processed,
      items_failed = run.items_failed,
      errors = run.errors
    where logged.id = run.id
    returning *
    into run;
  end if;

  return jsonb_build_object(
    'run_id', run.id,
    'job_name', run.job_name,
    'status', run.status,
    'started_at', run.started_at,
    'completed_at', run.completed_at,
    'duration_ms', run.duration_ms,
    'records_updated', coalesce(run.records_updated, 0),
    'items_total', run.items_total,
    'items_processed', run.items_processed,
    'items_failed', greatest(run.items_failed, jsonb_array_length(run.errors), 0),
    'error_message', run.error_message,
    'errors', coalesce(run.errors, '[]'),
    'metadata', coalesce(run.metadata, '{}'),
    'ping_url', case
      when run.status = 'success' and not jobs.is_continued(run.metadata) then
        (
          select definition.ping_url
          from jobs.definitions as definition
          where definition.job_name = run.job_name
        )
    end
  );
end
$function$;

revoke all on function public.finish_job_run(
  uuid, text, text, jsonb, int, int, int, int, jsonb, timestamptz, uuid
)
  from public, anon, authenticated, service_role;
grant execute on function public.finish_job_run(
  uuid, text, text, jsonb, int, int, int, int, jsonb, timestamptz, uuid
)
  to service_role;

comment on function public.finish_job_run(
  uuid, text, text, jsonb, int, int, int, int, jsonb, timestamptz, uuid
) is
  'Ends a run as success or failed and returns it. metadata is merged over what the row has; arguments left null keep '
  'what the row has. A success in which more than the job''s failed_error_ratio of the items failed becomes failed '
  '(jobs.items_judged). '
  'metadata.continued = true says of a success that its time was over with work left. Without progress it becomes '
  'failed, with error_message; progress is an item that worked, or a record. '
  'Idempotent: a run that has ended, or was reaped, is returned unchanged. '
  'With a token, only the worker that has taken the run over ends it (start_job_run); by default anybody does. '
  'Raises PT404 for an unknown run and PT409 for one that another worker has taken over. '
  'Returns {run_id, job_name, status, started_at, completed_at, duration_ms, records_updated, items_total, '
  'items_processed, items_failed, error_message, errors, metadata, ping_url}; ping_url is where to report a success that '
  'is not continued, if the job has it.';

-- jobs/runs/report_ping_failure.sql

create function public.report_ping_failure(
  run_id uuid,
  problem text
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
declare
  noted jsonb;
begin
  update public.jobs_log as run
  set metadata = coalesce(run.metadata, '{}')
    || jsonb_build_object('ping_error', left(report_ping_failure.problem, 500))
  where run.id = report_ping_failure.run_id
    and run.status = 'success'
  returning jsonb_build_object('run_id', run.id, 'ping_error', run.metadata ->> 'ping_error')
  into noted;

  if noted is null then
    raise exception 'no run % has succeeded', report_ping_failure.run_id
      using errcode = 'PT404';
  end if;
  return noted;
end
$function$;

revoke all on function public.report_ping_failure(uuid, text)
  from public, anon, authenticated, service_role;
grant execute on function public.report_ping_failure(uuid, text)
  to service_role;

comment on function public.report_ping_failure(uuid, text) is
  'Notes in the row of a success that its ping (jobs.definitions.ping_url) did not arrive: metadata.ping_error. The run '
  'stays a success. Idempotent. Raises PT404 when no run with this id has succeeded. Returns {run_id, ping_error}.';

-- jobs/runs/notify_job_failure.sql

create function jobs.notify_job_failure(run public.jobs_log)
returns void
language sql
set search_path = ''
as $function$
  -- pg_notify() raises at 8000 bytes, which would undo the write. One character
  -- takes at most six bytes in JSON (\u001f), so 1000 and 200 of them fit.
  select pg_notify(
    'job_failure',
    json_build_object(
      'id', (notify_job_failure.run).id,
      'job_name', left((notify_job_failure.run).job_name, 200),
      'started_at', (notify_job_failure.run).started_at,
      'error_message', left(
        case
          -- Every role that can connect can listen: the error of an item stays out.
          when (notify_job_failure.run).error_message ~ '^[0-9]+ of [0-9]+ items failed' then
            regexp_replace((notify_job_failure.run).error_message, '(?s) The first: .*$', '')
          else (notify_job_failure.run).error_message
        end,
        1000
      ),
      'alert_time', clock_timestamp()
    )::text
  );
$function$;

revoke all on function jobs.notify_job_failure(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.notify_job_failure(public.jobs_log) is
  'Sends pg_notify on the channel job_failure with {id, job_name, started_at, error_message, alert_time}. '
  'job_name is cut to 200 and error_message to 1000 characters, without the error of an item; the row has all.';

-- jobs/runs/sqlstate_text.sql

create function jobs.sqlstate_text(code text)
returns text
language sql
immutable
set search_path = ''
as $function$
  select format('%s (%s)', class.meaning, sqlstate_text.code)
  from (
    values
      ('08', 'no connection to the database'),
      ('0A', 'not supported by the database'),
      ('21', 'statement refused by the database'),
      ('22', 'invalid data'),
      ('23', 'constraint violated'),
      ('25', 'invalid transaction state'),
      ('28', 'sign-in to the database refused'),
      ('39', 'error in an extension of the database'),
      ('40', 'conflict between transactions'),
      ('42', 'missing permission or object'),
      ('53', 'the database is out of resources'),
      ('54', 'a limit of the database was reached'),
      ('55', 'locked by another session'),
      ('57', 'time-out or shutdown'),
      ('58', 'system error of the database'),
      ('P0', 'error raised in the database'),
      ('PT', 'error raised in the database'),
      ('XX', 'internal error of the database')
  ) as class (prefix, meaning)
  -- With a digit: five capital letters may be a name.
  where sqlstate_text.code ~ '^[0-9A-Z]{5}$'
    and sqlstate_text.code ~ '[0-9]'
    and left(sqlstate_text.code, 2) = class.prefix;
$function$;

revoke all on function jobs.sqlstate_text(text)
  from public, anon, authenticated, service_role;

comment on function jobs.sqlstate_text(text) is
  'What the class of an SQLSTATE means, for people, with the code; null for anything else.';

-- jobs/runs/failure_cause.sql

create function jobs.failure_cause(run public.jobs_log)
returns text
language plpgsql
stable
set search_path = ''
as $function$
declare
  message constant text := coalesce(left((failure_cause.run).error_message, 1000), '');
  -- Of the last attempt, or at the end of a message. Everything else in a
  -- message may be somebody's name.
  code constant text := coalesce(
    (failure_cause.run).metadata #>> '{attempt_errors,-1,code}',
    substring(message from '\(([0-9A-Za-z_]+)\)[.]?$')
  );
begin
  if (failure_cause.run).status is distinct from 'failed' then
    return null;
  end if;

  return case
    when jobs.is_cancelled(failure_cause.run) then
      'cancelled by a person'
    when message ~ '^[0-9]+ of [0-9]+ items failed' and (failure_cause.run).items_total is not null then
      format(
        '%s of %s items failed',
        greatest((failure_cause.run).items_failed, jsonb_array_length((failure_cause.run).errors), 0),
        (failure_cause.run).items_total
      )
    when message ~ '^The run was still not finished after' then
      'not finished within max_runtime'
    when message ~ '^The run had reported its progress' then
      'no progress for a minute'
    when message ~ '^The run was logged as running with a start in the future' then
      'a start in the future'
    when message ~ '^The time of the run was over' then
      'the time was over before anything was done'
    when message ~ '^The function answered [0-9]{3}:' then
      'the function answered ' || substring(message from '[0-9]{3}')
    when message ~ '^The function could not be called' then
      case
        when message ~* 'timed out' then 'the function did not answer in time'
        when message ~* '(vault|functions_url|jobs_api_key)' then 'a setting is missing or unusable'
        else 'the function could not be reached'
      end
    when code ~ '^http_[1-5][0-9]{2}$' then
      'HTTP status ' || right(code, 3)
    when code = 'timeout' then
      'no answer in time'
    when code = 'network' then
      'network error'
    when code ~ '^PGRST[0-9]{3}$' then
      format('Data API error (%s)', code)
    else
      coalesce(
        jobs.sqlstate_text(code),
        jobs.sqlstate_text(
          case
            when message ~* 'deadlock detected' then '40P01'
            when message ~* 'canceling statement due to statement timeout' then '57014'
            when message ~* 'canceling statement due to lock timeout' then '55P03'
            when message ~* 'duplicate key value violates unique constraint' then '23505'
            when message ~* 'violates [a-z -]+ constraint' then '23000'
            when message ~* '^permission denied for' then '42501'
          end
        ),
        'an error of the job'
      )
  end;
end
$function$;

revoke all on function jobs.failure_cause(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.failure_cause(public.jobs_log) is
  'Why a run failed, in a few words that name nobody: "3 of 22 items failed", "the function answered 503", "time-out or '
  'shutdown (57014)". For dashboards and read keys, which do not get error_message. Null when the run has not failed.';

-- jobs/runs/run_facts.sql

create function jobs.run_facts(run public.jobs_log)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select jsonb_build_object(
    'id', (run_facts.run).id,
    'started_at', (run_facts.run).started_at,
    'completed_at', (run_facts.run).completed_at,
    'duration_ms', (run_facts.run).duration_ms,
    'records_updated', coalesce((run_facts.run).records_updated, 0),
    'items_total', (run_facts.run).items_total,
    'items_processed', (run_facts.run).items_processed,
    'failed_items', greatest((run_facts.run).items_failed, jsonb_array_length((run_facts.run).errors), 0),
    'trigger_source', (run_facts.run).trigger_source,
    'error_message', left((run_facts.run).error_message, 4000),
    'errors', coalesce(
      (
        select jsonb_agg(
          jsonb_build_object(
            'id', left(failed.item ->> 'id', 200),
            'name', left(failed.item ->> 'name', 200),
            -- A person may have written anything here.
            'error', left(coalesce(failed.item ->> 'error', failed.item #>> '{}'), 500)
          )
          order by failed.position
        )
        from jsonb_array_elements((run_facts.run).errors) with ordinality as failed (item, position)
        where failed.position <= 10
      ),
      '[]'
    )
  );
$function$;

revoke all on function jobs.run_facts(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.run_facts(public.jobs_log) is
  'The facts of a run for an alert: its row, cut to what a message can hold (10 failed items, 4000 characters of error).';

-- jobs/runs/is_degraded.sql

create function jobs.is_degraded(run public.jobs_log)
returns boolean
language sql
stable
set search_path = ''
as $function$
  select
    (is_degraded.run).status = 'success'
    and coalesce(
      greatest((is_degraded.run).items_failed, jsonb_array_length((is_degraded.run).errors))
        > jobs.items_judged(is_degraded.run) * coalesce(
          (
            select definition.degraded_error_ratio
            from jobs.definitions as definition
            where definition.job_name = (is_degraded.run).job_name
          ),
          (jobs.defaults()).degraded_error_ratio
        ),
      false
    );
$function$;

revoke all on function jobs.is_degraded(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.is_degraded(public.jobs_log) is
  'Whether a success has more failed items than the job''s degraded_error_ratio allows (jobs.defaults() for a job that '
  'is not registered). Exactly the ratio is not degraded.';

-- jobs/runs/last_success_at.sql

create function jobs.last_success_at(
  job_name text,
  as_of timestamptz default now()
)
returns timestamptz
language plpgsql
stable
set search_path = ''
as $function$
begin
  return (
    select run.started_at
    from public.jobs_log as run
    -- Written like this, only an index by job has the order. An index by time
    -- alone looks as cheap, but for a job without runs all of it would be read.
    where run.job_name = any (array[last_success_at.job_name])
      and run.status = 'success'
      and run.started_at <= last_success_at.as_of
      and not jobs.is_continued(run.metadata)
    order by run.job_name, run.started_at desc
    limit 1
  );
end
$function$;

revoke all on function jobs.last_success_at(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.last_success_at(text, timestamptz) is
  'When the last success of a job up to as_of has started that did all its work: a continued run is left out. Null '
  'without one.';

-- jobs/runs/is_unfinished.sql

create function jobs.is_unfinished(
  job_name text,
  as_of timestamptz default now()
)
returns boolean
language plpgsql
stable
set search_path = ''
as $function$
begin
  return coalesce(
    (
      select run.status = 'success' and jobs.is_continued(run.metadata)
      from public.jobs_log as run
      -- As in jobs.last_success_at().
      where run.job_name = any (array[is_unfinished.job_name])
        and run.status <> 'running'
        and run.started_at <= is_unfinished.as_of
      order by run.job_name, run.started_at desc
      limit 1
    ),
    false
  );
end
$function$;

revoke all on function jobs.is_unfinished(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.is_unfinished(text, timestamptz) is
  'Whether the last run of a job that has ended was continued: it left work, which a further run takes up at once.';

-- jobs/runs/tried_every_item.sql

create function jobs.tried_every_item(run public.jobs_log)
returns boolean
language sql
immutable
set search_path = ''
as $function$
  select
    coalesce(
      (tried_every_item.run).items_total > 0,
      jsonb_typeof((tried_every_item.run).errors) = 'array',
      false
    )
    and coalesce(
      (tried_every_item.run).items_processed >= (tried_every_item.run).items_total,
      (tried_every_item.run).status = 'success'
    )
    -- Of very many failed items, errors names only the first.
    and coalesce((tried_every_item.run).items_failed, 0)
      <= coalesce(jsonb_array_length((tried_every_item.run).errors), 0);
$function$;

revoke all on function jobs.tried_every_item(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.tried_every_item(public.jobs_log) is
  'Whether a run that has ended came to the end of its list and names every item that failed: then each item that it '
  'does not name has worked. False for a run with an empty list or without a list, which tried nothing.';

-- ==========================================================================
-- 9. Copies
--
-- A copy of a database holds the address, the keys and the schedule of the
-- original. The functions tell the two apart, and refuse the copy.
-- Locks: nothing that exists.
-- ==========================================================================

-- jobs/copies/database_fingerprint.sql

create function jobs.database_fingerprint()
returns text
language sql
stable
set search_path = ''
as $function$
  select left(
    encode(
      sha256(
        convert_to(
          concat_ws(
            ' ',
            extract(epoch from pg_postmaster_start_time()),
            (
              select this_one.oid
              from pg_catalog.pg_database as this_one
              where this_one.datname = current_database()
            )
          ),
          'UTF8'
        )
      ),
      'hex'
    ),
    16
  );
$function$;

revoke all on function jobs.database_fingerprint()
  from public, anon, authenticated, service_role;

comment on function jobs.database_fingerprint() is
  'What distinguishes the running database from every other one, copies of it included: 16 hex digits of when its server '
  'was started, to the microsecond, and its oid. It is the same in all connections, and another after each restart, so it is '
  'compared and never kept.';

-- jobs/copies/is_this_database.sql

create function public.is_this_database(fingerprint text)
returns boolean
language sql
stable
security definer
set search_path = ''
as $function$
  select is_this_database.fingerprint = jobs.database_fingerprint()
    -- A replica, or a former primary: it was started at another time than the
    -- primary, and can do nothing wrong.
    or (pg_is_in_recovery() and is_this_database.fingerprint is not null);
$function$;

revoke all on function public.is_this_database(text)
  from public, anon, authenticated, service_role;
grant execute on function public.is_this_database(text)
  to service_role;

comment on function public.is_this_database(text) is
  'Whether a fingerprint (jobs.database_fingerprint) is that of this database. The functions ask it about the database '
  'that calls them: a copy calls the functions of the original, and has to be refused. '
  'A replica cannot tell, and says yes: it can write nothing. Null for null.';

-- jobs/copies/refused_address.sql

create table jobs.refused_address (
  functions_url text not null,
  refused_since timestamptz not null,
  refused_at timestamptz not null,
  constraint refused_address_pkey primary key (functions_url),
  constraint refused_address_order_check
    check (refused_at >= refused_since)
);

alter table jobs.refused_address enable row level security;

revoke all on table jobs.refused_address
  from public, anon, authenticated, service_role;

comment on table jobs.refused_address is
  'The address whose functions have said that they belong to another database. Written by jobs.call_function(). At most '
  'one row; without effect once the setting functions_url is another one, and 15 minutes after refused_at (jobs.is_copy).';
comment on column jobs.refused_address.refused_since is
  'When they said so for the first time.';
comment on column jobs.refused_address.refused_at is
  'When they last said so. When they are asked again, jobs.assert_no_copy() knows.';

-- jobs/copies/is_copy.sql

create function jobs.is_copy(as_of timestamptz default clock_timestamp())
returns boolean
language plpgsql
stable
set search_path = ''
as $function$
begin
  -- Nearly always the table is empty, and then Vault is not read.
  return exists (
    select 1
    from jobs.refused_address as refused
    where is_copy.as_of >= refused.refused_at
      and is_copy.as_of < refused.refused_at + interval '15 minutes'
  )
  and exists (
    select 1
    from jobs.refused_address as refused
    where refused.functions_url = jobs.optional_setting('functions_url')
  );
exception
  -- Without an address nothing is called anyway.
  when object_not_in_prerequisite_state or invalid_parameter_value then
    return false;
end
$function$;

revoke all on function jobs.is_copy(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.is_copy(timestamptz) is
  'Whether this database is a copy: the functions at its functions_url have said within 15 minutes that they belong to '
  'another database. A copy starts no run and sends no alert; what is raised waits in the outbox. It ends when '
  'functions_url is another address, when the functions accept its call, and when they have not repeated it for 15 '
  'minutes, so that functions that are down silence nobody. They are asked every few minutes (jobs.assert_no_copy). '
  'as_of is on the real clock.';

-- jobs/copies/note_answer.sql

create function jobs.note_answer(
  functions_url text,
  status int,
  content text,
  as_of timestamptz default clock_timestamp()
)
returns void
language plpgsql
set search_path = ''
-- Another call may note the same, in a transaction that goes on for long. The
-- run of this one has to be logged all the same.
set lock_timeout = '2s'
as $function$
declare
  is_refusal constant boolean := note_answer.status = 421
    and coalesce(note_answer.content, '') ~ '"other_database"';
begin
  -- An answer of a proxy, or of a function that is down, says nothing. One that
  -- reports a run or the health comes from a function that has accepted the call.
  if not is_refusal
    and note_answer.status not between 200 and 299
    and (
      note_answer.content ~ '"(checkedAt|runId)"\s*:'
      -- Its database did not answer, so nothing was compared.
      and note_answer.content !~ '"run_not_started"'
    ) is not true then
    return;
  end if;

  if not is_refusal and not exists (
    select 1
    from jobs.refused_address
  ) then
    return;
  end if;

  if is_refusal then
    insert into jobs.refused_address as refused (functions_url, refused_since, refused_at)
    values (note_answer.functions_url, note_answer.as_of, note_answer.as_of)
    on conflict on constraint refused_address_pkey do update
    set
      -- The clock may have been set back.
      refused_since = least(refused.refused_since, excluded.refused_at),
      refused_at = excluded.refused_at;

    delete from jobs.refused_address as refused
    where refused.functions_url <> note_answer.functions_url;
  else
    delete from jobs.refused_address
    where refused_since is not null;
  end if;
end
$function$;

revoke all on function jobs.note_answer(text, int, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.note_answer(text, int, text, timestamptz) is
  'Notes what an answer of a function says about this database: 421 other_database makes it a copy (jobs.is_copy). A '
  'success ends that, and so does any answer that reports a run or the health, such as the 503 of a health check that '
  'found something. Other answers change nothing. Raises 55P03 when another transaction holds the row for 2 seconds.';

-- jobs/copies/assert_no_copy.sql

create function jobs.assert_no_copy(
  functions_url text,
  as_of timestamptz default clock_timestamp()
)
returns void
language plpgsql
stable
set search_path = ''
as $function$
begin
  if exists (
    select 1
    from jobs.refused_address as refused
    where refused.functions_url = assert_no_copy.functions_url
      -- Asked again after as long as they have refused it: soon at first, because
      -- during a failover they may still be connected to the former server.
      and assert_no_copy.as_of >= refused.refused_at
      and assert_no_copy.as_of < refused.refused_at + least(
        greatest(refused.refused_at - refused.refused_since, interval '50 seconds'),
        -- So that the end of a refusal, and a failure meanwhile, is known soon.
        interval '4 minutes 50 seconds'
      )
  ) then
    raise exception 'this database is a copy: the functions at % belong to another database', assert_no_copy.functions_url
      using
        errcode = 'object_not_in_prerequisite_state',
        hint = 'Disarm it: select jobs.disarm(''<why>''). See docs/how-to/branches-and-clones.md.';
  end if;
end
$function$;

revoke all on function jobs.assert_no_copy(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.assert_no_copy(text, timestamptz) is
  'Raises 55000 when the functions at that address have said that they belong to another database, and it is not time to '
  'ask them again: after a minute, then 2, 4 and every 5 minutes.';

-- ==========================================================================
-- 10. Dispatch
--
-- The call from the database to an Edge Function, and the proof that it arrived.
-- The history of pg_cron says only that the SQL ran.
-- Locks: nothing. The transaction stays open until the function answers, for 10
-- seconds at most.
-- ==========================================================================

-- jobs/dispatch/record_dispatch_failure.sql

create function jobs.record_dispatch_failure(
  job_name text,
  run_id uuid,
  trigger_source text,
  started_at timestamptz,
  error_message text
)
returns void
language sql
set search_path = ''
as $function$
  insert into public.jobs_log (
    id, job_name, started_at, completed_at, status, error_message, trigger_source
  )
  values (
    record_dispatch_failure.run_id,
    record_dispatch_failure.job_name,
    record_dispatch_failure.started_at,
    greatest(clock_timestamp(), record_dispatch_failure.started_at),
    'failed',
    record_dispatch_failure.error_message,
    record_dispatch_failure.trigger_source
  )
  -- The function may have logged the run since. Its row wins.
  on conflict (id) do nothing;
$function$;

revoke all on function jobs.record_dispatch_failure(text, uuid, text, timestamptz, text)
  from public, anon, authenticated, service_role;

comment on function jobs.record_dispatch_failure(text, uuid, text, timestamptz, text) is
  'Logs a run that did not reach its function as failed. Idempotent: a run that has a row keeps it.';

-- jobs/dispatch/explain_response.sql

create function jobs.explain_response(
  status int,
  content text
)
returns text
language sql
immutable
set search_path = ''
as $function$
  select format(
    'The function answered %s: %s The answer began: %s',
    explain_response.status,
    case
      when explain_response.status in (401, 403) then
        'it does not accept the key. Vault''s jobs_api_key has to be one of the keys in the function''s JOBS_API_KEY.'
      when explain_response.status = 404 then
        'there is no such function at that address. Is it deployed, and is functions_url in Vault right?'
      when explain_response.status = 503 then
        'it is not set up completely, or not running.'
      when explain_response.status = 421 then
        'it belongs to another database. This one is a copy, or functions_url in Vault is the address of another project.'
      when explain_response.status >= 500 then
        'it failed before it could log the run. See the log of the function.'
      else
        'it did not log the run. Does functions_url in Vault point to the functions of this project?'
    end,
    coalesce(nullif(btrim(left(explain_response.content, 500)), ''), '(empty)')
  );
$function$;

revoke all on function jobs.explain_response(int, text)
  from public, anon, authenticated, service_role;

comment on function jobs.explain_response(int, text) is
  'What an HTTP status means for a run that was not logged, for an engineer, with the first 500 characters of the answer.';

-- jobs/dispatch/checked_functions_url.sql

create function jobs.checked_functions_url(url text)
returns text
language plpgsql
immutable
set search_path = ''
as $function$
declare
  scheme text;
  host text;
  port text;
  octet constant text := '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
  label constant text := '[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?';
  is_loopback boolean;
  is_container boolean;
  is_public_name boolean;
begin
  -- Only what every parser reads in the same way: libcurl, too, sees another
  -- host behind #, ?, @, a backslash, a full-width dot or a number.
  select lower(part[1]), lower(part[2]), part[4]
  into scheme, host, port
  from regexp_match(
    checked_functions_url.url,
    '^([Hh][Tt][Tt][Pp][Ss]?)://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(:([0-9]{1,5}))?(/[A-Za-z0-9._~%/-]*)?$'
  ) as part;

  is_loopback := host in ('localhost', '[::1]')
    or host ~ format('^127(\.%s){3}$', octet);
  is_container := host ~ '^[a-z]([a-z0-9_-]*[a-z0-9_])?$'
    or host ~ format('^(%s\.)+internal$', label);
  is_public_name := host ~ format('^(%s\.)+[a-z]([a-z0-9-]*[a-z0-9])?\.?$', label)
    or host ~ format('^%s(\.%s){3}$', octet, octet)
    or host like '[%';

  if scheme is null
    or port::int not between 1 and 65535
    or not (is_loopback or is_container or is_public_name) then
    raise exception 'functions_url is not a plain address'
      using
        errcode = 'invalid_parameter_value',
        hint = 'It is of the form https://<project-ref>.supabase.co/functions/v1, '
          'without a user name, a query or a fragment.';
  end if;

  if scheme = 'http' and not (is_loopback or is_container) then
    raise exception 'functions_url is %, and the key would travel in clear', checked_functions_url.url
      using
        errcode = 'invalid_parameter_value',
        hint = 'It has to begin with https://, or with http:// and a host of this machine or its container network.';
  end if;

  return checked_functions_url.url;
end
$function$;

revoke all on function jobs.checked_functions_url(text)
  from public, anon, authenticated, service_role;

comment on function jobs.checked_functions_url(text) is
  'Returns the address when a key may be sent to it: https, or http to loopback, to a name without a dot, or to *.internal. '
  'The address is parsed: it has a scheme, a host, at most a port and a path, and nothing else. A host that is a number in '
  'any other form than 127.0.0.1 is refused. Raises 22023 otherwise.';

-- jobs/dispatch/redact_response.sql

create function jobs.redact_response(
  content text,
  api_key text
)
returns text
language plpgsql
stable
set search_path = ''
as $function$
begin
  -- A foreign server may echo our key, or send bytes that are not text.
  return replace(
    convert_from(convert_to(redact_response.content, 'UTF8'), 'UTF8'),
    redact_response.api_key,
    '(key)'
  );
exception
  when character_not_in_repertoire or untranslatable_character then
    return format('(%s bytes that are not text)', octet_length(redact_response.content));
end
$function$;

revoke all on function jobs.redact_response(text, text)
  from public, anon, authenticated, service_role;

comment on function jobs.redact_response(text, text) is
  'The body of an answer as it may be logged: without our key, and only if it is valid text.';

-- jobs/dispatch/send_request.sql

create function jobs.send_request(
  method text,
  url text,
  headers jsonb,
  body text,
  connect_seconds int,
  timeout_ms int,
  out status int,
  out content text,
  out problem text
)
language plpgsql
set search_path = ''
as $function$
begin
  begin
    perform extensions.http_set_curlopt('CURLOPT_CONNECTTIMEOUT', send_request.connect_seconds::text);
    perform extensions.http_set_curlopt('CURLOPT_TIMEOUT_MS', send_request.timeout_ms::text);

    select
      answer.status,
      -- What follows takes time for each byte, and has to end before the
      -- statement does.
      case
        when octet_length(answer.content) > 10000000
          then format('(%s bytes, which are not read)', octet_length(answer.content))
        else answer.content
      end
    into send_request.status, send_request.content
    from extensions.http(
      (
        send_request.method,
        send_request.url,
        array(
          select extensions.http_header(header.field, header.value)
          from jsonb_each_text(jsonb_strip_nulls(send_request.headers)) as header (field, value)
        ),
        case when send_request.body is not null then 'application/json' end,
        send_request.body
      )::extensions.http_request
    ) as answer;
  exception
    when others then
      get stacked diagnostics
        problem = message_text;
  end;

  -- The options outlive the transaction, and the extension may not be there.
  if to_regprocedure('extensions.http_reset_curlopt()') is not null then
    perform extensions.http_reset_curlopt();
  end if;
end
$function$;

revoke all on function jobs.send_request(text, text, jsonb, text, int, int)
  from public, anon, authenticated, service_role;

comment on function jobs.send_request(text, text, jsonb, text, int, int) is
  'Sends an HTTP request and waits for the answer: connect_seconds for the connection, timeout_ms in all. headers is '
  '{field: value}, those that are null left out; a body is JSON. Leaves the session''s curl options as pgsql-http has '
  'them by default. Does not raise for what goes wrong with the call. Returns (status, content), or (problem) when there '
  'is no answer; either may repeat what was sent. Of an answer of more than 10 MB the content is only its size.';

-- jobs/dispatch/call_function.sql

create function jobs.call_function(
  slug text,
  method text,
  run_id uuid default null,
  body text default null,
  timeout_ms int default 90000,
  out status int,
  out content text,
  out problem text
)
language plpgsql
set search_path = ''
as $function$
declare
  functions_url text;
  api_key text;
  within_ms int;
  problem_hint text;
begin
  -- If the statement were cancelled first, the failure would not be logged.
  select coalesce(
    least(
      call_function.timeout_ms,
      greatest(nullif(setting.setting::int, 0) - 2000, nullif(setting.setting::int, 0) / 2)
    ),
    call_function.timeout_ms
  )
  into within_ms
  from pg_catalog.pg_settings as setting
  where setting.name = 'statement_timeout';

  begin
    api_key := jobs.setting('jobs_api_key');
    functions_url := jobs.checked_functions_url(jobs.setting('functions_url'));
    perform jobs.assert_no_copy(functions_url);

    select answer.status, jobs.redact_response(answer.content, api_key), answer.problem
    into call_function.status, call_function.content, problem
    from jobs.send_request(
      method => call_function.method,
      url => rtrim(functions_url, '/') || '/' || call_function.slug,
      headers => jsonb_build_object(
        'X-API-Key', api_key,
        'X-Run-Id', call_function.run_id,
        'X-Database', jobs.database_fingerprint()
      ),
      body => call_function.body,
      connect_seconds => 5,
      timeout_ms => within_ms
    ) as answer;
  exception
    when others then
      get stacked diagnostics
        problem = message_text,
        problem_hint = pg_exception_hint;
  end;

  -- Who only looks, such as the doctor, cannot write.
  if status is not null and current_setting('transaction_read_only') = 'off' then
    begin
      perform jobs.note_answer(functions_url, status, content);
    exception
      -- The caller still has to log what the answer says of its run.
      when others then
        raise warning 'what the answer says of this database could not be noted: %', sqlerrm;
    end;
  end if;

  if problem is not null then
    problem := concat_ws(
      ' ',
      format('The function could not be called: %s.', rtrim(problem, '.')),
      nullif(problem_hint, '')
    );
  end if;
end
$function$;

revoke all on function jobs.call_function(text, text, uuid, text, int)
  from public, anon, authenticated, service_role;

comment on function jobs.call_function(text, text, uuid, text, int) is
  'Calls one of our Edge Functions with the job key and waits for the answer: timeout_ms at most (default 90 seconds), '
  'less under a shorter statement_timeout. Does not raise when the call fails. Says in the header X-Database which database '
  'calls, so that the functions of another one refuse it. '
  'Returns (status, content), or (problem), a sentence, when there is no answer.';

-- jobs/dispatch/uncommitted_changes.sql

create function jobs.uncommitted_changes()
returns text
language sql
stable
set search_path = ''
as $function$
  select string_agg(changed.name, ', ' order by changed.name)
  from (
    select format('%I.%I', namespace.nspname, relation.relname)
    from pg_catalog.pg_locks as held
    join pg_catalog.pg_class as relation
      on relation.oid = held.relation
    join pg_catalog.pg_namespace as namespace
      on namespace.oid = relation.relnamespace
    -- What a transaction writes to, it has locked so until it ends.
    where held.pid = pg_backend_pid()
      and held.locktype = 'relation'
      and held.mode = 'RowExclusiveLock'
      and held.granted
      and relation.relkind in ('r', 'p')
      and relation.relpersistence <> 't'
      -- What the kit writes concerns no function.
      and namespace.nspname not in ('jobs', 'cron', 'vault', 'net', 'pg_catalog')
      and relation.oid <> 'public.jobs_log'::regclass

    union

    select nullif(current_setting('duewatch.uncommitted', true), '')
  ) as changed (name)
  where changed.name is not null;
$function$;

revoke all on function jobs.uncommitted_changes()
  from public, anon, authenticated, service_role;

comment on function jobs.uncommitted_changes() is
  'The tables that the transaction has written to and a job''s function would read, for people; null when there are none. '
  'The function works in a transaction of its own and does not see them. A function of the schema jobs that prepares a run '
  'names its table in the setting duewatch.uncommitted, for the transaction.';

-- jobs/dispatch/await_function.sql

create function jobs.await_function(
  job_name text,
  run_id uuid,
  trigger_source text,
  as_of timestamptz default now()
)
returns uuid
language plpgsql
set search_path = ''
as $function$
declare
  started jsonb;
begin
  perform jobs.lock_starts(await_function.job_name);

  -- The function has begun in the meantime.
  if exists (
    select 1
    from public.jobs_log as run
    where run.id = await_function.run_id
  ) then
    return await_function.run_id;
  end if;

  started := public.start_job_run(
    job_name => await_function.job_name,
    run_id => await_function.run_id,
    trigger_source => await_function.trigger_source,
    as_of => await_function.as_of
  );

  if (started ->> 'acquired')::boolean then
    insert into jobs.run_workers (run_id, dispatched_at)
    values (await_function.run_id, await_function.as_of);
  end if;

  return (started ->> 'run_id')::uuid;
end
$function$;

revoke all on function jobs.await_function(text, uuid, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.await_function(text, uuid, text, timestamptz) is
  'Logs a run as running whose function was called at as_of and has not answered: it may have received the call, and takes '
  'the run over when it begins (start_job_run). A run that is not taken over within two minutes is dead (jobs.why_dead). '
  'Returns the run id; when the job is running already, the id of that run.';

-- jobs/dispatch/dispatch.sql

create function jobs.dispatch(
  job_name text,
  trigger_source text default 'manual',
  timeout_ms int default 10000
)
returns uuid
language plpgsql
set search_path = ''
as $function$
declare
  run_id uuid := gen_random_uuid();
  sent_at timestamptz := clock_timestamp();
  slug text;
  answer record;
  running_run_id uuid;
  uncommitted text := jobs.uncommitted_changes();
begin
  if dispatch.trigger_source is null or dispatch.trigger_source not in ('cron', 'manual', 'catch_up', 'due') then
    raise exception 'trigger_source is cron, manual, catch_up or due, not %', coalesce(dispatch.trigger_source, 'null')
      using errcode = 'invalid_parameter_value';
  end if;

  select definition.function_slug
  into slug
  from jobs.definitions as definition
  where definition.job_name = dispatch.job_name;

  if not found then
    raise exception 'there is no job %', coalesce(dispatch.job_name, 'null')
      using
        errcode = 'undefined_object',
        hint = 'select job_name from jobs.definitions lists the registered jobs.';
  end if;

  if uncommitted is not null then
    raise exception 'this transaction has changed %, which the function would not see: commit first, '
      'and send the dispatch on its own', uncommitted
      using
        errcode = 'active_sql_transaction',
        hint = 'Statements that are sent as one text are one transaction. Nothing has been changed or started.';
  end if;

  -- In an older snapshot there would be no row of the run that the function logs.
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception 'jobs.dispatch needs the isolation level read committed, not %',
      current_setting('transaction_isolation')
      using
        errcode = 'invalid_transaction_state',
        hint = 'Send the dispatch on its own. Nothing has been started.';
  end if;

  answer := jobs.call_function(
    slug => slug,
    method => 'POST',
    run_id => run_id,
    body => json_build_object('triggerSource', dispatch.trigger_source)::text,
    timeout_ms => dispatch.timeout_ms
  );

  if exists (
    select 1
    from public.jobs_log as run
    where run.id = run_id
  ) then
    return run_id;
  end if;

  if answer.status = 409 then
    select run.id
    into running_run_id
    from public.jobs_log as run
    where run.job_name = dispatch.job_name
      and (
        run.status = 'running'
        -- It may have ended in the meantime.
        or run.id::text = substring(answer.content from '"runId"\s*:\s*"([0-9a-f-]{36})"')
      )
    order by run.status = 'running' desc, run.started_at desc
    limit 1;

    if found then
      return running_run_id;
    end if;
  end if;

  if answer.problem ~* 'timed out' and answer.problem !~* '(connect|resolv)' then
    return jobs.await_function(
      job_name => dispatch.job_name,
      run_id => run_id,
      trigger_source => dispatch.trigger_source,
      as_of => sent_at
    );
  end if;

  perform jobs.record_dispatch_failure(
    job_name => dispatch.job_name,
    run_id => run_id,
    trigger_source => dispatch.trigger_source,
    started_at => sent_at,
    error_message => coalesce(answer.problem, jobs.explain_response(answer.status, answer.content))
  );
  return run_id;
end
$function$;

revoke all on function jobs.dispatch(text, text, int)
  from public, anon, authenticated, service_role;

comment on function jobs.dispatch(text, text, int) is
  'Triggers a registered job: POSTs to its Edge Function and waits for the answer, timeout_ms at most (default 10 '
  'seconds; less under a shorter statement_timeout). A run that takes longer goes on by itself, and its row says how it '
  'ends. Default trigger_source manual. '
  'Guarantees a row in jobs_log: the one of the function, or a failed one that says why the function did not run. '
  'A function that has neither answered nor begun within that time leaves a running row, which it takes over when it '
  'begins; after two minutes the supervisor ends it as failed. '
  'Raises only for a job that is not registered, a bad trigger_source, with 25001 in a transaction that has changed '
  'what the function would not see (jobs.uncommitted_changes), and with 25000 in one that is repeatable read or '
  'serializable. '
  'Returns the run id; when the job is running already, the id of that run.';

-- ==========================================================================
-- 11. Incidents and alerts
--
-- A job that fails every hour is one incident, not twenty-four messages. An
-- alert is written in the transaction of the change that caused it, and sent
-- afterwards, as often as it takes.
-- Locks: nothing that exists.
-- ==========================================================================

-- alerts/incidents.sql

create table jobs.incidents (
  id uuid not null default gen_random_uuid(),
  job_name text not null,
  kind text not null,
  opened_at timestamptz not null,
  last_seen_at timestamptz not null,
  last_alerted_at timestamptz not null,
  occurrences int not null default 1,
  reminders int not null default 0,
  details jsonb not null default '{}',
  closed_at timestamptz,
  constraint incidents_pkey primary key (id),
  constraint incidents_kind_check
    check (kind in ('run_failed', 'run_degraded', 'item_failing', 'run_missed', 'job_unhealthy')),
  constraint incidents_counts_check
    check (occurrences > 0 and reminders >= 0)
);

create unique index incidents_open_key
  on jobs.incidents (job_name, kind)
  where closed_at is null;

create index incidents_closed_at_idx
  on jobs.incidents (closed_at desc, id)
  where closed_at is not null;

alter table jobs.incidents enable row level security;

revoke all on table jobs.incidents
  from public, anon, authenticated, service_role;

comment on table jobs.incidents is
  'One row per problem of a job, from when it began until it was over; at most one open per job and kind. '
  'An open incident alerts once, again every 24 hours, and ends with job_recovered.';
comment on column jobs.incidents.kind is
  'The kind of its alerts: run_failed, run_degraded, item_failing, run_missed or job_unhealthy.';
comment on column jobs.incidents.opened_at is
  'When the problem began, as far as that is known; otherwise when it was first observed.';
comment on column jobs.incidents.last_seen_at is
  'When the problem was last observed.';
comment on column jobs.incidents.last_alerted_at is
  'When the last alert was raised; a reminder follows 24 hours later.';
comment on column jobs.incidents.occurrences is
  'How often it was observed: for run_failed, how many runs have failed.';
comment on column jobs.incidents.reminders is
  'How many reminders were raised after the first alert.';
comment on column jobs.incidents.details is
  'The facts of the last observation; a reminder repeats them.';
comment on column jobs.incidents.closed_at is
  'When it was over; null while it is open.';

-- alerts/alerts.sql

create table jobs.alerts (
  id uuid not null default gen_random_uuid(),
  sequence bigint not null generated always as identity,
  kind text not null,
  job_name text not null,
  run_id uuid,
  incident_id uuid,
  raised_at timestamptz not null,
  reminder int not null default 0,
  details jsonb not null,
  constraint alerts_pkey primary key (id),
  constraint alerts_sequence_key unique (sequence),
  constraint alerts_incident_id_fkey
    foreign key (incident_id) references jobs.incidents (id) on delete set null,
  constraint alerts_kind_check
    check (
      kind in (
        'run_failed',
        'run_degraded',
        'item_failing',
        'run_succeeded',
        'run_missed',
        'job_recovered',
        'job_unhealthy',
        'heartbeat',
        'test'
      )
    ),
  constraint alerts_reminder_check
    check (reminder >= 0)
);

create index alerts_raised_at_idx
  on jobs.alerts (raised_at);

create index alerts_incident_id_idx
  on jobs.alerts (incident_id);

create index alerts_run_id_idx
  on jobs.alerts (run_id);

alter table jobs.alerts enable row level security;

revoke all on table jobs.alerts
  from public, anon, authenticated, service_role;

comment on table jobs.alerts is
  'The outbox: one row per message. A snapshot that is never changed, so that every attempt on every channel sends the '
  'same. Written by jobs.raise_alert() only.';
comment on column jobs.alerts.sequence is
  'Order of raising. The alerts of one job are delivered in this order.';
comment on column jobs.alerts.raised_at is
  'When it was raised. Its run may have ended long before, if it was logged late.';
comment on column jobs.alerts.run_id is
  'The run it is about, if it is about one. The run may have been pruned since.';
comment on column jobs.alerts.reminder is
  '0 for the first alert of an incident, n for its n-th reminder.';
comment on column jobs.alerts.details is
  'The facts of the message, by kind: docs/reference/alerts.md.';

-- alerts/alert_channels.sql

create table jobs.alert_channels (
  name text not null,
  kinds text[] not null,
  announced_at timestamptz not null,
  paused_until timestamptz,
  fingerprint text,
  constraint alert_channels_pkey primary key (name),
  constraint alert_channels_name_check
    check (name ~ '^[a-z][a-z0-9_-]{0,49}$')
);

alter table jobs.alert_channels enable row level security;

revoke all on table jobs.alert_channels
  from public, anon, authenticated, service_role;

comment on table jobs.alert_channels is
  'The channels that alerts are delivered to. A process that has a channel configured announces it when it claims '
  'deliveries; the database itself knows neither addresses nor keys.';
comment on column jobs.alert_channels.kinds is
  'The kinds of alert that the channel carries.';
comment on column jobs.alert_channels.announced_at is
  'When a process last announced that it can send there; refreshed at most once a minute.';
comment on column jobs.alert_channels.fingerprint is
  'Identifies the place that the channel sends to, without naming it; null when it was not announced. Compared with '
  'jobs.last_resort_target().';
comment on column jobs.alert_channels.paused_until is
  'Until when the service accepts no message (429 with Retry-After).';

-- alerts/alert_deliveries.sql

create table jobs.alert_deliveries (
  alert_id uuid not null,
  channel text not null,
  job_name text not null,
  sequence bigint not null,
  status text not null default 'pending',
  attempts int not null default 0,
  queued_at timestamptz not null,
  first_attempt_at timestamptz,
  next_attempt_at timestamptz not null,
  key_number int not null default 1,
  lease uuid,
  last_error text,
  finished_at timestamptz,
  constraint alert_deliveries_pkey primary key (alert_id, channel),
  constraint alert_deliveries_alert_id_fkey
    foreign key (alert_id) references jobs.alerts (id) on delete cascade,
  constraint alert_deliveries_status_check
    check (status in ('pending', 'sent', 'given_up')),
  constraint alert_deliveries_finished_check
    check ((status = 'pending') = (finished_at is null)),
  constraint alert_deliveries_attempts_check
    check (attempts >= 0),
  constraint alert_deliveries_key_number_check
    check (key_number >= 1)
);

create index alert_deliveries_pending_idx
  on jobs.alert_deliveries (channel, sequence)
  where status = 'pending';

create index alert_deliveries_pending_of_job_idx
  on jobs.alert_deliveries (channel, job_name, sequence)
  where status = 'pending';

create index alert_deliveries_given_up_idx
  on jobs.alert_deliveries (channel, finished_at)
  where status = 'given_up';

create index alert_deliveries_sent_idx
  on jobs.alert_deliveries (channel, finished_at desc)
  where status = 'sent';

alter table jobs.alert_deliveries enable row level security;

revoke all on table jobs.alert_deliveries
  from public, anon, authenticated, service_role;

comment on table jobs.alert_deliveries is
  'One row per alert and channel: whether the message was sent there.';
comment on column jobs.alert_deliveries.job_name is
  'As in jobs.alerts. Deliveries of one job are sent in order, one at a time.';
comment on column jobs.alert_deliveries.sequence is
  'As in jobs.alerts.';
comment on column jobs.alert_deliveries.attempts is
  'How often it was claimed, also by processes that died before they completed it.';
comment on column jobs.alert_deliveries.queued_at is
  'Since when it has been waiting: since the alert was raised, since the channel was announced, or since it was queued '
  'again (jobs.retry_deliveries).';
comment on column jobs.alert_deliveries.first_attempt_at is
  'When it was first claimed; null before that.';
comment on column jobs.alert_deliveries.next_attempt_at is
  'From when on it may be claimed: the end of the back-off, or of the current lease.';
comment on column jobs.alert_deliveries.lease is
  'Identifies the last claim. A process whose lease was taken over cannot change the row any more.';
comment on column jobs.alert_deliveries.last_error is
  'The service''s answer to the last attempt that failed.';
comment on column jobs.alert_deliveries.finished_at is
  'When it was sent or given up; null while it is pending.';

-- alerts/carries_alert.sql

create function jobs.carries_alert(
  channel jobs.alert_channels,
  kind text
)
returns boolean
language sql
stable
set search_path = ''
as $function$
  select carries_alert.kind = any ((carries_alert.channel).kinds)
    -- Without a channel for it, it would reach nobody.
    or (
      carries_alert.kind = 'run_degraded'
      and 'run_failed' = any ((carries_alert.channel).kinds)
      and not exists (
        select 1
        from jobs.alert_channels as other
        where 'run_degraded' = any (other.kinds)
      )
    );
$function$;

revoke all on function jobs.carries_alert(jobs.alert_channels, text)
  from public, anon, authenticated, service_role;

comment on function jobs.carries_alert(jobs.alert_channels, text) is
  'Whether a channel gets the alerts of a kind: those that it was announced with. A degraded run goes to the channels of '
  'failed runs, such as email, when no channel was announced for it.';

-- alerts/add_missing_deliveries.sql

create function jobs.add_missing_deliveries(
  channels text[],
  raised_after timestamptz
)
returns void
language sql
set search_path = ''
as $function$
  insert into jobs.alert_deliveries (alert_id, channel, job_name, sequence, queued_at, next_attempt_at)
  select
    alert.id,
    channel.name,
    alert.job_name,
    alert.sequence,
    greatest(alert.raised_at, now()),
    now()
  from jobs.alerts as alert
  join jobs.alert_channels as channel
    on channel.name = any (add_missing_deliveries.channels)
    and jobs.carries_alert(channel, alert.kind)
  where alert.raised_at > add_missing_deliveries.raised_after
  on conflict on constraint alert_deliveries_pkey do nothing;
$function$;

revoke all on function jobs.add_missing_deliveries(text[], timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.add_missing_deliveries(text[], timestamptz) is
  'Queues the alerts raised after the given instant for these channels where that has not happened yet: for a channel '
  'that is new, or was announced while an alert was being raised. Idempotent.';

-- alerts/alert_outcome.sql

create function jobs.alert_outcome(alert_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select jsonb_build_object(
    'status', outcome.status,
    'since', case outcome.status
      when 'delivered' then min(delivery.finished_at) filter (where delivery.status = 'sent')
      when 'given_up' then max(delivery.finished_at)
      when 'waiting' then min(delivery.queued_at) filter (where delivery.status = 'pending')
      else alert.raised_at
    end,
    'channels', coalesce(
      jsonb_agg(delivery.channel order by delivery.channel)
        filter (where delivery.status = outcome.delivery_status),
      '[]'
    ),
    'error', case
      when outcome.status <> 'delivered' then
        max(delivery.last_error) filter (where delivery.status = outcome.delivery_status)
    end
  )
  from jobs.alerts as alert
  cross join lateral (
    select case
      when bool_or(found.status = 'sent') then 'sent'
      when bool_or(found.status = 'pending') then 'pending'
      when bool_or(found.status = 'given_up') then 'given_up'
    end
    from jobs.alert_deliveries as found
    where found.alert_id = alert.id
  ) as best (delivery_status)
  cross join lateral (
    select
      best.delivery_status,
      case coalesce(best.delivery_status, 'none')
        when 'sent' then 'delivered'
        when 'pending' then 'waiting'
        when 'given_up' then 'given_up'
        else 'no_channel'
      end
  ) as outcome (delivery_status, status)
  left join jobs.alert_deliveries as delivery
    on delivery.alert_id = alert.id
  where alert.id = alert_outcome.alert_id
  group by alert.id, outcome.status, outcome.delivery_status;
$function$;

revoke all on function jobs.alert_outcome(uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.alert_outcome(uuid) is
  'Whether an alert that was raised has reached people, {status, since, channels, error}: delivered once one channel has '
  'sent it, waiting while one may still, given_up when none will, no_channel when no channel carries it. Null for an '
  'alert that was pruned.';

-- alerts/raise_alert.sql

create function jobs.raise_alert(
  kind text,
  job_name text,
  details jsonb,
  run_id uuid default null,
  incident_id uuid default null,
  reminder int default 0,
  as_of timestamptz default now()
)
returns uuid
language plpgsql
set search_path = ''
as $function$
declare
  alert jobs.alerts;
  job jsonb := jobs.alerted_job(raise_alert.job_name, greatest(raise_alert.as_of, now()));
begin
  if (
    jobs.action_in_force(raise_alert.job_name, 'snooze', greatest(raise_alert.as_of, now()))
  ).id is not null then
    return null;
  end if;

  insert into jobs.alerts (kind, job_name, run_id, incident_id, raised_at, reminder, details)
  values (
    raise_alert.kind,
    raise_alert.job_name,
    raise_alert.run_id,
    raise_alert.incident_id,
    greatest(raise_alert.as_of, now()),
    raise_alert.reminder,
    raise_alert.details || case
      when job is null then jsonb '{}'
      else jsonb_build_object('job', job)
    end
  )
  returning *
  into alert;

  -- Without the lock, a channel that is being announced would miss this alert:
  -- neither transaction would see the other.
  lock table jobs.alert_channels in row share mode;

  insert into jobs.alert_deliveries (alert_id, channel, job_name, sequence, queued_at, next_attempt_at)
  select
    alert.id,
    channel.name,
    alert.job_name,
    alert.sequence,
    alert.raised_at,
    -- Not as_of: on a clock that was moved forward it would wait until then.
    now()
  from jobs.alert_channels as channel
  where jobs.carries_alert(channel, alert.kind);

  perform pg_notify('job_alert', alert.id::text);
  return alert.id;
end
$function$;

revoke all on function jobs.raise_alert(text, text, jsonb, uuid, uuid, int, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_alert(text, text, jsonb, uuid, uuid, int, timestamptz) is
  'Adds an alert to the outbox for every announced channel that carries its kind, and notifies the processes that '
  'deliver (pg_notify on job_alert with the alert''s id). What the message says of a registered job is added to details '
  '(jobs.alerted_job). Raised now, or at as_of when that is later. '
  'Not idempotent: each call is one message. '
  'In a copy of the database (jobs.is_copy) the alert waits in the outbox: if it was no copy after all, it is sent. '
  'Returns the alert''s id, or null when the job is snoozed: then nothing is raised.';

-- alerts/raise_incident.sql

create function jobs.raise_incident(
  job_name text,
  kind text,
  details jsonb,
  run_id uuid default null,
  observed int default 1,
  is_worse boolean default false,
  as_of timestamptz default now(),
  since timestamptz default null
)
returns uuid
language plpgsql
set search_path = ''
as $function$
declare
  incident jobs.incidents;
  is_new boolean;
  alerts_at_once boolean := false;
  is_reminder boolean := false;
begin
  loop
    insert into jobs.incidents (
      job_name, kind, opened_at, last_seen_at, last_alerted_at, occurrences, details
    )
    values (
      raise_incident.job_name,
      raise_incident.kind,
      coalesce(raise_incident.since, raise_incident.as_of),
      raise_incident.as_of,
      raise_incident.as_of,
      raise_incident.observed,
      raise_incident.details
    )
    on conflict do nothing
    returning *
    into incident;

    is_new := found;
    exit when is_new;

    select *
    into incident
    from jobs.incidents as open_one
    where open_one.job_name = raise_incident.job_name
      and open_one.kind = raise_incident.kind
      and open_one.closed_at is null
    for update;

    -- Not found: it was closed in between. The next turn opens a new one.
    exit when found;
  end loop;

  if not is_new then
    alerts_at_once := raise_incident.is_worse or exists (
      select reason ->> 'code'
      from jsonb_array_elements(raise_incident.details -> 'reasons') as reason
      except
      select reason ->> 'code'
      from jsonb_array_elements(incident.details -> 'reasons') as reason
    );
    is_reminder := not alerts_at_once and raise_incident.as_of >= incident.last_alerted_at + interval '24 hours';

    update jobs.incidents as stored
    set
      occurrences = stored.occurrences + raise_incident.observed,
      reminders = stored.reminders + is_reminder::int,
      last_alerted_at = case
        when alerts_at_once or is_reminder then raise_incident.as_of
        else stored.last_alerted_at
      end,
      last_seen_at = greatest(stored.last_seen_at, raise_incident.as_of),
      -- A failure that is logged late is not the last one.
      details = case
        when raise_incident.as_of >= stored.last_seen_at then raise_incident.details
        else stored.details
      end
    where stored.id = incident.id
    returning *
    into incident;
  end if;

  if not (is_new or alerts_at_once or is_reminder) then
    return null;
  end if;

  return jobs.raise_alert(
    kind => raise_incident.kind,
    job_name => raise_incident.job_name,
    details => raise_incident.details || jsonb_build_object('occurrences', incident.occurrences),
    run_id => raise_incident.run_id,
    incident_id => incident.id,
    reminder => incident.reminders,
    as_of => raise_incident.as_of
  );
end
$function$;

revoke all on function jobs.raise_incident(text, text, jsonb, uuid, int, boolean, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_incident(text, text, jsonb, uuid, int, boolean, timestamptz, timestamptz) is
  'Records a problem of a job, observed once or (observed) several times. Raises an alert when it is new, when the last '
  'alert is 24 hours old, and at once when it got worse: is_worse says so, or details.reasons has a new code. Otherwise '
  'only counts it. '
  'since says when it began, if that was before it was observed; the message of its end says how long it lasted. '
  'Safe to call from several sessions at once: one of them raises the alert. '
  'Returns the id of the alert, or null when none was due.';

-- alerts/close_incidents.sql

create function jobs.close_incidents(
  job_name text,
  kinds text[],
  run_id uuid default null,
  run jsonb default null,
  as_of timestamptz default now()
)
returns uuid
language plpgsql
set search_path = ''
as $function$
declare
  problems jsonb;
begin
  with closed as (
    update jobs.incidents as incident
    set closed_at = greatest(close_incidents.as_of, incident.opened_at)
    where incident.job_name = close_incidents.job_name
      and incident.kind = any (close_incidents.kinds)
      and incident.closed_at is null
      -- A success that is logged late does not close what failed after it.
      and (incident.kind not in ('run_failed', 'run_degraded', 'item_failing') or incident.last_seen_at <= close_incidents.as_of)
    returning incident.kind, incident.opened_at, incident.occurrences
  )
  select jsonb_agg(
    jsonb_build_object(
      'kind', closed.kind,
      'opened_at', closed.opened_at,
      'occurrences', closed.occurrences
    )
    order by closed.opened_at
  )
  into problems
  from closed;

  if problems is null then
    return null;
  end if;

  return jobs.raise_alert(
    kind => 'job_recovered',
    job_name => close_incidents.job_name,
    details => jsonb_build_object('run', close_incidents.run, 'problems', problems),
    run_id => close_incidents.run_id,
    as_of => close_incidents.as_of
  );
end
$function$;

revoke all on function jobs.close_incidents(text, text[], uuid, jsonb, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.close_incidents(text, text[], uuid, jsonb, timestamptz) is
  'Closes the open incidents of a job of these kinds and raises one alert job_recovered for all of them. Idempotent: '
  'with none open nothing happens. Returns the id of the alert, or null.';

-- alerts/failing_items.sql

create table jobs.failing_items (
  job_name text not null,
  item_id text not null,
  name text,
  error text,
  failures int not null default 1,
  failing_since timestamptz not null,
  last_failed_at timestamptz not null,
  run_id uuid not null,
  constraint failing_items_pkey primary key (job_name, item_id),
  constraint failing_items_failures_check
    check (failures > 0)
);

alter table jobs.failing_items enable row level security;

revoke all on table jobs.failing_items
  from public, anon, authenticated, service_role;

comment on table jobs.failing_items is
  'The items that failed in the last run that tried them. Written by jobs.record_failing_items() when a run ends. From '
  'the second failure in a row on, an item is part of the incident item_failing of its job.';
comment on column jobs.failing_items.item_id is
  'The id of the item, as in jobs_log.errors; the name of an item without one.';
comment on column jobs.failing_items.error is
  'Why it failed last.';
comment on column jobs.failing_items.failures is
  'In how many runs in a row it failed. A run that did not try it counts neither way.';
comment on column jobs.failing_items.failing_since is
  'When the first of those runs started.';
comment on column jobs.failing_items.last_failed_at is
  'When the last of those runs started.';
comment on column jobs.failing_items.run_id is
  'The last of those runs.';

-- alerts/record_failing_items.sql

create function jobs.record_failing_items(run public.jobs_log)
returns int
language plpgsql
set search_path = ''
as $function$
declare
  counted int;
begin
  -- A run that is logged late says nothing about the items as they are now.
  if exists (
    select 1
    from public.jobs_log as newer
    where newer.job_name = run.job_name
      and newer.started_at > run.started_at
      and newer.started_at <= now()
      and newer.status <> 'running'
  ) then
    return 0;
  end if;

  insert into jobs.failing_items as known (
    job_name, item_id, name, error, failing_since, last_failed_at, run_id
  )
  select distinct on (failed.item_id)
    run.job_name,
    failed.item_id,
    left(failed.entry ->> 'name', 200),
    left(failed.entry ->> 'error', 500),
    run.started_at,
    run.started_at,
    run.id
  from (
    select
      listed.entry,
      listed.position,
      left(coalesce(listed.entry ->> 'id', listed.entry ->> 'name'), 200) as item_id
    from jsonb_array_elements(run.errors) with ordinality as listed (entry, position)
  ) as failed
  where failed.item_id is not null
    -- An index row holds 2,700 bytes. No write of a run may fail because of it.
    and octet_length(run.job_name) <= 1000
  order by failed.item_id, failed.position
  on conflict on constraint failing_items_pkey do update
  set
    name = excluded.name,
    error = excluded.error,
    failures = known.failures + 1,
    last_failed_at = excluded.last_failed_at,
    run_id = excluded.run_id
  where known.run_id <> excluded.run_id;
  get diagnostics counted = row_count;

  if jobs.tried_every_item(run) then
    delete from jobs.failing_items as known
    where known.job_name = run.job_name
      and known.run_id <> run.id;
  end if;

  return counted;
end
$function$;

revoke all on function jobs.record_failing_items(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.record_failing_items(public.jobs_log) is
  'Counts the items that a run names in errors as failed once more in a row. When the run tried every item '
  '(jobs.tried_every_item), the others are no longer failing; otherwise they stay as they are. A run that started before '
  'another that has ended is ignored. '
  'Idempotent per run. Returns how many items it counted.';

-- alerts/first_failing_items.sql

create function jobs.first_failing_items(job_name text)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'id', first_ten.item_id,
        'name', first_ten.name,
        'error', first_ten.error,
        'failures', first_ten.failures,
        'failing_since', first_ten.failing_since
      )
      order by first_ten.failures, first_ten.name, first_ten.item_id
    ),
    '[]'
  )
  from (
    select known.*
    from jobs.failing_items as known
    where known.job_name = first_failing_items.job_name
      and known.failures > 1
    order by known.failures, known.name, known.item_id
    limit 10
  ) as first_ten;
$function$;

revoke all on function jobs.first_failing_items(text)
  from public, anon, authenticated, service_role;

comment on function jobs.first_failing_items(text) is
  'The first ten items of a job that failed in at least two runs in a row, those that joined last at the top. Returns an '
  'array.';

-- alerts/raise_item_failing.sql

create function jobs.raise_item_failing(
  run public.jobs_log,
  run_facts jsonb,
  as_of timestamptz default now()
)
returns uuid
language sql
set search_path = ''
as $function$
  select jobs.raise_incident(
    job_name => (raise_item_failing.run).job_name,
    kind => 'item_failing',
    details => jsonb_build_object(
      'run', raise_item_failing.run_facts,
      'items_failing', failing.items,
      'items', jobs.first_failing_items((raise_item_failing.run).job_name)
    ),
    run_id => (raise_item_failing.run).id,
    is_worse => failing.has_joined,
    as_of => raise_item_failing.as_of,
    since => failing.since
  )
  from (
    select
      count(*) as items,
      min(known.failing_since) as since,
      bool_or(known.run_id = (raise_item_failing.run).id) as is_observed,
      bool_or(known.run_id = (raise_item_failing.run).id and known.failures = 2) as has_joined
    from jobs.failing_items as known
    where known.job_name = (raise_item_failing.run).job_name
      and known.failures > 1
  ) as failing
  where failing.is_observed;
$function$;

revoke all on function jobs.raise_item_failing(public.jobs_log, jsonb, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_item_failing(public.jobs_log, jsonb, timestamptz) is
  'Opens or observes the incident item_failing when a run that ended has seen an item fail for at least the second run '
  'in a row. It alerts again at once when an item joins. Returns the id of the alert, or null when none was due.';

-- alerts/close_incidents_silently.sql

create function jobs.close_incidents_silently(
  job_name text,
  as_of timestamptz default now()
)
returns int
language sql
set search_path = ''
as $function$
  delete from jobs.failing_items as known
  where known.job_name = close_incidents_silently.job_name;

  with closed as (
    update jobs.incidents as incident
    set closed_at = greatest(close_incidents_silently.as_of, incident.opened_at)
    where incident.job_name = close_incidents_silently.job_name
      and incident.closed_at is null
    returning incident.id
  )
  select count(*)::int
  from closed;
$function$;

revoke all on function jobs.close_incidents_silently(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.close_incidents_silently(text, timestamptz) is
  'Closes the open incidents of a job without an alert and forgets its failing items: for a job that will not run again, '
  'or after a test of the alerts. Idempotent. Returns how many were open.';

-- alerts/close_incidents_of_unregistered_job.sql

create function jobs.close_incidents_of_unregistered_job()
returns trigger
language plpgsql
set search_path = ''
as $function$
begin
  perform jobs.close_incidents_silently(old.job_name);
  return null;
end
$function$;

revoke all on function jobs.close_incidents_of_unregistered_job()
  from public, anon, authenticated, service_role;

comment on function jobs.close_incidents_of_unregistered_job() is
  'Trigger of jobs.definitions: closes the open incidents of a job that is unregistered, without an alert. There would '
  'be no reminder of them and no run to close them.';

create trigger close_incidents_of_unregistered_job
  after delete on jobs.definitions
  for each row
  execute function jobs.close_incidents_of_unregistered_job();

-- alerts/covers_missed_run.sql

create function jobs.covers_missed_run(run public.jobs_log)
returns boolean
language sql
stable
set search_path = ''
as $function$
  select not exists (
    select 1
    from jobs.definitions as definition
    where definition.job_name = (covers_missed_run.run).job_name
      and (covers_missed_run.run).started_at < now() - definition.expected_interval
  );
$function$;

revoke all on function jobs.covers_missed_run(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.covers_missed_run(public.jobs_log) is
  'Whether a success is recent enough to close run_missed: it started within the job''s expected_interval. An old run '
  'that is logged only now did not.';

-- alerts/raise_run_alerts.sql

create function jobs.raise_run_alerts(
  run_id uuid,
  failures int
)
returns void
language plpgsql
set search_path = ''
as $function$
declare
  run public.jobs_log;
  facts jsonb;
  as_of timestamptz;
  failing_items int;
  is_complete boolean;
begin
  select *
  into run
  from public.jobs_log as ended
  where ended.id = raise_run_alerts.run_id;

  failing_items := jobs.record_failing_items(run);
  facts := jsonb_build_object('run', jobs.run_facts(run));
  as_of := least(run.completed_at, now());

  if run.status = 'failed' then
    perform jobs.raise_incident(
      job_name => run.job_name,
      kind => 'run_failed',
      details => facts,
      run_id => run.id,
      observed => raise_run_alerts.failures,
      as_of => as_of
    );
  end if;

  if failing_items > 0 then
    perform jobs.raise_item_failing(run, facts -> 'run', as_of);
  end if;

  if run.status = 'failed' then
    return;
  end if;

  is_complete := not jobs.is_continued(run.metadata);

  if is_complete then
    perform jobs.close_incidents(
      job_name => run.job_name,
      kinds => array['run_failed']
        || case when not jobs.is_degraded(run) then array['run_degraded'] end
        || case when jobs.covers_missed_run(run) then array['run_missed'] end
        || case
          when not exists (
            select 1
            from jobs.failing_items as known
            where known.job_name = run.job_name
              and known.failures > 1
          ) then array['item_failing']
        end,
      run_id => run.id,
      run => facts -> 'run',
      as_of => as_of
    );
  end if;

  if jobs.is_degraded(run) then
    perform jobs.raise_incident(
      job_name => run.job_name,
      kind => 'run_degraded',
      details => facts,
      run_id => run.id,
      as_of => as_of
    );
  end if;

  if is_complete and exists (
    select 1
    from jobs.definitions as definition
    where definition.job_name = run.job_name
      and definition.notify_on_success
  ) then
    perform jobs.raise_alert(
      kind => 'run_succeeded',
      job_name => run.job_name,
      details => facts,
      run_id => run.id,
      as_of => as_of
    );
  end if;
end
$function$;

revoke all on function jobs.raise_run_alerts(uuid, int)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_run_alerts(uuid, int) is
  'Raises the alerts of a run that ended. A failed run opens the incident run_failed (failures: how many runs it '
  'counts). A success opens run_degraded when too many items failed; unless it is continued, it also closes open '
  'incidents, and raises run_succeeded if the job has notify_on_success. Either opens item_failing when an item failed '
  'in two runs in a row.';

-- alerts/raise_alerts_of_ended_runs.sql

create function jobs.raise_alerts_of_ended_runs(ended uuid[])
returns void
language plpgsql
set search_path = ''
as $function$
begin
  perform jobs.raise_run_alerts(run_id => latest.id, failures => latest.times)
  from (
    select distinct on (run.job_name, run.status)
      run.id,
      run.job_name,
      run.completed_at,
      (count(*) over (partition by run.job_name, run.status))::int as times
    from public.jobs_log as run
    where run.id = any (raise_alerts_of_ended_runs.ended)
      and not jobs.is_cancelled(run)
    order by run.job_name, run.status, run.completed_at desc, run.id
  ) as latest
  order by latest.job_name, latest.completed_at;
end
$function$;

revoke all on function jobs.raise_alerts_of_ended_runs(uuid[])
  from public, anon, authenticated, service_role;

comment on function jobs.raise_alerts_of_ended_runs(uuid[]) is
  'Raises the alerts of runs that one statement has ended: of each job, those of its last success and its last failure. '
  'So a history that is loaded in one statement is reported once. A run that somebody cancelled raises none.';

-- alerts/announce_channels.sql

create function jobs.announce_channels(
  channels jsonb,
  as_of timestamptz default now()
)
returns void
language plpgsql
set search_path = ''
as $function$
declare
  names text[];
begin
  select array_agg(announced.name)
  into names
  from jsonb_to_recordset(announce_channels.channels) as announced (name text, kinds text[])
  left join jobs.alert_channels as known
    on known.name = announced.name
  where known.name is null
    or known.kinds is distinct from announced.kinds
    or known.announced_at <= announce_channels.as_of - interval '1 minute';

  if names is null then
    return;
  end if;

  if exists (
    select announced.name, announced.kinds
    from jsonb_to_recordset(announce_channels.channels) as announced (name text, kinds text[])
    except
    select known.name, known.kinds
    from jobs.alert_channels as known
  ) then
    -- Announcers wait for each other. A transaction that is raising an alert does
    -- not wait: its NOTIFY makes the caller claim again. Advisory locks would do,
    -- but every role may take them.
    lock table jobs.alert_channels in share update exclusive mode;
    begin
      lock table jobs.alert_channels in exclusive mode nowait;
    exception
      when lock_not_available then
        return;
    end;
  end if;

  insert into jobs.alert_channels as known (name, kinds, announced_at, fingerprint)
  select
    announced.name,
    announced.kinds,
    announce_channels.as_of,
    announced.fingerprint
  from jsonb_to_recordset(announce_channels.channels) as announced (name text, kinds text[], fingerprint text)
  where announced.name = any (names)
  -- Two processes that announce the same channels lock them in the same order.
  order by announced.name
  on conflict on constraint alert_channels_pkey do update
  set
    kinds = excluded.kinds,
    announced_at = greatest(known.announced_at, excluded.announced_at),
    fingerprint = excluded.fingerprint;

  perform jobs.add_missing_deliveries(
    channels => names,
    raised_after => announce_channels.as_of - interval '24 hours'
  );
end
$function$;

revoke all on function jobs.announce_channels(jsonb, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.announce_channels(jsonb, timestamptz) is
  'Records which channels the caller can send to, [{name, kinds, fingerprint}]. A new channel gets the alerts of the last 24 hours. '
  'Idempotent; writes at most once a minute.';

-- alerts/claim_job_alerts.sql

create function public.claim_job_alerts(
  channels jsonb,
  max_count int default 10,
  lease_seconds int default 30,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
declare
  claimed jsonb;
begin
  if jsonb_typeof(claim_job_alerts.channels) is distinct from 'array'
    or jsonb_path_exists(
      claim_job_alerts.channels,
      '$[*] ? (!(@.name.type() == "string") || !(@.kinds.type() == "array"))'
    ) then
    raise exception 'channels is an array of {name, kinds}'
      using errcode = 'invalid_parameter_value';
  end if;
  if (claim_job_alerts.max_count between 1 and 100 and claim_job_alerts.lease_seconds between 1 and 3600) is not true then
    raise exception 'max_count is 1 to 100, lease_seconds is 1 to 3600'
      using errcode = 'invalid_parameter_value';
  end if;

  -- A copy holds alerts of the original.
  if jobs.is_copy() then
    return jsonb '[]';
  end if;

  perform jobs.announce_channels(
    channels => claim_job_alerts.channels,
    as_of => claim_job_alerts.as_of
  );

  with due as materialized (
    select
      oldest.alert_id,
      oldest.channel
    from jsonb_to_recordset(claim_job_alerts.channels) as announced (name text)
    join jobs.alert_channels as channel
      on channel.name = announced.name
    -- Per channel, an index gives them in order, however many are pending.
    cross join lateral (
      select
        delivery.alert_id,
        delivery.channel,
        delivery.sequence
      from jobs.alert_deliveries as delivery
      where delivery.channel = channel.name
        and delivery.status = 'pending'
        and delivery.next_attempt_at <= claim_job_alerts.as_of
        -- "Recovered" must not arrive before "failed".
        and not exists (
          select 1
          from jobs.alert_deliveries as earlier
          where earlier.channel = delivery.channel
            and earlier.job_name = delivery.job_name
            and earlier.status = 'pending'
            and earlier.sequence < delivery.sequence
        )
      order by delivery.sequence
      limit claim_job_alerts.max_count
      for update of delivery skip locked
    ) as oldest
    where channel.paused_until is null
      or channel.paused_until <= claim_job_alerts.as_of
    order by oldest.sequence
    limit claim_job_alerts.max_count
  ),
  leased as (
    update jobs.alert_deliveries as delivery
    set
      attempts = delivery.attempts + 1,
      first_attempt_at = coalesce(delivery.first_attempt_at, claim_job_alerts.as_of),
      lease = gen_random_uuid(),
      next_attempt_at = claim_job_alerts.as_of + make_interval(secs => claim_job_alerts.lease_seconds)
    from due
    where delivery.alert_id = due.alert_id
      and delivery.channel = due.channel
    returning delivery.*
  )
  select jsonb_agg(
    jsonb_build_object(
      'alert_id', leased.alert_id,
      'channel', leased.channel,
      'lease', leased.lease,
      'leased_until', leased.next_attempt_at,
      'attempt', leased.attempts,
      'kind', alert.kind,
      'job_name', alert.job_name,
      'run_id', alert.run_id,
      'raised_at', alert.raised_at,
      'reminder', alert.reminder,
      'details', alert.details
    )
      || case
        when leased.key_number > 1 then jsonb_build_object('key_number', leased.key_number)
        else '{}'
      end
    order by alert.sequence
  )
  into claimed
  from leased
  join jobs.alerts as alert
    on alert.id = leased.alert_id;

  return coalesce(claimed, '[]');
end
$function$;

revoke all on function public.claim_job_alerts(jsonb, int, int, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.claim_job_alerts(jsonb, int, int, timestamptz)
  to service_role;

comment on function public.claim_job_alerts(jsonb, int, int, timestamptz) is
  'Announces the caller''s channels, [{name, kinds, fingerprint}], and claims due deliveries for them, oldest first, each with a '
  'lease: no other process gets it until the lease ends or complete_job_alert() is called. Deliveries of one job and '
  'channel are handed out one after the other. Defaults: at most 10, for 30 seconds. Callers never wait for each '
  'other. Returns [{alert_id, channel, lease, leased_until, attempt, kind, job_name, run_id, raised_at, reminder, '
  'details}], with key_number from the second idempotency key on. Claims nothing in a copy of the database (jobs.is_copy).';

-- alerts/complete_job_alert.sql

create function public.complete_job_alert(
  alert_id uuid,
  channel text,
  lease uuid,
  outcome text,
  error text default null,
  retry_after_seconds numeric default null,
  pause_channel boolean default false,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
declare
  delivery jobs.alert_deliveries;
  retry_after interval := make_interval(
    secs => least(greatest(coalesce(complete_job_alert.retry_after_seconds, 0), 0), 86400)::float8
  );
  back_off interval;
begin
  if complete_job_alert.outcome is null or complete_job_alert.outcome not in ('sent', 'retry', 'given_up') then
    raise exception 'the outcome of a delivery is sent, retry or given_up, not %',
      coalesce(complete_job_alert.outcome, 'null')
      using errcode = 'invalid_parameter_value';
  end if;

  select stored.*
  into delivery
  from jobs.alert_deliveries as stored
  where stored.alert_id = complete_job_alert.alert_id
    and stored.channel = complete_job_alert.channel
  for update;

  if not found then
    raise exception 'there is no delivery of the alert % to %', complete_job_alert.alert_id, complete_job_alert.channel
      using errcode = 'PT404';
  end if;

  if complete_job_alert.pause_channel then
    update jobs.alert_channels as stored
    set paused_until = greatest(stored.paused_until, complete_job_alert.as_of + retry_after)
    where stored.name = complete_job_alert.channel;
  end if;

  -- A message that was sent was sent, even if the lease has been taken over.
  -- Every other outcome counts only from the holder of the lease.
  if delivery.status = 'sent'
    or (complete_job_alert.outcome <> 'sent'
      and (delivery.status = 'pending' and delivery.lease = complete_job_alert.lease) is not true) then
    return jsonb_build_object(
      'status', delivery.status,
      'next_attempt_at', case when delivery.status = 'pending' then delivery.next_attempt_at end
    );
  end if;

  delivery.last_error := left(complete_job_alert.error, 1000);

  case complete_job_alert.outcome
    when 'sent' then
      delivery.status := 'sent';
    when 'given_up' then
      delivery.status := 'given_up';
      -- Resend may have stored this mail under its key, and would refuse a corrected one.
      delivery.key_number := delivery.key_number + 1;
    when 'retry' then
      -- The exponent is capped before the power: attempts have no upper limit.
      back_off := least(make_interval(secs => 2 ^ least(delivery.attempts - 1, 20)), interval '5 minutes');
      delivery.next_attempt_at := complete_job_alert.as_of + greatest(back_off, retry_after);

      -- Resend keeps an idempotency key for 24 hours; later it would send twice.
      if delivery.next_attempt_at > delivery.first_attempt_at + interval '23 hours' then
        delivery.status := 'given_up';
        delivery.last_error := left(
          format('Not delivered within 23 hours, in %s attempts. %s', delivery.attempts, complete_job_alert.error),
          1000
        );
      end if;
  end case;

  update jobs.alert_deliveries as stored
  set
    status = delivery.status,
    next_attempt_at = delivery.next_attempt_at,
    last_error = delivery.last_error,
    key_number = delivery.key_number,
    lease = null,
    finished_at = case when delivery.status <> 'pending' then complete_job_alert.as_of end
  where stored.alert_id = delivery.alert_id
    and stored.channel = delivery.channel;

  return jsonb_build_object(
    'status', delivery.status,
    'next_attempt_at', case when delivery.status = 'pending' then delivery.next_attempt_at end
  );
end
$function$;

revoke all on function public.complete_job_alert(
  uuid, text, uuid, text, text, numeric, boolean, timestamptz
)
  from public, anon, authenticated, service_role;
grant execute on function public.complete_job_alert(
  uuid, text, uuid, text, text, numeric, boolean, timestamptz
)
  to service_role;

comment on function public.complete_job_alert(
  uuid, text, uuid, text, text, numeric, boolean, timestamptz
) is
  'Records the outcome of a claimed delivery: sent, retry or given_up. A retry waits 1, 2, 4 seconds and so on up to '
  '5 minutes, or retry_after_seconds if that is longer; pause_channel lets the whole channel wait for '
  'retry_after_seconds. 23 hours after the first attempt a retry is given up. Idempotent: a delivery that was sent '
  'stays sent; retry and given_up count only from the holder of the lease. Raises PT404 for an unknown delivery. '
  'Returns {status, next_attempt_at}.';

-- alerts/retry_deliveries.sql

create function jobs.retry_deliveries(
  channel text,
  as_of timestamptz default now()
)
returns int
language sql
set search_path = ''
as $function$
  with retried as (
    update jobs.alert_deliveries as delivery
    set
      status = 'pending',
      queued_at = retry_deliveries.as_of,
      first_attempt_at = null,
      next_attempt_at = retry_deliveries.as_of,
      finished_at = null
    from jobs.alerts as alert
    where alert.id = delivery.alert_id
      and delivery.channel = retry_deliveries.channel
      and delivery.status = 'given_up'
      and alert.raised_at > retry_deliveries.as_of - interval '24 hours'
    returning delivery.alert_id
  ),
  woken as (
    select pg_notify('job_alert', retried.alert_id::text)
    from retried
  )
  select count(*)::int
  from woken;
$function$;

revoke all on function jobs.retry_deliveries(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.retry_deliveries(text, timestamptz) is
  'Queues the deliveries that a channel gave up again, once its webhook or key is fixed: alerts of the last 24 hours. '
  'Idempotent. Returns how many deliveries are pending again.';

-- alerts/retire_channel.sql

create function jobs.retire_channel(
  channel text,
  as_of timestamptz default now()
)
returns int
language sql
set search_path = ''
as $function$
  delete from jobs.alert_channels as retired
  where retired.name = retire_channel.channel;

  with given_up as (
    update jobs.alert_deliveries as delivery
    set
      status = 'given_up',
      lease = null,
      last_error = 'The channel was retired.',
      finished_at = retire_channel.as_of
    where delivery.channel = retire_channel.channel
      and delivery.status = 'pending'
    returning delivery.alert_id
  )
  select count(*)::int
  from given_up;
$function$;

revoke all on function jobs.retire_channel(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.retire_channel(text, timestamptz) is
  'Removes a channel that no process has configured any more; its pending deliveries are given up. Announcing it '
  'brings it back. Idempotent. Returns how many deliveries were given up.';

-- alerts/channel_problems.sql

create table jobs.channel_problems (
  channel text not null,
  problem text not null,
  reported_at timestamptz not null,
  constraint channel_problems_pkey primary key (channel)
);

alter table jobs.channel_problems enable row level security;

revoke all on table jobs.channel_problems
  from public, anon, authenticated, service_role;

comment on table jobs.channel_problems is
  'The alert channels whose settings in the functions are incomplete or invalid, as check-job-health reported last. '
  'Written by public.report_channel_problems() only.';
comment on column jobs.channel_problems.channel is
  'The name of the channel; links for the addresses that messages link to.';
comment on column jobs.channel_problems.problem is
  'A sentence that names the variables, and never their values.';

-- alerts/report_channel_problems.sql

create function public.report_channel_problems(
  problems jsonb,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
begin
  delete from jobs.channel_problems as known
  where not exists (
    select 1
    from jsonb_to_recordset(report_channel_problems.problems) as reported (channel text)
    where reported.channel = known.channel
  );

  insert into jobs.channel_problems as known (channel, problem, reported_at)
  select
    reported.channel,
    left(reported.problem, 500),
    report_channel_problems.as_of
  from jsonb_to_recordset(report_channel_problems.problems) as reported (channel text, problem text)
  order by reported.channel
  on conflict on constraint channel_problems_pkey do update
  set
    problem = excluded.problem,
    reported_at = excluded.reported_at
  where known.problem <> excluded.problem
    or known.reported_at <= excluded.reported_at - interval '1 minute';

  return jsonb_build_object('problems', jsonb_array_length(report_channel_problems.problems));
end
$function$;

revoke all on function public.report_channel_problems(jsonb, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.report_channel_problems(jsonb, timestamptz)
  to service_role;

comment on function public.report_channel_problems(jsonb, timestamptz) is
  'Keeps which alert channels are set up wrongly, [{channel, problem}], in place of what was reported before: an empty '
  'array says that all are right. Called by check-job-health. Idempotent; writes at most once a minute while nothing '
  'changes. Returns {problems: how many}.';

-- ==========================================================================
-- 12. Missed runs and catch-up
--
-- Ticks during downtime are lost, and a failed run leaves work undone.
-- Locks: nothing that exists.
-- ==========================================================================

-- jobs/supervision/elapsed_hours.sql

create function jobs.elapsed_hours(
  earlier timestamptz,
  later timestamptz
)
returns numeric
language sql
immutable
set search_path = ''
as $function$
  select round(extract(epoch from elapsed_hours.later - elapsed_hours.earlier) / 3600, 1);
$function$;

revoke all on function jobs.elapsed_hours(timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.elapsed_hours(timestamptz, timestamptz) is
  'The hours from one instant to a later one, to one decimal; null when either is unknown.';

-- jobs/supervision/success_awaited_since.sql

create function jobs.success_awaited_since(
  definition jobs.definitions,
  last_success_at timestamptz
)
returns timestamptz
language sql
immutable
set search_path = ''
as $function$
  select case
    -- It was disabled in between, and no run was expected.
    when (success_awaited_since.definition).enabled_at > (success_awaited_since.definition).created_at then
      greatest(success_awaited_since.last_success_at, (success_awaited_since.definition).enabled_at)
    else coalesce(success_awaited_since.last_success_at, (success_awaited_since.definition).enabled_at)
  end;
$function$;

revoke all on function jobs.success_awaited_since(jobs.definitions, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.success_awaited_since(jobs.definitions, timestamptz) is
  'From when on a job''s next success is expected: from its last one, but not before it was enabled again; without one, '
  'from when it was registered.';

-- jobs/supervision/expectations.sql

create function jobs.expectations(
  as_of timestamptz default now(),
  job_name text default null
)
returns table (
  job_name text,
  expected_interval interval,
  last_run_at timestamptz,
  last_success_at timestamptz,
  overdue_since timestamptz,
  is_missed boolean
)
language sql
stable
set search_path = ''
as $function$
  select
    definition.job_name,
    definition.expected_interval,
    last_run.started_at,
    last_success.started_at,
    expected.since,
    expected.since < expectations.as_of
  from jobs.definitions as definition
  -- Written like this, only an index by job has the order. An index by time
  -- alone looks as cheap, but for a job without runs all of it would be read.
  left join lateral (
    select run.started_at
    from public.jobs_log as run
    where run.job_name = any (array[definition.job_name])
      and run.started_at <= expectations.as_of
    order by run.job_name, run.started_at desc
    limit 1
  ) as last_run on true
  cross join lateral jobs.last_success_at(definition.job_name, expectations.as_of) as last_success (started_at)
  cross join lateral (
    select jobs.success_awaited_since(definition, last_success.started_at) + definition.expected_interval as since
  ) as expected
  where definition.enabled
    and not exists (
      select 1
      from jobs.actions as pause
      where pause.job_name = definition.job_name
        and pause.action = 'pause'
        and pause.ended_at is null
    )
    and (expectations.job_name is null or definition.job_name = expectations.job_name);
$function$;

revoke all on function jobs.expectations(timestamptz, text)
  from public, anon, authenticated, service_role;

comment on function jobs.expectations(timestamptz, text) is
  'Compares each enabled job that is not paused, or with job_name that one, with its expected_interval: one row and a few '
  'index probes per job. is_missed: no run that succeeded and was not continued has started within the interval, nor was '
  'the job enabled within it; '
  'overdue_since is the instant from which that is so. Alerts, catch-up and health all use it.';

-- jobs/supervision/raise_missed_run.sql

create function jobs.raise_missed_run(
  job_name text,
  as_of timestamptz default now()
)
returns uuid
language sql
set search_path = ''
as $function$
  select jobs.raise_incident(
    job_name => expectation.job_name,
    kind => 'run_missed',
    details => jsonb_build_object(
      'last_run_at', expectation.last_run_at,
      'last_success_at', expectation.last_success_at,
      'hours_since_last_run', jobs.elapsed_hours(expectation.last_run_at, raise_missed_run.as_of),
      'hours_since_last_success', jobs.elapsed_hours(expectation.last_success_at, raise_missed_run.as_of),
      'expected_interval_hours', round(extract(epoch from expectation.expected_interval) / 3600, 1)
    ),
    as_of => raise_missed_run.as_of,
    since => expectation.overdue_since
  )
  from jobs.expectations(raise_missed_run.as_of, raise_missed_run.job_name) as expectation
  where expectation.is_missed
    -- Observing it again raises no alert; it would only write.
    and not exists (
      select 1
      from jobs.incidents as incident
      where incident.job_name = raise_missed_run.job_name
        and incident.kind = 'run_missed'
        and incident.closed_at is null
        and incident.last_alerted_at > raise_missed_run.as_of - interval '24 hours'
    );
$function$;

revoke all on function jobs.raise_missed_run(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_missed_run(text, timestamptz) is
  'Opens the incident run_missed when the job has missed a run, or raises a reminder after 24 hours. '
  'Idempotent. Returns the id of the alert, or null when none was due.';

-- jobs/supervision/catch_up_delay.sql

create function jobs.catch_up_delay(failures bigint)
returns interval
language sql
immutable
set search_path = ''
as $function$
  select case
    when catch_up_delay.failures = 0 then interval '0'
    else least(interval '1 minute' * 2 ^ least(catch_up_delay.failures - 1, 10), interval '1 hour')
  end;
$function$;

revoke all on function jobs.catch_up_delay(bigint)
  from public, anon, authenticated, service_role;

comment on function jobs.catch_up_delay(bigint) is
  'The back-off before a catch-up run, after so many failures in a row: 1, 2, 4 minutes and so on, at most an hour. '
  'None without a failure.';

-- jobs/supervision/failures_in_a_row.sql

create function jobs.failures_in_a_row(
  job_name text,
  last_success_at timestamptz,
  as_of timestamptz default now(),
  out failures bigint,
  out last_failed_at timestamptz
)
language sql
stable
set search_path = ''
as $function$
  select
    count(*),
    max(run.completed_at)
  from public.jobs_log as run
  where run.job_name = failures_in_a_row.job_name
    and run.status = 'failed'
    and not run.is_cancelled
    and run.started_at > coalesce(failures_in_a_row.last_success_at, '-infinity')
    and run.started_at <= failures_in_a_row.as_of;
$function$;

revoke all on function jobs.failures_in_a_row(text, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.failures_in_a_row(text, timestamptz, timestamptz) is
  'How many runs of a job have failed since its last success, and when the last of them ended. A '
  'cancelled run is no failure.';

-- jobs/supervision/due_catch_ups.sql

create function jobs.due_catch_ups(as_of timestamptz default now())
returns setof text
language sql
stable
set search_path = ''
as $function$
  select definition.job_name
  from jobs.definitions as definition
  join jobs.expectations(due_catch_ups.as_of) as expectation
    on expectation.job_name = definition.job_name
  cross join lateral jobs.failures_in_a_row(
    job_name => definition.job_name,
    last_success_at => expectation.last_success_at,
    as_of => due_catch_ups.as_of
  ) as since_success
  where definition.catch_up
    and not (select jobs.is_copy())
    and (
      jobs.is_unfinished(definition.job_name, due_catch_ups.as_of)
      or (
        (expectation.is_missed or since_success.failures > 0)
        and since_success.failures < definition.max_catch_ups
        and due_catch_ups.as_of >= coalesce(since_success.last_failed_at, '-infinity')
          + jobs.catch_up_delay(since_success.failures)
      )
    )
    and not exists (
      select 1
      from public.jobs_log as run
      where run.job_name = definition.job_name
        and run.status = 'running'
    )
    -- Somebody has ended its last run. The next tick starts it again.
    and not exists (
      select 1
      from jobs.actions as cancellation
      join public.jobs_log as cancelled
        on cancelled.id = cancellation.run_id
      where cancellation.action = 'cancel'
        and cancellation.job_name = definition.job_name
        and cancelled.completed_at > due_catch_ups.as_of - definition.expected_interval
        and not exists (
          select 1
          from public.jobs_log as later
          where later.job_name = cancelled.job_name
            and later.started_at > cancelled.started_at
        )
    )
  -- Time may run out: those that have waited longest come first.
  order by since_success.last_failed_at nulls first, definition.job_name;
$function$;

revoke all on function jobs.due_catch_ups(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.due_catch_ups(timestamptz) is
  'The enabled jobs with catch_up for which a catch-up run is due, while none is running; none in a copy of the database '
  '(jobs.is_copy): the last run was continued, '
  'which is due at once; or the last run failed or was missed, was not cancelled, fewer than max_catch_ups have failed in '
  'a row, and the back-off after the last failure (jobs.catch_up_delay) is over. Returns their names.';

-- alerts/alerted_job.sql

create function jobs.alerted_job(
  job_name text,
  as_of timestamptz default now()
)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select jsonb_build_object(
    'description', definition.description,
    'impact', definition.impact,
    'schedule', definition.schedule,
    'next', started_by.what,
    'catch_up_at', case
      when started_by.what = 'catch_up' then
        greatest(
          alerted_job.as_of,
          since_success.last_failed_at + jobs.catch_up_delay(since_success.failures)
        )
    end
  )
  from jobs.definitions as definition
  cross join lateral jobs.failures_in_a_row(
    job_name => definition.job_name,
    last_success_at => jobs.last_success_at(definition.job_name, alerted_job.as_of),
    as_of => alerted_job.as_of
  ) as since_success
  left join lateral jobs.expectations(alerted_job.as_of, definition.job_name) as expectation on true
  cross join lateral (
    select case
      when not definition.enabled then 'disabled'
      when jobs.is_paused(definition.job_name) then 'paused'
      when not definition.catch_up then 'schedule'
      when since_success.failures >= definition.max_catch_ups then 'given_up'
      when since_success.failures > 0 or expectation.is_missed then 'catch_up'
      else 'schedule'
    end
  ) as started_by (what)
  where definition.job_name = alerted_job.job_name;
$function$;

revoke all on function jobs.alerted_job(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.alerted_job(text, timestamptz) is
  'What an alert says of its job: {description, impact, schedule, next, catch_up_at}. next is what starts the next run: '
  'catch_up (not before catch_up_at), given_up (the supervisor has stopped trying, the schedule has not), schedule, '
  'paused or disabled. Null for a job that is not registered.';

-- ==========================================================================
-- 13. Due checks
--
-- A job may have a function that says when a run is due.
-- Locks: nothing that exists.
-- ==========================================================================

-- jobs/due/due_check_limit.sql

create function jobs.due_check_limit()
returns interval
language sql
immutable
set search_path = ''
as $function$
  select interval '10 seconds';
$function$;

revoke all on function jobs.due_check_limit()
  from public, anon, authenticated, service_role;

comment on function jobs.due_check_limit() is
  'How long a due check may take. One that takes longer is ended by the supervisor of the next minute.';

-- jobs/due/due_check_delay.sql

create function jobs.due_check_delay(failing jobs.due_check_failures)
returns interval
language sql
immutable
set search_path = ''
as $function$
  -- An error costs nothing and is over as soon as the function is corrected.
  select case
    when (due_check_delay.failing).slow then
      least(jobs.catch_up_delay((due_check_delay.failing).failures), interval '10 minutes')
    else interval '0'
  end;
$function$;

revoke all on function jobs.due_check_delay(jobs.due_check_failures)
  from public, anon, authenticated, service_role;

comment on function jobs.due_check_delay(jobs.due_check_failures) is
  'How long a due check that has failed is left alone: one that was too slow 1, 2, 4 minutes and so on, at most 10, so '
  'that it does not hold up those of other jobs; one that raised an error is asked again in the next minute.';

-- jobs/due/due_checks_to_ask.sql

create function jobs.due_checks_to_ask(as_of timestamptz default now())
returns setof text
language sql
stable
set search_path = ''
as $function$
  select definition.job_name
  from jobs.definitions as definition
  left join jobs.due_check_failures as failing
    on failing.job_name = definition.job_name
  where definition.due_check is not null
    and not (select jobs.is_copy())
    and definition.enabled
    and not jobs.is_paused(definition.job_name)
    and (
      failing.job_name is null
      or failing.last_failed_at + jobs.due_check_delay(failing) <= due_checks_to_ask.as_of
    )
    and not exists (
      select 1
      from public.jobs_log as run
      where run.job_name = definition.job_name
        and run.status = 'running'
    )
    -- After a failure the catch-up decides, with its back-off and its end.
    and (
      select since_success.failures = 0
      from jobs.failures_in_a_row(
        job_name => definition.job_name,
        last_success_at => jobs.last_success_at(definition.job_name, due_checks_to_ask.as_of),
        as_of => due_checks_to_ask.as_of
      ) as since_success
    )
  -- One that was slow may take the time of the others.
  order by coalesce(failing.slow, false), definition.job_name;
$function$;

revoke all on function jobs.due_checks_to_ask(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.due_checks_to_ask(timestamptz) is
  'The jobs whose due check is to be asked: enabled, not paused, not running, and without a failure since their last '
  'success. After a failure their catch-up runs go on, or, when those have ended, the next tick or a person. '
  'None in a copy of the database (jobs.is_copy). Returns their names.';

-- jobs/due/is_due.sql

create function jobs.is_due(
  job_name text,
  as_of timestamptz default now()
)
returns boolean
language plpgsql
set search_path = ''
as $function$
declare
  due_check text;
  answer boolean;
begin
  select jobs.checked_due_check(definition.due_check)
  into due_check
  from jobs.definitions as definition
  where definition.job_name = is_due.job_name;

  if due_check is null then
    return false;
  end if;

  execute format('select %s($1)', due_check)
  into answer
  using is_due.as_of;

  return coalesce(answer, false);
end
$function$;

revoke all on function jobs.is_due(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.is_due(text, timestamptz) is
  'What the due check of a job says at as_of (default now()). False for null, for a job without a check and for one that '
  'is not registered. Raises what the check raises, and 42883 when its function does not exist any more.';

-- jobs/due/ask_due_check.sql

create function jobs.ask_due_check(
  job_name text,
  as_of timestamptz default now()
)
returns boolean
language plpgsql
set search_path = ''
as $function$
declare
  is_due boolean;
  is_slow boolean := false;
  problem text;
  role_before constant text := current_setting('role');
begin
  -- The supervisor ends a question by its name: jobs.end_slow_due_checks().
  perform
    set_config('lock_timeout', '5s', true),
    set_config('application_name', 'duewatch due check', true);

  begin
    -- A check that is ended while pgsql-http waits raises twice: first an error
    -- of its own, and the cancellation when that has been caught.
    begin
      is_due := jobs.is_due(ask_due_check.job_name, ask_due_check.as_of);
    exception
      when assert_failure or others then
        problem := format('%s (%s)', left(sqlerrm, 500), sqlstate);
    end;
  exception
    when query_canceled then
      is_slow := true;
      problem := format('It was ended after more than %s.', jobs.duration_text(jobs.due_check_limit()));
  end;

  -- A check that has changed its role does not take the next ones with it.
  perform
    set_config('role', role_before, true),
    set_config('application_name', 'duewatch', true);

  if problem is null then
    delete from jobs.due_check_failures as failing
    where failing.job_name = ask_due_check.job_name;
    return is_due;
  end if;

  insert into jobs.due_check_failures as failing (job_name, failing_since, last_failed_at, slow, error)
  select
    definition.job_name,
    ask_due_check.as_of,
    greatest(clock_timestamp(), ask_due_check.as_of),
    is_slow,
    problem
  from jobs.definitions as definition
  where definition.job_name = ask_due_check.job_name
  on conflict on constraint due_check_failures_pkey do update
  set
    failures = failing.failures + 1,
    last_failed_at = excluded.last_failed_at,
    slow = excluded.slow,
    error = excluded.error;
  return false;
end
$function$;

revoke all on function jobs.ask_due_check(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.ask_due_check(text, timestamptz) is
  'Asks the due check of a job whether a run is due at as_of (default now()). A check that raises an error, or is ended '
  'because it takes too long, is noted in jobs.due_check_failures, and counts as false; one that answers is not failing '
  'any more.';

-- jobs/due/end_slow_due_checks.sql

create function jobs.end_slow_due_checks()
returns int
language sql
set search_path = ''
as $function$
  select count(pg_cancel_backend(session.pid))::int
  from pg_catalog.pg_stat_activity as session
  where session.datname = current_database()
    and session.usename = current_user
    and session.application_name = 'duewatch due check'
    and session.state = 'active'
    and session.pid <> pg_backend_pid()
    and session.xact_start < clock_timestamp() - jobs.due_check_limit();
$function$;

revoke all on function jobs.end_slow_due_checks()
  from public, anon, authenticated, service_role;

comment on function jobs.end_slow_due_checks() is
  'Ends the questions to due checks that have taken longer than jobs.due_check_limit(). jobs.ask_due_check() notes it and '
  'goes on. Returns how many.';

-- jobs/due/start_due_run.sql

create function jobs.start_due_run(job_name text)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  problem text;
begin
  perform set_config('lock_timeout', '5s', true);
  perform jobs.dispatch(
    job_name => start_due_run.job_name,
    trigger_source => 'due',
    timeout_ms => 10000
  );
  return jsonb '[]';
exception
  when others then
    get stacked diagnostics
      problem = message_text;
    return jsonb_build_array(
      format('%s: the run that is due was not started: %s', start_due_run.job_name, problem)
    );
end
$function$;

revoke all on function jobs.start_due_run(text)
  from public, anon, authenticated, service_role;

comment on function jobs.start_due_run(text) is
  'Starts a run that is due: dispatches the job and waits for 10 seconds; a run that takes longer goes on by itself. '
  'Raises no error: a run that could not be started is logged as failed. Returns the problems it met, an array of '
  'sentences.';

-- jobs/due/due_check_command.sql

create function jobs.due_check_command()
returns text
language sql
immutable
set search_path = ''
as $function$
  -- Each question is a transaction of its own: what a check reads is as of then,
  -- and nothing is locked while a function works.
  select $command$do $due_checks$
declare
  ends_at timestamptz := clock_timestamp() + interval '45 seconds';
  problems jsonb := jsonb '[]';
  is_due boolean;
  job text;
begin
  foreach job in array array(select jobs.due_checks_to_ask()) loop
    exit when clock_timestamp() > ends_at;
    commit;
    is_due := jobs.ask_due_check(job);
    commit;
    if is_due then
      problems := problems || jobs.start_due_run(job);
      commit;
    end if;
  end loop;
  perform jobs.raise_problems(problems);
end
$due_checks$$command$;
$function$;

revoke all on function jobs.due_check_command()
  from public, anon, authenticated, service_role;

comment on function jobs.due_check_command() is
  'The command that pg_cron runs every minute as job-due-checks: jobs.ask_due_check() for each job of '
  'jobs.due_checks_to_ask(), and jobs.start_due_run() for those that are due. An entry of its own, so that a slow check '
  'holds up neither the supervisor nor an alert. What is left after 45 seconds is asked in the next minute. At the end it '
  'raises an error if something went wrong.';

-- ==========================================================================
-- 14. Last resort
--
-- When alerts are not delivered, the database says so itself: with a wrong key
-- or a function that is down, nobody else can.
-- Locks: nothing that exists.
-- ==========================================================================

-- alerts/last_resort/last_resort.sql

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

-- alerts/last_resort/undelivered_alerts.sql

create function jobs.undelivered_alerts(
  as_of timestamptz default now(),
  out alert_id uuid,
  out sequence bigint,
  out kind text,
  out job_name text,
  out details jsonb,
  out waiting_since timestamptz,
  out last_error text
)
returns setof record
language sql
stable
set search_path = ''
as $function$
  select
    alert.id,
    alert.sequence,
    alert.kind,
    alert.job_name,
    alert.details,
    undelivered.since,
    undelivered.last_error
  from (
    select
      delivery.alert_id,
      min(delivery.queued_at) as since,
      max(delivery.last_error) as last_error
    from jobs.alert_deliveries as delivery
    where delivery.status = 'pending'
      and delivery.queued_at <= undelivered_alerts.as_of - interval '90 seconds'
    group by delivery.alert_id

    union all

    -- Given up for good. A later alert that was sent shows that the channel
    -- works again, and a channel that was retired is no failure.
    select
      delivery.alert_id,
      min(delivery.queued_at),
      max(delivery.last_error)
    from jobs.alert_channels as channel
    join jobs.alert_deliveries as delivery
      on delivery.channel = channel.name
    where delivery.status = 'given_up'
      and delivery.finished_at > undelivered_alerts.as_of - interval '24 hours'
      and delivery.queued_at <= undelivered_alerts.as_of - interval '90 seconds'
      and not exists (
        select 1
        from jobs.alert_deliveries as later
        where later.channel = delivery.channel
          and later.status = 'sent'
          and later.finished_at > delivery.finished_at
      )
      and not exists (
        select 1
        from jobs.alert_deliveries as other
        where other.alert_id = delivery.alert_id
          and other.status = 'pending'
      )
    group by delivery.alert_id

    union all

    -- A channel that is announced gets the alerts of 24 hours.
    select
      unaddressed.id,
      unaddressed.raised_at,
      null
    from jobs.alerts as unaddressed
    where unaddressed.kind <> 'test'
      and unaddressed.raised_at > undelivered_alerts.as_of - interval '24 hours'
      and unaddressed.raised_at <= undelivered_alerts.as_of - interval '90 seconds'
      and not exists (
        select 1
        from jobs.alert_channels
      )
      and not exists (
        select 1
        from jobs.alert_deliveries as delivery
        where delivery.alert_id = unaddressed.id
          and delivery.status = 'pending'
      )
  ) as undelivered
  join jobs.alerts as alert
    on alert.id = undelivered.alert_id
  where not exists (
    select 1
    from jobs.alert_deliveries as delivered
    where delivered.alert_id = undelivered.alert_id
      and delivered.status = 'sent'
  );
$function$;

revoke all on function jobs.undelivered_alerts(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.undelivered_alerts(timestamptz) is
  'The alerts that have reached nobody for 90 seconds: sent on no channel, and waiting, given up in the last 24 hours, or '
  'without any channel to go to. A few index probes when there is none.';

-- alerts/last_resort/alert_summary.sql

create function jobs.alert_summary(
  kind text,
  job_name text,
  details jsonb
)
returns text
language sql
immutable
set search_path = ''
as $function$
  select concat_ws(
    ': ',
    replace(initcap(replace(alert_summary.kind, '_', ' ')), 'Run ', 'Job '),
    alert_summary.job_name,
    left(
      coalesce(
        alert_summary.details #>> '{run,error_message}',
        alert_summary.details #>> '{reasons,0,message}',
        'no success for ' || (alert_summary.details ->> 'hours_since_last_success') || ' hours'
      ),
      300
    )
  );
$function$;

revoke all on function jobs.alert_summary(text, text, jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.alert_summary(text, text, jsonb) is
  'An alert in one line, for the list of an operator: Job Failed: <job>: <error>.';

-- alerts/last_resort/checked_service_url.sql

create function jobs.checked_service_url(
  name text,
  url text
)
returns text
language plpgsql
immutable
set search_path = ''
as $function$
begin
  if checked_service_url.url ~* '^https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(/[!-~]*)?$'
    or checked_service_url.url ~* '^http://(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]{1,5})?(/[!-~]*)?$' then
    return checked_service_url.url;
  end if;

  raise exception '% is no https address', checked_service_url.name
    using errcode = 'invalid_parameter_value';
end
$function$;

revoke all on function jobs.checked_service_url(text, text)
  from public, anon, authenticated, service_role;

comment on function jobs.checked_service_url(text, text) is
  'Returns the address of a service that gets a credential: https, or http to loopback. Raises 22023 with the setting''s '
  'name otherwise, and never with the address, which may be a secret itself.';

-- alerts/last_resort/mail_addresses.sql

create function jobs.mail_addresses(list text)
returns text[]
language sql
immutable
set search_path = ''
as $function$
  select coalesce(
    array_agg(regexp_replace(btrim(found.address[1]), '^<([^<>]+)>$', '\1') order by found.position),
    '{}'
  )
  from regexp_matches(
    -- A comment, as in Office (day, night) <office@x.example>, is no part of it.
    regexp_replace(mail_addresses.list, '("(?:[^"\\]|\\.)*")|\s*\([^()]*\)', '\1', 'g'),
    '(?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^,"<])+',
    'g'
  )
    with ordinality as found (address, position)
  where btrim(found.address[1]) <> '';
$function$;

revoke all on function jobs.mail_addresses(text)
  from public, anon, authenticated, service_role;

comment on function jobs.mail_addresses(text) is
  'Splits a list of mail addresses at its commas, except those inside quotes, angle brackets and '
  'comments, which are left out: '
  '"Doe, Jane" <jane@x.example>, b@x.example are two.';

-- alerts/last_resort/last_resort_target.sql

create function jobs.last_resort_target(
  channel text,
  out url text,
  out api_key text,
  out mail_from text,
  out mail_to text[],
  out fingerprint text,
  out problem text
)
language plpgsql
stable
set search_path = ''
as $function$
declare
  recipients text;
  place text;
begin
  case last_resort_target.channel
    when 'slack' then
      url := jobs.optional_setting('slack_webhook_url');
      if url is null then
        return;
      end if;
      place := url;
      url := jobs.checked_service_url('slack_webhook_url', url);

    when 'email' then
      api_key := jobs.optional_setting('resend_api_key');
      mail_from := jobs.optional_setting('alert_email_from');
      recipients := jobs.optional_setting('alert_email_to');
      -- The key alone may be there for other mails.
      if mail_from is null and recipients is null then
        api_key := null;
        return;
      end if;

      if num_nulls(api_key, mail_from, recipients) > 0 then
        problem := format(
          'mail is half set up; still missing: %s',
          concat_ws(
            ', ',
            case when api_key is null then 'resend_api_key' end,
            case when mail_from is null then 'alert_email_from' end,
            case when recipients is null then 'alert_email_to' end
          )
        );
        return;
      end if;

      mail_to := jobs.mail_addresses(recipients);
      select string_agg(address.value, ',' order by address.value collate "C")
      into place
      from (
        select lower(btrim(coalesce(substring(entry.value from '<([^<>]+)>\s*$'), entry.value)))
        from unnest(mail_to) as entry (value)
      ) as address (value);
      url := jobs.checked_service_url(
        'resend_base_url',
        rtrim(coalesce(jobs.optional_setting('resend_base_url'), 'https://api.resend.com'), '/') || '/emails'
      );
  end case;

  fingerprint := left(encode(sha256(convert_to(place, 'UTF8')), 'hex'), 8);
exception
  -- Vault may be there and not readable.
  when others then
    get stacked diagnostics
      problem = message_text;
    url := null;
end
$function$;

revoke all on function jobs.last_resort_target(text)
  from public, anon, authenticated, service_role;

comment on function jobs.last_resort_target(text) is
  'Where the last resort sends to on a channel (slack, email), by the settings. All null when it is not set up; problem '
  'says why the settings cannot be used. fingerprint is the beginning of the SHA-256 of the webhook, or of the sorted '
  'recipients, as the functions announce it. Raises no error.';

-- alerts/last_resort/redact_secrets.sql

create function jobs.redact_secrets(
  content text,
  secrets text[]
)
returns text
language plpgsql
immutable
set search_path = ''
as $function$
declare
  secret text;
  clean text := redact_secrets.content;
begin
  foreach secret in array redact_secrets.secrets loop
    -- A shorter one would take ordinary words out.
    if length(secret) >= 8 then
      clean := jobs.redact_response(clean, secret);
    end if;
  end loop;
  return left(btrim(regexp_replace(clean, '[[:cntrl:]]+', ' ', 'g')), 300);
end
$function$;

revoke all on function jobs.redact_secrets(text, text[])
  from public, anon, authenticated, service_role;

comment on function jobs.redact_secrets(text, text[]) is
  'A service''s answer or an error as it may be stored: one line of 300 characters at most, without these secrets.';

-- alerts/last_resort/post_json.sql

create function jobs.post_json(
  url text,
  body jsonb,
  bearer text default null,
  idempotency_key text default null,
  timeout_ms int default 5000,
  out status int,
  out content text,
  out problem text
)
language sql
set search_path = ''
as $function$
  select
    answer.status,
    answer.content,
    answer.problem
  from jobs.send_request(
    method => 'POST',
    url => post_json.url,
    headers => jsonb_build_object(
      'Authorization', 'Bearer ' || post_json.bearer,
      'Idempotency-Key', post_json.idempotency_key
    ),
    body => post_json.body::text,
    connect_seconds => 3,
    timeout_ms => post_json.timeout_ms
  ) as answer;
$function$;

revoke all on function jobs.post_json(text, jsonb, text, text, int)
  from public, anon, authenticated, service_role;

comment on function jobs.post_json(text, jsonb, text, text, int) is
  'POSTs JSON to a service and waits for the answer, timeout_ms at most (default 5 seconds). Does not raise for what goes '
  'wrong with the call. Returns (status, content), or (problem) when there is no answer; either may repeat what was sent.';

-- alerts/last_resort/runbook_page.sql

create function jobs.runbook_page(page text)
returns text
language plpgsql
stable
set search_path = ''
as $function$
begin
  return coalesce(rtrim(jobs.optional_setting('runbook_url'), '/'), 'docs/runbooks') || '/' || runbook_page.page || '.md';
exception
  -- A message without a link is better than none.
  when others then
    return 'docs/runbooks/' || runbook_page.page || '.md';
end
$function$;

revoke all on function jobs.runbook_page(text)
  from public, anon, authenticated, service_role;

comment on function jobs.runbook_page(text) is
  'The address of a page of the runbooks, by the setting runbook_url; without it, the path in the repository.';

-- alerts/last_resort/alert_timezone.sql

create function jobs.alert_timezone(
  out timezone text,
  out problem text
)
language plpgsql
stable
set search_path = ''
as $function$
declare
  wanted text;
begin
  wanted := jobs.optional_setting('alert_timezone');

  select known.name
  into timezone
  from pg_catalog.pg_timezone_names as known
  where lower(known.name) = lower(wanted);

  if wanted is not null and timezone is null then
    problem := 'the setting alert_timezone is no time zone, such as Australia/Brisbane: times are in UTC only';
  end if;
exception
  -- A message in UTC is better than none.
  when others then
    get stacked diagnostics
      problem = message_text;
end
$function$;

revoke all on function jobs.alert_timezone()
  from public, anon, authenticated, service_role;

comment on function jobs.alert_timezone() is
  'The time zone of those who read the messages of the last resort, by the setting alert_timezone; null without it. '
  'problem says why the setting cannot be used. Raises no error.';

-- alerts/last_resort/instant_text.sql

create function jobs.instant_text(instant timestamptz)
returns text
language sql
stable
set search_path = ''
as $function$
  select to_char(instant_text.instant at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') || coalesce(
    case
      when zone.timezone is not null then
        format(
          ' (%s in %s)',
          to_char(
            instant_text.instant at time zone zone.timezone,
            case
              when (instant_text.instant at time zone zone.timezone)::date
                = (instant_text.instant at time zone 'UTC')::date then 'HH24:MI'
              else 'YYYY-MM-DD HH24:MI'
            end
          ),
          replace(regexp_replace(zone.timezone, '^.*/', ''), '_', ' ')
        )
    end,
    ''
  )
  from (
    select nullif(setting.timezone, 'UTC')
    from jobs.alert_timezone() as setting
  ) as zone (timezone);
$function$;

revoke all on function jobs.instant_text(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.instant_text(timestamptz) is
  'An instant as a message of the last resort gives it, in UTC and on the reader''s clock (jobs.alert_timezone): '
  '2026-11-22 07:00 UTC (17:00 in Brisbane), with the date where the zone has another.';

-- alerts/last_resort/end_last_resort.sql

create function jobs.end_last_resort(as_of timestamptz default now())
returns void
language plpgsql
set search_path = ''
as $function$
declare
  began_at timestamptz := (select min(state.failing_since) from jobs.last_resort as state);
  delivered bigint;
  given_up bigint;
begin
  if began_at is not null then
    select
      count(distinct delivery.alert_id) filter (where delivery.status = 'sent'),
      count(*) filter (where delivery.status = 'given_up')
    into delivered, given_up
    from jobs.alert_deliveries as delivery
    where delivery.status <> 'pending'
      and delivery.finished_at >= began_at;

    update jobs.last_resort as state
    set
      failing_since = null,
      written_at = end_last_resort.as_of,
      subject = case
        when delivered > 0 then 'RECOVERED: alerts are delivered again'
        else 'No alert is waiting any more'
      end,
      -- A channel that did not get the beginning does not get the end.
      message = case
        when state.sent_at >= state.failing_since then
          concat_ws(
            E'\n\n',
            format(
              'No alert is waiting any more. The delivery failed for %s; %s delivered since it began.',
              jobs.duration_text(end_last_resort.as_of - state.failing_since),
              case when delivered = 1 then '1 alert was' else delivered || ' alerts were' end
            ),
            case
              when given_up > 0 then
                format(
                  '%s given up. How to send again what was: %s',
                  case when given_up = 1 then '1 delivery was' else given_up || ' deliveries were' end,
                  jobs.runbook_page('alerts-undelivered')
                )
            end
          )
      end
    where state.failing_since is not null;
  end if;

  -- By now it is no use to anyone.
  update jobs.last_resort as state
  set message = null
  where state.failing_since is null
    and state.message is not null
    and state.written_at <= end_last_resort.as_of - interval '24 hours';
end
$function$;

revoke all on function jobs.end_last_resort(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.end_last_resort(timestamptz) is
  'Writes the message that alerts are delivered again, for the channels that got the message that they were not. Idempotent; '
  'writes nothing when the delivery did not fail.';

-- alerts/last_resort/prepare_copy_notice.sql

create function jobs.prepare_copy_notice(as_of timestamptz default now())
returns void
language plpgsql
set search_path = ''
as $function$
begin
  update jobs.last_resort as state
  set
    -- For the message that it is over, if it was a mistake.
    failing_since = coalesce(state.failing_since, refused.refused_since),
    written_at = prepare_copy_notice.as_of,
    is_of_copy = true,
    subject = 'ALERT: a database is refused as a copy, and sends no alerts',
    message = concat_ws(
      E'\n\n',
      format(
        'This message comes from a database whose server was started at %s. The functions at %s have refused it for %s, '
          'since %s, because they work on another database. It starts no run, and its alerts wait.',
        jobs.instant_text(pg_postmaster_start_time()),
        refused.functions_url,
        jobs.duration_text(prepare_copy_notice.as_of - refused.refused_since),
        jobs.instant_text(refused.refused_since)
      ),
      'If it is a copy, such as a branch or a restored backup, disarm it there: select jobs.disarm(''<why>'').',
      'If it is production, its functions are connected to another database: connect them to this one. Never disarm '
        'production.',
      'What happens next: the functions are asked every 5 minutes. When they accept this database, it goes on by itself. '
        'Until then it repeats this message every 24 hours.',
      'What to do: ' || jobs.runbook_page('database-copy')
    )
  from jobs.refused_address as refused
  where refused.refused_since <= prepare_copy_notice.as_of - interval '10 minutes'
    and (not state.is_of_copy or state.written_at <= prepare_copy_notice.as_of - interval '24 hours');
end
$function$;

revoke all on function jobs.prepare_copy_notice(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.prepare_copy_notice(timestamptz) is
  'Writes the message that the functions refuse this database, once they have for 10 minutes, and again every 24 hours. The '
  'database cannot know whether it is a copy, or production whose functions are connected to another database: then this '
  'message is the only one that anybody gets. Idempotent.';

-- alerts/last_resort/prepare_last_resort.sql

create function jobs.prepare_last_resort(
  delivery_problems jsonb,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  waiting record;
  problem text;
begin
  perform set_config('lock_timeout', '5s', true);

  if jobs.is_copy() then
    perform jobs.prepare_copy_notice(prepare_last_resort.as_of);
    return prepare_last_resort.delivery_problems;
  end if;

  update jobs.last_resort as state
  set
    message = null,
    is_of_copy = false
  where state.is_of_copy;

  select
    count(*) as alerts,
    min(alert.waiting_since) as since,
    max(alert.last_error) as last_error,
    (
      array_agg(
        jobs.alert_summary(alert.kind, alert.job_name, alert.details)
        order by
          array_position(
            array['job_unhealthy', 'run_failed', 'run_missed', 'item_failing', 'run_degraded'],
            alert.kind
          ),
          alert.sequence
      )
    )[1] as most_serious
  into waiting
  from jobs.undelivered_alerts(prepare_last_resort.as_of) as alert;

  if waiting.alerts = 0 then
    perform jobs.end_last_resort(prepare_last_resort.as_of);
    return prepare_last_resort.delivery_problems;
  end if;

  -- Slow is not broken: a long queue at a service that takes one a second.
  if not exists (
    select 1
    from jobs.last_resort as state
    where state.failing_since is not null
  )
  and exists (
    select 1
    from jobs.alert_channels as channel
    join jobs.alert_deliveries as delivery
      on delivery.channel = channel.name
    where delivery.status = 'sent'
      and delivery.finished_at > prepare_last_resort.as_of - interval '90 seconds'
  ) then
    return prepare_last_resort.delivery_problems;
  end if;

  problem := coalesce(
    prepare_last_resort.delivery_problems ->> 0,
    waiting.last_error,
    case
      when exists (
        select 1
        from jobs.alert_channels
      ) then
        'The function check-job-health ran and sent nothing. Are the secrets of its channels set?'
      else
        'No alert channel is set up in the function check-job-health, or it has never run.'
    end
  );

  update jobs.last_resort as state
  set
    failing_since = coalesce(state.failing_since, prepare_last_resort.as_of),
    written_at = prepare_last_resort.as_of,
    subject = 'ALERT: alerts are not being delivered',
    message = concat_ws(
      E'\n\n',
      format(
        '%s not reached anyone for %s, since %s.',
        case when waiting.alerts = 1 then '1 alert has' else waiting.alerts || ' alerts have' end,
        jobs.duration_text(prepare_last_resort.as_of - waiting.since),
        jobs.instant_text(waiting.since)
      ),
      'What happens next: the alerts stay in the outbox and are sent when the delivery works again. Until then the '
        'database repeats this message every hour.',
      'What to do: ' || jobs.runbook_page('alerts-undelivered'),
      'The most serious: ' || jobs.redact_secrets(waiting.most_serious, '{}'),
      'What is wrong with the delivery: ' || jobs.redact_secrets(problem, '{}')
    )
  where state.failing_since is null
    -- The ticks of pg_cron are not an hour apart to the second.
    or state.written_at <= prepare_last_resort.as_of - interval '59 minutes 30 seconds';

  return prepare_last_resort.delivery_problems;
exception
  when others then
    get stacked diagnostics
      problem = message_text;
    return prepare_last_resort.delivery_problems
      || to_jsonb(format('the last resort could not be prepared: %s', problem));
end
$function$;

revoke all on function jobs.prepare_last_resort(jsonb, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.prepare_last_resort(jsonb, timestamptz) is
  'Writes the message that the database sends itself when alerts have reached nobody for 90 seconds and nothing was sent '
  'meanwhile, again every hour, and one when that is over. In a copy of the database only that it is one '
  '(jobs.prepare_copy_notice). delivery_problems is what jobs.request_delivery() returned. '
  'Idempotent. Raises no error. Returns delivery_problems, with what went wrong here.';

-- alerts/last_resort/send_last_resort.sql

create function jobs.send_last_resort(
  channel text,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  state jobs.last_resort;
  target record;
  body jsonb;
  answer record;
  problem text;
begin
  perform set_config('lock_timeout', '5s', true);

  select stored.*
  into state
  from jobs.last_resort as stored
  where stored.channel = send_last_resort.channel
    and stored.message is not null
    -- A copy holds what the original has written.
    and (stored.is_of_copy or not jobs.is_copy())
    -- It is tried again after as long as it has been tried, at most ten minutes.
    and (
      stored.attempted_at is null
      or stored.attempted_at < stored.written_at
      or send_last_resort.as_of >= stored.attempted_at
        + least(stored.attempted_at - stored.written_at, interval '10 minutes')
    )
  for update skip locked;

  if not found then
    return jsonb '[]';
  end if;

  target := jobs.last_resort_target(send_last_resort.channel);
  if target.url is null and target.problem is null then
    return jsonb '[]';
  end if;

  problem := target.problem;
  if problem is null then
    case send_last_resort.channel
      when 'slack' then
        body := jsonb_build_object(
          'text',
          replace(
            replace(replace(state.subject || E'\n\n' || state.message, '&', '&amp;'), '<', '&lt;'),
            '>',
            '&gt;'
          ),
          'mrkdwn', false
        );
        answer := jobs.post_json(target.url, body);
        if answer.status is distinct from 200 or btrim(answer.content) is distinct from 'ok' then
          problem := coalesce(answer.problem, format('Slack answered %s: %s', answer.status, answer.content));
        end if;

      when 'email' then
        body := jsonb_build_object(
          'from', target.mail_from,
          'to', target.mail_to,
          'subject', '[Duewatch] ' || state.subject,
          'text', state.message
        );
        answer := jobs.post_json(
          target.url,
          body,
          bearer => target.api_key,
          -- A mail that was corrected is another mail.
          idempotency_key => 'duewatch-last-resort-' || encode(
            sha256(convert_to(state.written_at || body::text, 'UTF8')),
            'hex'
          )
        );
        if answer.status is distinct from 200 or answer.content !~ '"id"\s*:\s*"[^"]+"' then
          problem := coalesce(answer.problem, format('Resend answered %s: %s', answer.status, answer.content));
        end if;
    end case;

    problem := jobs.redact_secrets(
      problem,
      target.mail_to || array[target.url, substring(target.url from '^https?://[^/]+(/.+)$'), target.api_key]
    );
  end if;

  update jobs.last_resort as stored
  set
    attempted_at = send_last_resort.as_of,
    last_error = problem,
    message = case when problem is not null then stored.message end,
    sent_at = case when problem is not null then stored.sent_at else send_last_resort.as_of end
  where stored.channel = send_last_resort.channel;

  if problem is null then
    return jsonb '[]';
  end if;
  return jsonb_build_array(format('the last resort could not send to %s: %s', send_last_resort.channel, problem));
exception
  when others then
    get stacked diagnostics
      problem = message_text;
    return jsonb_build_array(format('the last resort could not send to %s: %s', send_last_resort.channel, problem));
end
$function$;

revoke all on function jobs.send_last_resort(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.send_last_resort(text, timestamptz) is
  'Sends the message of jobs.last_resort that waits for a channel (slack, email), if one does and the settings of the '
  'channel are there; waits for the service for 5 seconds. Tries again every minute at first, then less often. Only '
  'Slack''s 200 ok and Resend''s id count as sent. A copy of the database (jobs.is_copy) sends only '
  'that it is one. Raises no error. Returns the problems it met, an array of sentences.';

-- alerts/last_resort/send_last_resort_tests.sql

create function jobs.send_last_resort_tests()
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  began_at timestamptz := clock_timestamp();
  tested text;
  target record;
  problems jsonb;
  results jsonb := jsonb '[]';
begin
  update jobs.last_resort as state
  set
    written_at = began_at,
    attempted_at = null,
    subject = 'Test of the last resort',
    message = format(
      'This is a test of %s. When alerts are not delivered, the database says so here. Nothing is wrong, and there is '
        'nothing to do.',
      jobs.instant_text(began_at)
    )
  where state.failing_since is null;

  foreach tested in array array['slack', 'email'] loop
    target := jobs.last_resort_target(tested);
    problems := jobs.send_last_resort(tested, clock_timestamp());

    results := results || (
      select jsonb_build_object(
        'channel', state.channel,
        'status', case
          when target.url is null and target.problem is null then 'not_configured'
          when problems <> '[]' then 'failed'
          when state.sent_at >= began_at then 'sent'
          else 'not_tried'
        end,
        'problem', case
          when problems <> '[]' then problems ->> 0
          when target.url is not null and coalesce(state.sent_at < began_at, true) then
            'Alerts are not being delivered. The last resort has said so, and sends its next message within the hour.'
        end
      )
      from jobs.last_resort as state
      where state.channel = tested
    );
  end loop;

  return results;
end
$function$;

revoke all on function jobs.send_last_resort_tests()
  from public, anon, authenticated, service_role;

comment on function jobs.send_last_resort_tests() is
  'Sends a test on every channel of the last resort that is set up. Not idempotent: each call sends. While alerts are not '
  'delivered it sends the message that waits, if one does. Returns [{channel, status, problem}]; status is sent, failed, '
  'not_configured, or not_tried when the last resort is at work.';

-- alerts/last_resort/test_last_resort.sql

create function jobs.test_last_resort()
returns jsonb
language sql
set search_path = ''
as $function$
  select jsonb_path_query_array(jobs.send_last_resort_tests(), '$[*] ? (@.status == "failed").problem')
    || coalesce(
      (
        select to_jsonb(array[setting.problem])
        from jobs.alert_timezone() as setting
        where setting.problem is not null
      ),
      '[]'
    );
$function$;

revoke all on function jobs.test_last_resort()
  from public, anon, authenticated, service_role;

comment on function jobs.test_last_resort() is
  'Sends a test on every channel of the last resort that is set up, as jobs.send_last_resort_tests(). Not idempotent: each '
  'call sends. Returns the problems, an array of sentences.';

-- ==========================================================================
-- 15. Health
--
-- Facts, one check per reason, the report, and the alerts that it raises. The
-- functions, the SQL editor and the metrics all show this report.
-- Locks: nothing that exists.
-- ==========================================================================

-- jobs/supervision/supervisor_problems.sql

create table jobs.supervisor_problems (
  step text not null,
  problem text not null,
  since timestamptz not null,
  tried_at timestamptz not null,
  constraint supervisor_problems_pkey primary key (step)
);

alter table jobs.supervisor_problems enable row level security;

revoke all on table jobs.supervisor_problems
  from public, anon, authenticated, service_role;

comment on table jobs.supervisor_problems is
  'The steps of the supervisor that failed when they were last tried. Written by jobs.supervisor_step() and '
  'jobs.report_supervisor_problems() only; a row is gone once its step works again.';
comment on column jobs.supervisor_problems.problem is
  'The last error of the step.';
comment on column jobs.supervisor_problems.since is
  'When the step failed first.';
comment on column jobs.supervisor_problems.tried_at is
  'When it failed last. A step that is not tried any more, as of a job that needs no catch-up run, is forgotten.';

-- health/health_thresholds.sql

create type jobs.health_thresholds as (
  stuck_grace interval,
  min_success_rate numeric,
  slow_factor int,
  slow_margin_ms int,
  slow_min_runs int,
  never_ran_for interval,
  supervisor_silent_after interval,
  channel_silent_after interval,
  undelivered_after interval,
  slot_held_for interval
);

comment on type jobs.health_thresholds is
  'The limits that the checks of the health report apply to every job. jobs.health_thresholds() has the values.';
comment on column jobs.health_thresholds.stuck_grace is
  'run_stuck: how long after max_runtime the supervisor may take to end a run.';
comment on column jobs.health_thresholds.min_success_rate is
  'success_rate_low: the lowest percentage of runs in 30 days that have to succeed.';
comment on column jobs.health_thresholds.slow_factor is
  'run_slow: a run that takes more than this many times the median of 30 days is slow, if slow_margin_ms is exceeded '
  'too.';
comment on column jobs.health_thresholds.slow_margin_ms is
  'run_slow: how much longer than the median a run may always take.';
comment on column jobs.health_thresholds.slow_min_runs is
  'run_slow: with fewer successes in 30 days there is no median to compare with.';
comment on column jobs.health_thresholds.never_ran_for is
  'never_ran: how long after a job was enabled its missing first run is mentioned.';
comment on column jobs.health_thresholds.supervisor_silent_after is
  'supervisor_silent: how long the supervisor may be without a success.';
comment on column jobs.health_thresholds.channel_silent_after is
  'no_alert_channel: how long a channel may go without being announced.';
comment on column jobs.health_thresholds.undelivered_after is
  'alerts_undelivered: how long an alert may wait for a channel.';
comment on column jobs.health_thresholds.slot_held_for is
  'scheduler_full: how long a session of pg_cron may be idle, or all of them at work.';

create function jobs.health_thresholds()
returns jobs.health_thresholds
language sql
immutable
set search_path = ''
as $function$
  select row(
    -- The supervisor looks every minute.
    interval '1 minute',
    95,
    3,
    -- A run of 1 second that takes 5 is nothing to look into.
    5000,
    10,
    -- A weekly job is mentioned on its first day, not for a week.
    interval '25 hours',
    -- Five ticks in a row.
    interval '5 minutes',
    -- The hourly check announces channels; one may fail.
    interval '2 hours',
    -- Longer than the longest pause between two attempts.
    interval '15 minutes',
    -- A tick of ours takes 10 seconds at most.
    interval '1 minute'
  )::jobs.health_thresholds;
$function$;

revoke all on function jobs.health_thresholds()
  from public, anon, authenticated, service_role;

comment on function jobs.health_thresholds() is
  'The values of jobs.health_thresholds, in one place. Limits that differ from job to job are in jobs.definitions.';

-- health/health_reason.sql

create type jobs.health_reason as (
  code text,
  severity text,
  message text
);

comment on type jobs.health_reason is
  'What a check has found. code names the check (jobs.check_<code>) and its page in docs/runbooks; severity is '
  'info, warning or critical; message is written for people.';

-- health/duration_text.sql

create function jobs.duration_text(duration interval)
returns text
language plpgsql
immutable
set search_path = ''
as $function$
declare
  seconds numeric := extract(epoch from duration_text.duration);
  unit text := 'second';
  unit_seconds int := 1;
  value numeric;
begin
  if seconds >= 3600 then
    unit := 'hour';
    unit_seconds := 3600;
  elsif seconds >= 60 then
    unit := 'minute';
    unit_seconds := 60;
  end if;

  value := trim_scale(round(seconds / unit_seconds, 1));
  return value || ' ' || unit || case when value <> 1 then 's' else '' end;
end
$function$;

revoke all on function jobs.duration_text(interval)
  from public, anon, authenticated, service_role;

comment on function jobs.duration_text(interval) is
  'A duration as people read it, in one unit to one decimal: 40 seconds, 1.5 minutes, 25 hours.';

-- health/time_ago.sql

create function jobs.time_ago(
  earlier timestamptz,
  later timestamptz
)
returns text
language plpgsql
immutable
set search_path = ''
as $function$
begin
  return case
    when time_ago.later - time_ago.earlier < interval '1 minute' then 'just now'
    else jobs.duration_text(time_ago.later - time_ago.earlier) || ' ago'
  end;
end
$function$;

revoke all on function jobs.time_ago(timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.time_ago(timestamptz, timestamptz) is
  'How long before the later instant the earlier one was, as people read it: just now, 12 minutes ago, 3.5 hours ago.';

-- health/monitored_jobs.sql

create function jobs.monitored_jobs(as_of timestamptz default now())
returns setof text
language sql
stable
rows 20
set search_path = ''
as $function$
  select definition.job_name
  from jobs.definitions as definition
  union
  select incident.job_name
  from jobs.incidents as incident
  where incident.closed_at is null
    and incident.job_name <> 'duewatch'
  union
  select run.job_name
  from public.jobs_log as run
  where run.status = 'running'
    and jobs.why_dead(run, monitored_jobs.as_of) is not null;
$function$;

revoke all on function jobs.monitored_jobs(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.monitored_jobs(timestamptz) is
  'The jobs that the health report covers: registered ones, and others with an open incident or a dead run.';

-- health/job_stats.sql

create type jobs.job_stats as (
  job_name text,
  as_of timestamptz,
  definition jobs.definitions,
  entry_active boolean,
  entry_schedule text,
  entry_command text,
  other_entries text,
  last_run public.jobs_log,
  last_finished public.jobs_log,
  last_success public.jobs_log,
  is_missed boolean,
  finished_runs bigint,
  failed_runs bigint,
  much_quicker_runs bigint,
  finished_catch_ups bigint,
  failed_catch_ups bigint,
  pause jobs.actions,
  snooze jobs.actions
);

comment on type jobs.job_stats is
  'The facts by which the checks judge a job, as they were at as_of.';
comment on column jobs.job_stats.definition is
  'Null when the job is not registered.';
comment on column jobs.job_stats.entry_active is
  'Whether the job''s pg_cron entry is active; null when there is no entry.';
comment on column jobs.job_stats.other_entries is
  'Active pg_cron entries that start the job, too, or have the name of its entry: a list for people, or null.';
comment on column jobs.job_stats.finished_runs is
  'The runs of the last 30 days that have ended, catch-up runs included and cancelled ones left out. So are '
  'failed_runs among them.';
comment on column jobs.job_stats.much_quicker_runs is
  'The successes among them of which the last finished run took more than slow_factor times as long, and over '
  'slow_margin_ms longer (jobs.health_thresholds).';
comment on column jobs.job_stats.finished_catch_ups is
  'The catch-up runs among finished_runs; failed_catch_ups are those among failed_runs.';
comment on column jobs.job_stats.pause is
  'Why the job is paused; null when it is not. So is snooze.';

create function jobs.job_stats(
  as_of timestamptz default now(),
  job_name text default null,
  with_history boolean default true
)
returns setof jobs.job_stats
language plpgsql
stable
set search_path = ''
-- The share of thirty days in the log decides which index is read.
set plan_cache_mode = force_custom_plan
-- Compiling takes longer than what it would speed up.
set jit = off
as $function$
declare
  limits constant jobs.health_thresholds := jobs.health_thresholds();
begin
  return query
    select
      job.name,
      job_stats.as_of,
      definition,
      entry.active,
      entry.schedule,
      entry.command,
      jobs.other_entries(definition),
      last_run.run,
      last_finished.run,
      last_success.run,
      coalesce(expectation.is_missed, false),
      successes.runs + failures.runs,
      failures.runs,
      successes.much_quicker_runs,
      catch_ups.runs,
      catch_ups.failed_runs,
      jobs.action_in_force(job.name, 'pause', job_stats.as_of),
      jobs.action_in_force(job.name, 'snooze', job_stats.as_of)
    from jobs.monitored_jobs(job_stats.as_of) as job (name)
    left join jobs.definitions as definition
      on definition.job_name = job.name
    left join jobs.expectations(job_stats.as_of, job_stats.job_name) as expectation
      on expectation.job_name = job.name
    left join lateral (
      select
        scheduled.active,
        scheduled.schedule,
        scheduled.command
      from cron.job as scheduled
      where scheduled.jobname = definition.cron_job_name
        and scheduled.username = jobs.entry_owner()
        and scheduled.database = current_database()
    ) as entry on true
    -- Written like this, only an index by job has the order. An index by time
    -- alone looks as cheap, but for a job without runs all of it would be read.
    left join lateral (
      select logged as run
      from public.jobs_log as logged
      where logged.job_name = any (array[job.name])
        and logged.started_at <= job_stats.as_of
      order by logged.job_name, logged.started_at desc
      limit 1
    ) as last_run on true
    left join lateral (
      select
        logged as run,
        -- Whole milliseconds are under a third when they are under the third
        -- rounded up.
        least(
          (logged.duration_ms + limits.slow_factor - 1) / limits.slow_factor,
          logged.duration_ms - limits.slow_margin_ms
        ) as much_less_ms
      from public.jobs_log as logged
      where logged.job_name = any (array[job.name])
        and logged.status <> 'running'
        and logged.started_at <= job_stats.as_of
      order by logged.job_name, logged.started_at desc
      limit 1
    ) as last_finished on true
    left join lateral (
      select logged as run
      from public.jobs_log as logged
      where logged.job_name = any (array[job.name])
        and logged.status = 'success'
        and logged.started_at <= job_stats.as_of
        and not jobs.is_continued(logged.metadata)
      order by logged.job_name, logged.started_at desc
      limit 1
    ) as last_success on true
    -- Successes and failures have an index each. Telling them apart row by row
    -- would take longer than counting them.
    cross join lateral (
      select
        count(*) as runs,
        count(*) filter (where run.duration_ms < last_finished.much_less_ms) as much_quicker_runs
      from public.jobs_log as run
      where run.job_name = job.name
        and job_stats.with_history
        and run.status = 'success'
        and run.started_at > job_stats.as_of - interval '30 days'
        and run.started_at <= job_stats.as_of
    ) as successes
    cross join lateral (
      select count(*) as runs
      from public.jobs_log as run
      where run.job_name = job.name
        and job_stats.with_history
        and run.status = 'failed'
        and not run.is_cancelled
        and run.started_at > job_stats.as_of - interval '30 days'
        and run.started_at <= job_stats.as_of
    ) as failures
    cross join lateral (
      select
        count(*) as runs,
        count(*) filter (where run.status = 'failed') as failed_runs
      from public.jobs_log as run
      where run.job_name = job.name
        and run.trigger_source = 'catch_up'
        and job_stats.with_history
        and run.status <> 'running'
        and not (run.status = 'failed' and run.is_cancelled)
        and run.started_at > job_stats.as_of - interval '30 days'
        and run.started_at <= job_stats.as_of
    ) as catch_ups
    where job_stats.job_name is null
      or job.name = job_stats.job_name;
end
$function$;

revoke all on function jobs.job_stats(timestamptz, text, boolean)
  from public, anon, authenticated, service_role;

comment on function jobs.job_stats(timestamptz, text, boolean) is
  'The facts of every job that the health report covers (jobs.monitored_jobs), or with job_name of that one among them. '
  'Facts that several checks need are gathered here, once. Without with_history the runs of the last 30 days are not '
  'counted: that is enough for every critical reason, and cheap enough for every minute.';

-- health/median_ms.sql

create function jobs.median_ms(
  job_name text,
  as_of timestamptz default now()
)
returns bigint
language sql
stable
set search_path = ''
as $function$
  select percentile_disc(0.5) within group (order by run.duration_ms)
  from public.jobs_log as run
  where run.job_name = median_ms.job_name
    and run.status = 'success'
    and run.started_at > median_ms.as_of - interval '30 days'
    and run.started_at <= median_ms.as_of;
$function$;

revoke all on function jobs.median_ms(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.median_ms(text, timestamptz) is
  'The median duration of a job''s successes in the 30 days before as_of, in milliseconds; of two in the middle the '
  'shorter. Null without a success.';

-- health/last_run_text.sql

create function jobs.last_run_text(job jobs.job_stats)
returns text
language plpgsql
stable
set search_path = ''
as $function$
begin
  return case
    when (job.last_run).id is null then 'It has never run.'
    else format('The last run was %s.', jobs.time_ago((job.last_run).started_at, job.as_of))
  end;
end
$function$;

revoke all on function jobs.last_run_text(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.last_run_text(jobs.job_stats) is
  'A sentence for the messages of the checks: when the job last ran.';

-- health/setting_state.sql

create function jobs.setting_state(
  name text,
  out code text,
  out problem text
)
language plpgsql
stable
set search_path = ''
as $function$
declare
  found_value text;
begin
  found_value := jobs.setting(setting_state.name);
  if setting_state.name = 'functions_url' then
    found_value := jobs.checked_functions_url(found_value);
  end if;
exception
  when undefined_object or invalid_parameter_value or object_not_in_prerequisite_state then
    get stacked diagnostics
      problem = message_text;
    code := case
      when sqlstate = '55000' then 'setting_unreadable'
      else 'setting_missing'
    end;
end
$function$;

revoke all on function jobs.setting_state(text)
  from public, anon, authenticated, service_role;

comment on function jobs.setting_state(text) is
  'What is wrong with a setting (functions_url, jobs_api_key): the code of its health reason and a sentence that never '
  'contains a key. Both null when it can be used.';

-- health/setting_problem.sql

create function jobs.setting_problem(name text)
returns text
language sql
stable
set search_path = ''
as $function$
  select state.problem
  from jobs.setting_state(setting_problem.name) as state;
$function$;

revoke all on function jobs.setting_problem(text)
  from public, anon, authenticated, service_role;

comment on function jobs.setting_problem(text) is
  'What is wrong with a setting (functions_url, jobs_api_key), or null. Never contains a key.';

-- health/check_run_stuck.sql

create function jobs.check_run_stuck(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
declare
  limits constant jobs.health_thresholds := jobs.health_thresholds();
  max_runtime constant interval := jobs.max_runtime(job.job_name);
  stuck record;
begin
  for stuck in
    select
      run.id,
      run.started_at
    from public.jobs_log as run
    where run.job_name = job.job_name
      and run.status = 'running'
      and (
        run.started_at <= job.as_of - max_runtime - limits.stuck_grace
        or run.started_at > job.as_of + limits.stuck_grace
      )
    order by run.started_at
    limit 1
  loop
    return next (
      'run_stuck',
      'critical',
      case
        when stuck.started_at > job.as_of then
          format(
            'Run %s is running, although it starts in %s. No other run can start before it is over.',
            stuck.id,
            jobs.duration_text(stuck.started_at - job.as_of)
          )
        else format(
          'Run %s has been running for %s, longer than its time limit of %s, and has not been ended.',
          stuck.id,
          jobs.duration_text(job.as_of - stuck.started_at),
          jobs.duration_text(max_runtime)
        )
      end
    )::jobs.health_reason;
  end loop;
end
$function$;

revoke all on function jobs.check_run_stuck(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_run_stuck(jobs.job_stats) is
  'A run is past max_runtime, and the supervisor has not ended it within its grace, or a running run starts in the '
  'future. Reports the oldest.';

-- health/check_last_run_failed.sql

create function jobs.check_last_run_failed(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
declare
  -- The person who cancelled it knows.
  is_cancelled constant boolean := jobs.is_cancelled(job.last_finished);
begin
  if (job.last_finished).status = 'failed' then
    return next (
      'last_run_failed',
      case when is_cancelled then 'warning' else 'critical' end,
      format(
        'The last run %s %s: %s',
        case when is_cancelled then 'was ended' else 'failed' end,
        jobs.time_ago((job.last_finished).completed_at, job.as_of),
        coalesce(left((job.last_finished).error_message, 500), 'it left no message.')
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_last_run_failed(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_last_run_failed(jobs.job_stats) is
  'The last run that ended has failed; a warning only when somebody cancelled it.';

-- health/check_item_failing.sql

create function jobs.check_item_failing(job jobs.job_stats)
returns setof jobs.health_reason
language sql
stable
set search_path = ''
as $function$
  -- Without names and errors: dashboards show reasons to people who may not see
  -- those.
  select
    'item_failing',
    'warning',
    case count(*)
      when 1 then format('One item failed in its last %s runs.', min(known.failures))
      else format('%s items failed in their last 2 runs or more.', count(*))
    end
  from jobs.failing_items as known
  where known.job_name = (check_item_failing.job).job_name
    and known.failures > 1
  having count(*) > 0;
$function$;

revoke all on function jobs.check_item_failing(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_item_failing(jobs.job_stats) is
  'An item failed in the last two runs that tried it, or in more: it is left out, however well the runs end.';

-- health/check_success_rate_low.sql

create function jobs.check_success_rate_low(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
declare
  limits constant jobs.health_thresholds := jobs.health_thresholds();
  -- A run that was caught up counts already.
  runs constant bigint := job.finished_runs - job.finished_catch_ups;
  failed_runs constant bigint := job.failed_runs - job.failed_catch_ups;
begin
  if 100 * (runs - failed_runs) < limits.min_success_rate * runs then
    return next (
      'success_rate_low',
      'warning',
      format(
        '%s %% of the %s runs of the last 30 days succeeded and %s failed%s; at least %s %% is expected.',
        -- Rounded, 94.96 % would be the 95 % that are expected.
        trunc(100.0 * (runs - failed_runs) / runs, 1),
        runs,
        failed_runs,
        case
          when job.finished_catch_ups > 0 then
            format(', catch-up runs not counted (%s)', job.finished_catch_ups)
        end,
        limits.min_success_rate
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_success_rate_low(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_success_rate_low(jobs.job_stats) is
  'Fewer runs of the last 30 days succeeded than min_success_rate. Catch-up runs and cancelled '
  'ones are not counted.';

-- health/check_run_slow.sql

create function jobs.check_run_slow(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
declare
  limits constant jobs.health_thresholds := jobs.health_thresholds();
  slow_after constant interval := coalesce((job.definition).slow_after, (jobs.defaults()).slow_after);
  duration_ms constant bigint := (job.last_finished).duration_ms;
  successes constant bigint := job.finished_runs - job.failed_runs;
  median_ms bigint;
begin
  -- A continued run takes all the time there is.
  if (job.last_finished).status is distinct from 'success' or jobs.is_continued((job.last_finished).metadata) then
    return;
  end if;

  if duration_ms > 1000 * extract(epoch from slow_after) then
    return next (
      'run_slow',
      'warning',
      format(
        'The last run took %s seconds, longer than the %s seconds that a run should take.',
        round(duration_ms / 1000.0, 1),
        trim_scale(extract(epoch from slow_after)::numeric)
      )
    )::jobs.health_reason;
  elsif successes >= limits.slow_min_runs
    -- When half of them were much quicker, so was their median: no need to sort.
    and 2 * job.much_quicker_runs >= successes then
    median_ms := jobs.median_ms(job.job_name, job.as_of);
    return next (
      'run_slow',
      'warning',
      format(
        'The last run took %s seconds, %s times the median of the last 30 days (%s seconds).',
        round(duration_ms / 1000.0, 1),
        round(duration_ms / greatest(median_ms, 1)::numeric, 1),
        round(median_ms / 1000.0, 1)
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_run_slow(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_run_slow(jobs.job_stats) is
  'The last run that ended was a success that took longer than the job''s slow_after, or far longer than the median of '
  '30 days: more than slow_factor times as long, and slow_margin_ms longer.';

-- health/check_run_missed.sql

create function jobs.check_run_missed(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  if job.is_missed then
    return next (
      'run_missed',
      'critical',
      format(
        'No run has succeeded for %s; one is expected every %s. %s',
        jobs.duration_text(
          job.as_of - jobs.success_awaited_since(job.definition, (job.last_success).started_at)
        ),
        jobs.duration_text((job.definition).expected_interval),
        jobs.last_run_text(job)
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_run_missed(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_run_missed(jobs.job_stats) is
  'No run that succeeded has started within expected_interval.';

-- health/check_catch_up_given_up.sql

create function jobs.check_catch_up_given_up(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
declare
  since_success record;
begin
  if not (job.definition).catch_up then
    return;
  end if;

  since_success := jobs.failures_in_a_row(
    job_name => job.job_name,
    last_success_at => (job.last_success).started_at,
    as_of => job.as_of
  );
  if since_success.failures >= (job.definition).max_catch_ups then
    return next (
      'catch_up_given_up',
      'critical',
      format(
        '%s runs in a row have failed, the last %s. The supervisor does not try again: the next tick does (%s), or a '
          'person.',
        since_success.failures,
        jobs.time_ago(since_success.last_failed_at, job.as_of),
        (job.definition).schedule
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_catch_up_given_up(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_catch_up_given_up(jobs.job_stats) is
  'max_catch_ups runs in a row have failed, and the supervisor has stopped to start catch-up runs.';

-- health/check_never_ran.sql

create function jobs.check_never_ran(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
declare
  limits constant jobs.health_thresholds := jobs.health_thresholds();
begin
  if (job.last_run).id is null
    and not job.is_missed
    and (job.definition).enabled_at >= job.as_of - limits.never_ran_for then
    return next (
      'never_ran',
      'warning',
      format(
        'Enabled %s; first run expected within %s.',
        jobs.time_ago((job.definition).enabled_at, job.as_of),
        jobs.duration_text((job.definition).expected_interval)
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_never_ran(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_never_ran(jobs.job_stats) is
  'The job was enabled within never_ran_for and has no run yet. Once its run is missed, run_missed says so instead.';

-- health/check_not_turned_on.sql

create function jobs.check_not_turned_on(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  -- Both are the instant of the transaction that registered it.
  if (job.pause).requested_at <= (job.definition).created_at then
    return next (
      'not_turned_on',
      'info',
      format(
        'The job is installed and not turned on. %s To turn it on: select jobs.resume(%L);',
        (job.pause).reason,
        job.job_name
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_not_turned_on(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_not_turned_on(jobs.job_stats) is
  'The job has been paused since it was registered, and nobody has resumed it: information, and no alarm.';

-- health/check_due_check_failing.sql

create function jobs.check_due_check_failing(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
declare
  failing jobs.due_check_failures;
begin
  if (job.definition).due_check is null then
    return;
  end if;

  select *
  into failing
  from jobs.due_check_failures as noted
  where noted.job_name = job.job_name;

  if found then
    return next (
      'due_check_failing',
      -- One failure may be a lock that was held for a moment.
      case when failing.failures > 1 then 'critical' else 'warning' end,
      format(
        'The due check %s has failed %s, first %s, so only the schedule starts the job (%s). The last error: %s',
        (job.definition).due_check,
        case failing.failures when 1 then 'once' else failing.failures || ' times in a row' end,
        jobs.time_ago(failing.failing_since, job.as_of),
        (job.definition).schedule,
        failing.error
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_due_check_failing(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_due_check_failing(jobs.job_stats) is
  'The due check of the job raises an error or takes too long: a warning the first time, critical from the second on.';

-- health/check_schedule_missing.sql

create function jobs.check_schedule_missing(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  if job.entry_active is null then
    return next (
      'schedule_missing',
      'critical',
      format(
        'The pg_cron entry %s is missing, so nothing starts the job at %s. %s',
        (job.definition).cron_job_name,
        (job.definition).schedule,
        jobs.last_run_text(job)
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_schedule_missing(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_schedule_missing(jobs.job_stats) is
  'The job has no entry in cron.job.';

-- health/check_schedule_inactive.sql

create function jobs.check_schedule_inactive(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  if not job.entry_active then
    return next (
      'schedule_inactive',
      'critical',
      format(
        'The pg_cron entry %s is inactive, so nothing starts the job at %s. %s',
        (job.definition).cron_job_name,
        (job.definition).schedule,
        jobs.last_run_text(job)
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_schedule_inactive(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_schedule_inactive(jobs.job_stats) is
  'The job''s entry in cron.job is inactive.';

-- health/check_paused_but_scheduled.sql

create function jobs.check_paused_but_scheduled(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  if (job.pause).id is not null and job.entry_active then
    return next (
      'paused_but_scheduled',
      'critical',
      format(
        'The job is paused, but its pg_cron entry %s is active and starts it at %s.',
        (job.definition).cron_job_name,
        job.entry_schedule
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_paused_but_scheduled(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_paused_but_scheduled(jobs.job_stats) is
  'The job is paused, and somebody has made its entry in cron.job active.';

-- health/check_command_differs.sql

create function jobs.check_command_differs(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  if job.entry_active and btrim(job.entry_command, E' ;\t\r\n') <> jobs.dispatch_command(job.job_name) then
    return next (
      'command_differs',
      'critical',
      format(
        'The pg_cron entry %s does not start the job as registered. It executes: %s. %s',
        (job.definition).cron_job_name,
        left(regexp_replace(job.entry_command, '\s+', ' ', 'g'), 200),
        jobs.last_run_text(job)
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_command_differs(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_command_differs(jobs.job_stats) is
  'The job''s entry in cron.job is active and executes something else than registered.';

-- health/check_disabled_but_scheduled.sql

create function jobs.check_disabled_but_scheduled(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  if job.entry_active and not (job.definition).enabled then
    return next (
      'disabled_but_scheduled',
      'critical',
      format(
        'The job is registered as disabled, but its pg_cron entry %s is active. It runs, and a missed run is not noticed.',
        (job.definition).cron_job_name
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_disabled_but_scheduled(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_disabled_but_scheduled(jobs.job_stats) is
  'The job is registered as disabled, and its entry in cron.job is active.';

-- health/check_schedule_differs.sql

create function jobs.check_schedule_differs(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  if job.entry_active and job.entry_schedule <> (job.definition).schedule then
    return next (
      'schedule_differs',
      'warning',
      format(
        'The pg_cron entry %s runs at %s, but the job is registered for %s.',
        (job.definition).cron_job_name,
        job.entry_schedule,
        (job.definition).schedule
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_schedule_differs(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_schedule_differs(jobs.job_stats) is
  'The job''s entry in cron.job is active at other times than registered.';

-- health/check_schedule_duplicated.sql

create function jobs.check_schedule_duplicated(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  if job.other_entries is not null then
    return next (
      'schedule_duplicated',
      'warning',
      format(
        'The job is registered with one pg_cron entry, %s, and there are others: %s.',
        (job.definition).cron_job_name,
        job.other_entries
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_schedule_duplicated(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_schedule_duplicated(jobs.job_stats) is
  'Another active entry in cron.job starts the job too, or has the name of its entry under another owner.';

-- health/check_database_copy.sql

create function jobs.check_database_copy()
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  if jobs.is_copy() then
    return query
      select
        'database_copy',
        'critical',
        format(
          'This database is a copy. The functions at %s belong to another database, and have refused it since %s. It '
          'starts no run and sends no alert.',
          refused.functions_url,
          to_char(refused.refused_since at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')
        )
      from jobs.refused_address as refused;
  end if;
end
$function$;

revoke all on function jobs.check_database_copy()
  from public, anon, authenticated, service_role;

comment on function jobs.check_database_copy() is
  'The functions at functions_url work on another database, so this one is a copy (jobs.is_copy).';

-- health/check_scheduler_dead.sql

create function jobs.check_scheduler_dead()
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select
      'scheduler_dead',
      'critical',
      'The pg_cron process is not running, so no job starts by itself. A restart of the database brings it back.'
    where not exists (
      select 1
      from pg_catalog.pg_stat_activity as process
      where process.backend_type like 'pg\_cron%'
        or process.application_name like 'pg\_cron%'
    );
end
$function$;

revoke all on function jobs.check_scheduler_dead()
  from public, anon, authenticated, service_role;

comment on function jobs.check_scheduler_dead() is
  'The process of pg_cron is not running.';

-- health/check_scheduler_full.sql

create function jobs.check_scheduler_full(as_of timestamptz default now())
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
declare
  limits constant jobs.health_thresholds := jobs.health_thresholds();
  slots constant int := coalesce(nullif(current_setting('cron.max_running_jobs', true), '')::int, 32);
  held bigint;
  idle bigint;
begin
  select
    count(*),
    count(*) filter (
      where session.state = 'idle' and session.state_change <= check_scheduler_full.as_of - limits.slot_held_for
    )
  into held, idle
  from pg_catalog.pg_stat_activity as session
  where session.application_name = 'pg_cron'
    and session.backend_start <= check_scheduler_full.as_of - limits.slot_held_for;

  if held >= slots then
    return next (
      'scheduler_full',
      'critical',
      format(
        'All %s slots of pg_cron have been taken for over %s, so no job starts. %s of their sessions are idle.',
        slots,
        jobs.duration_text(limits.slot_held_for),
        idle
      )
    )::jobs.health_reason;
  elsif idle > 0 then
    return next (
      'scheduler_full',
      'warning',
      format(
        'pg_cron holds on to %s that %s ended over %s ago. It has %s slots, and a job that finds none does not start.',
        case when idle = 1 then '1 session' else idle || ' sessions' end,
        case when idle = 1 then 'has' else 'have' end,
        jobs.duration_text(limits.slot_held_for),
        slots
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_scheduler_full(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.check_scheduler_full(timestamptz) is
  'pg_cron holds on to sessions that are idle, or all its slots (cron.max_running_jobs) have been taken for slot_held_for. '
  'While many entries start at once, pg_cron may forget to look at sessions that have finished.';

-- health/check_supervisor_silent.sql

create function jobs.check_supervisor_silent(as_of timestamptz default now())
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
declare
  limits constant jobs.health_thresholds := jobs.health_thresholds();
  supervisor record;
begin
  select
    entry.active,
    coalesce(last_success.start_time, first_tick.start_time) as well_until
  into supervisor
  from cron.job as entry
  left join lateral (
    select tick.start_time
    from cron.job_run_details as tick
    where tick.jobid = entry.jobid
      and tick.status = 'succeeded'
    order by tick.runid desc
    limit 1
  ) as last_success on true
  left join lateral (
    select tick.start_time
    from cron.job_run_details as tick
    -- A history that was never trimmed is long: read its start only if needed.
    where last_success.start_time is null
      and tick.jobid = entry.jobid
      -- It has none while it is being started, and when it could not be.
      and tick.start_time is not null
    order by tick.runid
    limit 1
  ) as first_tick on true
  where entry.jobname = 'job-supervisor'
    and entry.username = jobs.entry_owner()
    and entry.database = current_database();

  if not found or not supervisor.active then
    return next (
      'supervisor_silent',
      'critical',
      'The pg_cron entry job-supervisor is missing or inactive: dead runs are not ended, missed runs are not caught up.'
    )::jobs.health_reason;
  elsif supervisor.well_until < check_supervisor_silent.as_of - limits.supervisor_silent_after then
    return next (
      'supervisor_silent',
      'critical',
      format(
        'The supervisor should succeed every minute, but has not for %s. %s',
        jobs.duration_text(check_supervisor_silent.as_of - supervisor.well_until),
        coalesce(
          (
            select 'pg_cron reports: ' || left(tick.return_message, 300)
            from cron.job as entry
            join cron.job_run_details as tick
              on tick.jobid = entry.jobid
            where entry.jobname = 'job-supervisor'
              and tick.status = 'failed'
              and tick.start_time >= supervisor.well_until
            order by tick.runid desc
            limit 1
          ),
          'pg_cron has not started it.'
        )
      )
    )::jobs.health_reason;
  end if;

  if not exists (
    select 1
    from cron.job as entry
    where entry.jobname = 'check-job-health-hourly'
      and entry.username = jobs.entry_owner()
      and entry.database = current_database()
      and entry.active
  ) then
    return next (
      'supervisor_silent',
      'critical',
      'The pg_cron entry check-job-health-hourly is missing or inactive: the hourly health check does not run.'
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_supervisor_silent(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.check_supervisor_silent(timestamptz) is
  'The supervisor has not succeeded for supervisor_silent_after, or its pg_cron entry or that of the hourly health '
  'check is missing or inactive. A row for each.';

-- health/check_own_entry_differs.sql

create function jobs.check_own_entry_differs()
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    with entries as (
      select
        own.name,
        own.schedule,
        entry.jobid,
        entry.active,
        entry.schedule as present_schedule,
        left(regexp_replace(entry.command, '\s+', ' ', 'g'), 200) as present_command,
        btrim(entry.command, E' ;\t\r\n') = own.command as has_command,
        other.list as others
      from jobs.own_entries() as own
      left join cron.job as entry
        on entry.jobname = own.name
        and entry.username = jobs.entry_owner()
        and entry.database = current_database()
      cross join lateral (
        select string_agg(
          format('%s of %s', coalesce(second.jobname, 'entry ' || second.jobid), second.username),
          ', '
          order by second.jobid
        ) as list
        from cron.job as second
        where second.active
          and second.database = current_database()
          and (second.jobname = own.name or second.command = own.command)
          and second.jobid is distinct from entry.jobid
      ) as other
    )
    select
      'own_entry_differs',
      'critical',
      case
        when entries.jobid is null then
          format('The pg_cron entry %s is missing.', entries.name)
        when not entries.active then
          format('The pg_cron entry %s is inactive.', entries.name)
        when not entries.has_command then
          format('The pg_cron entry %s executes something else: %s.', entries.name, entries.present_command)
        else
          format(
            'The pg_cron entry %s runs at %s instead of %s.',
            entries.name,
            entries.present_schedule,
            entries.schedule
          )
      end
    from entries
    where case
      when entries.name in ('job-supervisor', 'check-job-health-hourly') then entries.active
      else true
    end
      and (entries.jobid is null
        or not entries.active
        or not entries.has_command
        or entries.present_schedule <> entries.schedule)

    union all

    select
      'own_entry_differs',
      'warning',
      format('The pg_cron entry %s exists a second time: %s.', entries.name, entries.others)
    from entries
    where entries.others is not null;
end
$function$;

revoke all on function jobs.check_own_entry_differs()
  from public, anon, authenticated, service_role;

comment on function jobs.check_own_entry_differs() is
  'A pg_cron entry of jobs.own_entries() is missing or inactive, has another schedule or another command, or exists a '
  'second time. A row for each. That the supervisor or the hourly check is missing or inactive is supervisor_silent.';

-- health/check_own_entry_failing.sql

create function jobs.check_own_entry_failing()
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select
      'own_entry_failing',
      'critical',
      format(
        'The pg_cron entry %s fails whenever it runs. pg_cron reports: %s',
        own.name,
        left(coalesce(latest.message, 'nothing'), 300)
      )
    from jobs.own_entries() as own
    join cron.job as entry
      on entry.jobname = own.name
      and entry.username = jobs.entry_owner()
      and entry.database = current_database()
    cross join lateral (
      select
        count(*) as ticks,
        bool_and(tick.status = 'failed') as all_failed,
        (array_agg(tick.return_message order by tick.runid desc))[1] as message
      from (
        -- One may have met a lock or a restart. By the primary key, backwards.
        select recent.*
        from cron.job_run_details as recent
        where recent.jobid = entry.jobid
          and recent.status in ('succeeded', 'failed')
        order by recent.runid desc
        limit 2
      ) as tick
    ) as latest
    -- Of the supervisor, supervisor_silent says it sooner.
    where own.name <> 'job-supervisor'
      and latest.ticks = 2
      and latest.all_failed;
end
$function$;

revoke all on function jobs.check_own_entry_failing()
  from public, anon, authenticated, service_role;

comment on function jobs.check_own_entry_failing() is
  'A pg_cron entry of jobs.own_entries() has failed the last two times it ran. A row for each. For the supervisor there '
  'is supervisor_silent.';

-- health/check_entry_without_job.sql

create function jobs.check_entry_without_job()
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select
      'entry_without_job',
      'critical',
      format(
        'The pg_cron entry %s starts a job that is not registered, and fails whenever it runs (%s). It executes: %s.',
        coalesce(entry.jobname, 'number ' || entry.jobid),
        entry.schedule,
        left(regexp_replace(entry.command, '\s+', ' ', 'g'), 200)
      )
    from cron.job as entry
    cross join lateral regexp_match(
      entry.command,
      '\mjobs\.dispatch\s*\(\s*(?:job_name\s*(?:=>|:=)\s*)?''([^'']+)'''
    ) as started (literals)
    where started.literals is not null
      and entry.active
      and entry.database = current_database()
      and not exists (
        select 1
        from jobs.definitions as definition
        where definition.job_name = started.literals[1]
          -- That the entry of a job starts another is command_differs.
          or (definition.cron_job_name = entry.jobname and entry.username = jobs.entry_owner())
      )
    order by entry.jobid;
end
$function$;

revoke all on function jobs.check_entry_without_job()
  from public, anon, authenticated, service_role;

comment on function jobs.check_entry_without_job() is
  'An active pg_cron entry dispatches a job that is not registered: its definition was deleted, or its name is misspelt. '
  'It fails at each tick, and only the history of pg_cron shows it. A row for each.';

-- health/check_supervisor_step_failing.sql

create function jobs.check_supervisor_step_failing(as_of timestamptz default now())
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select
      'supervisor_step_failing',
      -- Its alert is run_failed of job-supervisor. Here is another, in case that
      -- one was not raised.
      case when known.since < check_supervisor_step_failing.as_of - interval '5 minutes' then 'critical' else 'warning' end,
      format(
        'The step %s of the supervisor fails since %s: %s',
        known.step,
        to_char(known.since at time zone 'utc', 'YYYY-MM-DD HH24:MI "UTC"'),
        left(known.problem, 300)
      )
    from jobs.supervisor_problems as known;
end
$function$;

revoke all on function jobs.check_supervisor_step_failing(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.check_supervisor_step_failing(timestamptz) is
  'A step of the supervisor failed when it was last tried. A row for each.';

-- health/check_trigger_disabled.sql

create function jobs.check_trigger_disabled()
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select
      'trigger_disabled',
      'critical',
      format(
        'The trigger %s on %s is %s.%s',
        wanted.name,
        wanted.parent,
        case when present.tgname is null then 'missing' else 'disabled' end,
        case
          when wanted.name like 'handle\_ended\_runs%' then ' A run that fails raises no alert.'
        end
      )
    from jobs.manifest() as wanted
    left join pg_catalog.pg_trigger as present
      on present.tgrelid = to_regclass(wanted.parent)
      and present.tgname = wanted.name
    where wanted.kind = 'trigger'
      -- A trigger for replicas only does not fire in an ordinary session.
      and (present.tgname is null or present.tgenabled in ('D', 'R'));
end
$function$;

revoke all on function jobs.check_trigger_disabled()
  from public, anon, authenticated, service_role;

comment on function jobs.check_trigger_disabled() is
  'A trigger of Duewatch is disabled or missing, so what it does when a row is written is not done. A row for each.';

-- health/check_setting_missing.sql

create function jobs.check_setting_missing()
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select
      'setting_missing',
      'critical',
      format('No job can start: %s.', state.problem)
    from unnest(array['functions_url', 'jobs_api_key']) as setting (name)
    cross join lateral jobs.setting_state(setting.name) as state
    where state.code = 'setting_missing';
end
$function$;

revoke all on function jobs.check_setting_missing()
  from public, anon, authenticated, service_role;

comment on function jobs.check_setting_missing() is
  'A setting without which no function can be called is missing or unusable. A row for each.';

-- health/check_setting_unreadable.sql

create function jobs.check_setting_unreadable()
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select
      'setting_unreadable',
      'critical',
      format('No job can start: %s.', rtrim(state.problem, '.'))
    from unnest(array['functions_url', 'jobs_api_key']) as setting (name)
    cross join lateral jobs.setting_state(setting.name) as state
    where state.code = 'setting_unreadable';
end
$function$;

revoke all on function jobs.check_setting_unreadable()
  from public, anon, authenticated, service_role;

comment on function jobs.check_setting_unreadable() is
  'Vault cannot be read, and a setting without which no function can be called is nowhere else. A row for each.';

-- health/check_no_alert_channel.sql

create function jobs.check_no_alert_channel(as_of timestamptz default now())
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select
      'no_alert_channel',
      'warning',
      'No alert channel is set up. Failures will not reach anyone.'
    where not exists (
      select 1
      from jobs.alert_channels
    )

    union all

    select
      'no_alert_channel',
      'warning',
      format(
        'The alert channel %s was last announced %s; the hourly health check announces every channel that is set up.',
        channel.name,
        jobs.time_ago(channel.announced_at, check_no_alert_channel.as_of)
      )
    from jobs.alert_channels as channel
    where channel.announced_at
      < check_no_alert_channel.as_of - (jobs.health_thresholds()).channel_silent_after;
end
$function$;

revoke all on function jobs.check_no_alert_channel(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.check_no_alert_channel(timestamptz) is
  'No alert channel is known, or one has not been announced for channel_silent_after. A row for each.';

-- health/check_channel_misconfigured.sql

create function jobs.check_channel_misconfigured()
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select
      'channel_misconfigured',
      'warning',
      format('No alert goes out on %s: %s', known.channel, known.problem)
    from jobs.channel_problems as known
    where known.channel <> 'links'

    union all

    select
      'channel_misconfigured',
      'warning',
      format('Alerts go out without their links: %s', known.problem)
    from jobs.channel_problems as known
    where known.channel = 'links';
end
$function$;

revoke all on function jobs.check_channel_misconfigured()
  from public, anon, authenticated, service_role;

comment on function jobs.check_channel_misconfigured() is
  'The settings of an alert channel in the functions are incomplete or invalid, so it is off. A row for each.';

-- health/check_alerts_undelivered.sql

create function jobs.check_alerts_undelivered(as_of timestamptz default now())
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select
      'alerts_undelivered',
      'critical',
      concat_ws(
        ' ',
        format(
          '%s waiting for %s, the oldest for %s.',
          case when count(*) = 1 then '1 alert is' else count(*) || ' alerts are' end,
          delivery.channel,
          jobs.duration_text(check_alerts_undelivered.as_of - min(delivery.queued_at))
        ),
        case max(delivery.attempts)
          when 0 then 'Sending was not tried.'
          when 1 then 'Tried once.'
          else format('Tried up to %s times.', max(delivery.attempts))
        end,
        'The last error: ' || left(
          (
            array_agg(delivery.last_error order by delivery.next_attempt_at desc)
              filter (where delivery.last_error is not null)
          )[1],
          300
        )
      )
    from jobs.alert_deliveries as delivery
    join jobs.alert_channels as channel
      on channel.name = delivery.channel
    where delivery.status = 'pending'
    group by delivery.channel
    having min(delivery.queued_at)
      < check_alerts_undelivered.as_of - (jobs.health_thresholds()).undelivered_after

    union all

    select
      'alerts_undelivered',
      -- Each has reached people on another channel, or one of them has not at all.
      case when bool_and(elsewhere.is_sent) then 'warning' else 'critical' end,
      format(
        '%s given up for %s in the last 24 hours. The last error: %s',
        case when count(*) = 1 then '1 alert was' else count(*) || ' alerts were' end,
        delivery.channel,
        left((array_agg(delivery.last_error order by delivery.finished_at desc))[1], 300)
      )
    from jobs.alert_deliveries as delivery
    cross join lateral (
      select exists (
        select 1
        from jobs.alert_deliveries as other
        where other.alert_id = delivery.alert_id
          and other.status = 'sent'
      ) as is_sent
    ) as elsewhere
    where delivery.status = 'given_up'
      and delivery.finished_at > check_alerts_undelivered.as_of - interval '24 hours'
      and delivery.channel in (
        select channel.name
        from jobs.alert_channels as channel
      )
      -- A refused test says that the channel does not work, until it works.
      and not exists (
        select 1
        from jobs.alerts as test
        join jobs.alert_deliveries as later
          on later.channel = delivery.channel
        where test.id = delivery.alert_id
          and test.kind = 'test'
          and later.status = 'sent'
          and later.finished_at > delivery.finished_at
      )
    group by delivery.channel;
end
$function$;

revoke all on function jobs.check_alerts_undelivered(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.check_alerts_undelivered(timestamptz) is
  'Alerts have waited for a channel longer than undelivered_after, or were given up for it in the last 24 hours. A '
  'test that was given up counts until the channel has sent something. A row for each channel.';

-- health/check_no_last_resort.sql

create function jobs.check_no_last_resort()
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    with target as materialized (
      select
        state.channel,
        found.url,
        coalesce(found.problem, case when found.url is not null then state.last_error end) as problem
      from jobs.last_resort as state
      cross join lateral jobs.last_resort_target(state.channel) as found
    )
    select
      'no_last_resort',
      'warning',
      'No last resort is set up. A failure to deliver alerts will not reach anyone.'
    where not exists (
      select 1
      from target
      where target.url is not null
        or target.problem is not null
    )

    union all

    select
      'no_last_resort',
      'warning',
      format('The last resort cannot send to %s: %s', target.channel, rtrim(target.problem, '.') || '.')
    from target
    where target.problem is not null;
end
$function$;

revoke all on function jobs.check_no_last_resort()
  from public, anon, authenticated, service_role;

comment on function jobs.check_no_last_resort() is
  'The database has no channel of its own on which to say that alerts are not delivered, or could not send there the '
  'last time. A row for each.';

-- health/check_last_resort_differs.sql

create function jobs.check_last_resort_differs()
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select
      'last_resort_differs',
      'warning',
      format(
        'Alerts and the last resort go to different places on %s: the setting %s in Vault differs from the secret of the '
          'functions.',
        channel.name,
        case channel.name when 'slack' then 'slack_webhook_url' else 'alert_email_to' end
      )
    from jobs.alert_channels as channel
    cross join lateral jobs.last_resort_target(channel.name) as target
    where channel.name in ('slack', 'email')
      and channel.fingerprint <> target.fingerprint;
end
$function$;

revoke all on function jobs.check_last_resort_differs()
  from public, anon, authenticated, service_role;

comment on function jobs.check_last_resort_differs() is
  'The functions send alerts to another place on a channel than the last resort would. A row for each channel.';

-- health/job_health_reasons.sql

create function jobs.job_health_reasons(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select * from jobs.check_run_stuck(job)
    union all
    select * from jobs.check_disabled_but_scheduled(job);

  -- Nothing else is expected of a disabled job.
  if not (job.definition).enabled then
    return;
  end if;

  return query
    select * from jobs.check_last_run_failed(job)
    union all
    select * from jobs.check_item_failing(job)
    union all
    select * from jobs.check_success_rate_low(job)
    union all
    select * from jobs.check_run_slow(job);

  -- The rest compares with what was registered.
  if (job.definition).job_name is null then
    return;
  end if;

  -- Nothing starts a paused job, and that is meant.
  if (job.pause).id is null then
    return query
      select * from jobs.check_run_missed(job)
      union all
      select * from jobs.check_catch_up_given_up(job)
      union all
      select * from jobs.check_never_ran(job)
      union all
      select * from jobs.check_due_check_failing(job)
      union all
      select * from jobs.check_schedule_inactive(job);
  else
    return query
      select * from jobs.check_not_turned_on(job)
      union all
      select * from jobs.check_paused_but_scheduled(job);
  end if;

  return query
    select * from jobs.check_schedule_missing(job)
    union all
    select * from jobs.check_command_differs(job)
    union all
    select * from jobs.check_schedule_differs(job)
    union all
    select * from jobs.check_schedule_duplicated(job);
end
$function$;

revoke all on function jobs.job_health_reasons(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.job_health_reasons(jobs.job_stats) is
  'Runs every check of a job, in the order of the report; of a paused job, none of those that compare its runs and entry '
  'with its schedule. Returns no row when the job is ok.';

-- health/system_health_reasons.sql

-- The checks are in plpgsql: prepared once a session, and not for each report.
create function jobs.system_health_reasons(as_of timestamptz default now())
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select * from jobs.check_database_copy()
    union all
    select * from jobs.check_scheduler_dead()
    union all
    select * from jobs.check_scheduler_full(system_health_reasons.as_of)
    union all
    select * from jobs.check_supervisor_silent(system_health_reasons.as_of)
    union all
    select * from jobs.check_supervisor_step_failing(system_health_reasons.as_of)
    union all
    select * from jobs.check_own_entry_differs()
    union all
    select * from jobs.check_own_entry_failing()
    union all
    select * from jobs.check_entry_without_job()
    union all
    select * from jobs.check_trigger_disabled()
    union all
    select * from jobs.check_setting_missing()
    union all
    select * from jobs.check_setting_unreadable()
    union all
    select * from jobs.check_no_alert_channel(system_health_reasons.as_of)
    union all
    select * from jobs.check_channel_misconfigured()
    union all
    select * from jobs.check_alerts_undelivered(system_health_reasons.as_of)
    union all
    select * from jobs.check_no_last_resort()
    union all
    select * from jobs.check_last_resort_differs();
end
$function$;

revoke all on function jobs.system_health_reasons(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.system_health_reasons(timestamptz) is
  'Runs every check of the system, in the order of the report. Returns no row when the system is ok.';

-- health/worst_severity.sql

create function jobs.worst_severity(reasons jsonb)
returns text
language sql
immutable
set search_path = ''
as $function$
  select case
    when worst_severity.reasons @> '[{"severity": "critical"}]' then 'critical'
    when worst_severity.reasons @> '[{"severity": "warning"}]' then 'warning'
    else 'ok'
  end;
$function$;

revoke all on function jobs.worst_severity(jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.worst_severity(jsonb) is
  'The status of an array of reasons: the worst severity among them, or ok when there are none. '
  'A reason that is info counts as none.';

-- health/job_health_report.sql

create function jobs.job_health_report(
  as_of timestamptz default now(),
  job_name text default null,
  with_history boolean default true
)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'job_name', job.job_name,
        'registered', (job.definition).job_name is not null,
        'enabled', coalesce((job.definition).enabled, false),
        'schedule', (job.definition).schedule,
        'paused', case
          when (job.pause).id is not null then jobs.action_as_json(job.pause)
        end,
        'snoozed', case
          when (job.snooze).id is not null then jobs.action_as_json(job.snooze)
        end,
        'status', jobs.worst_severity(judged.reasons),
        'reasons', judged.reasons,
        'last_run', case
          when (job.last_run).id is not null then
            jobs.run_facts(job.last_run) || jsonb_build_object('status', (job.last_run).status)
        end,
        'failure_cause', jobs.failure_cause(job.last_finished),
        'last_success', case
          when (job.last_success).id is not null then
            jobs.run_facts(job.last_success) || jsonb_build_object('status', (job.last_success).status)
        end,
        'failing_items', jobs.first_failing_items(job.job_name),
        'hours_since_last_run', jobs.elapsed_hours((job.last_run).started_at, job_health_report.as_of),
        'hours_since_last_success', jobs.elapsed_hours((job.last_success).started_at, job_health_report.as_of),
        'success_rate_30d', round(
          100.0 * (job.finished_runs - job.failed_runs) / nullif(job.finished_runs, 0),
          2
        ),
        'runs_30d', job.finished_runs,
        'failed_runs_30d', job.failed_runs
      )
      order by job.job_name
    ),
    '[]'
  )
  from jobs.job_stats(
    as_of => job_health_report.as_of,
    job_name => job_health_report.job_name,
    with_history => job_health_report.with_history
  ) as job
  cross join lateral (
    select coalesce(jsonb_agg(to_jsonb(reason)), '[]') as reasons
    from jobs.job_health_reasons(job) as reason
  ) as judged;
$function$;

revoke all on function jobs.job_health_report(timestamptz, text, boolean)
  from public, anon, authenticated, service_role;

comment on function jobs.job_health_report(timestamptz, text, boolean) is
  'The health of every job, or with job_name of that one: why it is paused or snoozed, status, reasons, last run, '
  'last success, success rate of 30 days. Without with_history every critical reason is there, and what 30 days would show is not. '
  'Returns an array.';

-- health/reason_without_details.sql

create function jobs.reason_without_details(
  reason jsonb,
  cause text default null
)
returns jsonb
language sql
immutable
set search_path = ''
as $function$
  -- What a sentence quotes comes after its first colon: an error, a command.
  select reason_without_details.reason || jsonb_build_object(
    'message',
    case
      when reason_without_details.reason ->> 'code' in ('setting_missing', 'setting_unreadable') then
        reason_without_details.reason ->> 'message'
      -- It quotes why the job was paused.
      when reason_without_details.reason ->> 'code' = 'not_turned_on' then
        'The job is installed and not turned on.'
      when reason_without_details.reason ->> 'message' !~ ':\s' then
        reason_without_details.reason ->> 'message'
      else
        concat_ws(
          ': ',
          -- Nor what announces it: "The last error: …".
          btrim(
            regexp_replace(reason_without_details.reason ->> 'message', '(?s)(?:\s+(?:The last error|It executes))?:\s.*$', ''),
            '. '
          ),
          reason_without_details.cause
        ) || '.'
    end
  );
$function$;

revoke all on function jobs.reason_without_details(jsonb, text)
  from public, anon, authenticated, service_role;

comment on function jobs.reason_without_details(jsonb, text) is
  'A reason of the health report for dashboards and read keys: without the error or the command that its message quotes, '
  'and with cause (jobs.failure_cause) in its place, if there is one.';

-- health/action_without_details.sql

create function jobs.action_without_details(action jsonb)
returns jsonb
language sql
immutable
set search_path = ''
as $function$
  select case
    when jsonb_typeof(action_without_details.action) = 'object' then
      action_without_details.action || '{"reason": "(not shown)", "requested_by": "(not shown)"}'
    else action_without_details.action
  end;
$function$;

revoke all on function jobs.action_without_details(jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.action_without_details(jsonb) is
  'A pause or a snooze for read keys: its instants, without who asked and why.';

-- health/job_without_details.sql

create function jobs.job_without_details(job jsonb)
returns jsonb
language sql
immutable
set search_path = ''
as $function$
  select job_without_details.job || jsonb_build_object(
    'paused', jobs.action_without_details(job_without_details.job -> 'paused'),
    'snoozed', jobs.action_without_details(job_without_details.job -> 'snoozed'),
    'reasons', (
      select coalesce(
        jsonb_agg(
          jobs.reason_without_details(
            reason.value,
            case
              when reason.value ->> 'code' = 'last_run_failed' then job_without_details.job ->> 'failure_cause'
            end
          )
          order by reason.position
        ),
        '[]'
      )
      from jsonb_array_elements(job_without_details.job -> 'reasons') with ordinality as reason (value, position)
    ),
    'last_run', case
      when jsonb_typeof(job_without_details.job -> 'last_run') = 'object' then
        (job_without_details.job -> 'last_run') || jsonb_build_object(
          'error_message', case
            when job_without_details.job #>> '{last_run,status}' = 'failed' then
              job_without_details.job -> 'failure_cause'
          end,
          'errors', jsonb '[]'
        )
    end,
    'last_success', case
      when jsonb_typeof(job_without_details.job -> 'last_success') = 'object' then
        (job_without_details.job -> 'last_success') || '{"error_message": null, "errors": []}'
    end,
    'failing_items', jsonb '[]'
  );
$function$;

revoke all on function jobs.job_without_details(jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.job_without_details(jsonb) is
  'The report on a job (jobs.job_health_report) for dashboards and read keys: with the cause of a failure in place of its '
  'message, and without items, the errors of items, and what people wrote.';

-- health/health_without_details.sql

create function jobs.health_without_details(health jsonb)
returns jsonb
language sql
immutable
set search_path = ''
as $function$
  select health_without_details.health || jsonb_build_object(
    'jobs', (
      select coalesce(jsonb_agg(jobs.job_without_details(job.value) order by job.position), '[]')
      from jsonb_array_elements(health_without_details.health -> 'jobs') with ordinality as job (value, position)
    ),
    'system', (health_without_details.health -> 'system') || jsonb_build_object(
      'reasons', (
        select coalesce(jsonb_agg(jobs.reason_without_details(reason.value) order by reason.position), '[]')
        from jsonb_array_elements(health_without_details.health #> '{system,reasons}')
          with ordinality as reason (value, position)
      )
    ),
    'incidents', (
      select coalesce(
        jsonb_agg(
          case
            when jsonb_typeof(incident.value -> 'last_alert') = 'object' then
              jsonb_set(incident.value, '{last_alert,error}', 'null')
            else incident.value
          end
          order by incident.position
        ),
        '[]'
      )
      from jsonb_array_elements(health_without_details.health -> 'incidents')
        with ordinality as incident (value, position)
    ),
    'channels', (
      select coalesce(
        jsonb_agg(channel.value || '{"last_error": null}' order by channel.position),
        '[]'
      )
      from jsonb_array_elements(health_without_details.health -> 'channels')
        with ordinality as channel (value, position)
    )
  );
$function$;

revoke all on function jobs.health_without_details(jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.health_without_details(jsonb) is
  'The health report for read keys: what is wrong and since when, without items, errors and what people wrote '
  '(jobs.job_without_details, jobs.reason_without_details).';

-- health/channel_health_report.sql

create function jobs.channel_health_report(as_of timestamptz default now())
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'name', channel.name,
        'announced_at', channel.announced_at,
        'paused_until', case when channel.paused_until > channel_health_report.as_of then channel.paused_until end,
        'pending', waiting.deliveries,
        'oldest_pending_at', waiting.oldest_at,
        'given_up_24h', given_up.deliveries,
        'last_error', coalesce(waiting.last_error, given_up.last_error),
        'last_sent_at', last_sent.finished_at
      )
      order by channel.name
    ),
    '[]'
  )
  from jobs.alert_channels as channel
  cross join lateral (
    select
      count(*) as deliveries,
      min(delivery.queued_at) as oldest_at,
      (array_agg(delivery.last_error order by delivery.next_attempt_at desc)
        filter (where delivery.last_error is not null))[1] as last_error
    from jobs.alert_deliveries as delivery
    where delivery.channel = channel.name
      and delivery.status = 'pending'
  ) as waiting
  cross join lateral (
    select
      count(*) as deliveries,
      (array_agg(delivery.last_error order by delivery.finished_at desc))[1] as last_error
    from jobs.alert_deliveries as delivery
    where delivery.channel = channel.name
      and delivery.status = 'given_up'
      and delivery.finished_at > channel_health_report.as_of - interval '24 hours'
  ) as given_up
  left join lateral (
    select delivery.finished_at
    from jobs.alert_deliveries as delivery
    where delivery.channel = channel.name
      and delivery.status = 'sent'
    order by delivery.finished_at desc
    limit 1
  ) as last_sent on true;
$function$;

revoke all on function jobs.channel_health_report(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.channel_health_report(timestamptz) is
  'The health of every announced channel: pending deliveries, given-up ones, the last one sent. Returns an array.';

-- health/open_incidents.sql

create function jobs.open_incidents()
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'job_name', incident.job_name,
        'kind', incident.kind,
        'opened_at', incident.opened_at,
        'last_seen_at', incident.last_seen_at,
        'last_alerted_at', incident.last_alerted_at,
        'occurrences', incident.occurrences,
        'reminders', incident.reminders,
        'last_alert', (
          select jobs.alert_outcome(alert.id)
          from jobs.alerts as alert
          where alert.incident_id = incident.id
          order by alert.sequence desc
          limit 1
        )
      )
      order by incident.opened_at, incident.job_name, incident.kind
    ),
    '[]'
  )
  from jobs.incidents as incident
  where incident.closed_at is null;
$function$;

revoke all on function jobs.open_incidents()
  from public, anon, authenticated, service_role;

comment on function jobs.open_incidents() is
  'The incidents that are open, oldest first. Returns an array.';

-- health/stuck_since.sql

create function jobs.stuck_since(
  job_name text,
  as_of timestamptz default now()
)
returns timestamptz
language sql
stable
set search_path = ''
as $function$
  select least(min(run.started_at + jobs.max_runtime(run.job_name)), stuck_since.as_of)
  from public.jobs_log as run
  where run.job_name = stuck_since.job_name
    and run.status = 'running';
$function$;

revoke all on function jobs.stuck_since(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.stuck_since(text, timestamptz) is
  'When the time of the job''s oldest run that is running was over; as_of when it is not over yet, null without one.';

-- health/health_verdicts.sql

create function jobs.health_verdicts(health jsonb)
returns table (
  job_name text,
  reasons jsonb,
  last_run_at text,
  hours_since_last_run jsonb
)
language sql
immutable
set search_path = ''
as $function$
  select
    job.value ->> 'job_name',
    jsonb_path_query_array(
      job.value -> 'reasons',
      '$[*] ? (@.severity == "critical" && @.code != "last_run_failed" && @.code != "run_missed")'
    ),
    job.value #>> '{last_run,started_at}',
    job.value -> 'hours_since_last_run'
  from jsonb_array_elements(health_verdicts.health -> 'jobs') as job

  union all

  select
    'duewatch',
    jsonb_path_query_array(
      health_verdicts.health #> '{system,reasons}',
      '$[*] ? (@.severity == "critical")'
    ),
    null,
    null;
$function$;

revoke all on function jobs.health_verdicts(jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.health_verdicts(jsonb) is
  'What the incident job_unhealthy is about, from a health report: the critical reasons of each job, and those of the '
  'system under the name duewatch. A failed and a missed run have incidents of their own.';

-- health/is_unjudged.sql

create function jobs.is_unjudged(job_name text)
returns boolean
language sql
stable
set search_path = ''
as $function$
  select exists (
    select 1
    from jobs.incidents as incident
    join jobs.definitions as definition
      on definition.job_name = incident.job_name
    cross join jsonb_array_elements(incident.details -> 'reasons') as reason
    where incident.job_name = is_unjudged.job_name
      and incident.kind = 'job_unhealthy'
      and incident.closed_at is null
      and reason.value ->> 'code' in ('catch_up_given_up', 'due_check_failing')
      and (jobs.is_paused(definition.job_name) or not definition.enabled)
  );
$function$;

revoke all on function jobs.is_unjudged(text)
  from public, anon, authenticated, service_role;

comment on function jobs.is_unjudged(text) is
  'Whether the open incident job_unhealthy of a job is about something that the health report leaves out while the job is '
  'paused or disabled. That the reason is not there any more is then no recovery.';

-- health/raise_unhealthy.sql

create function jobs.raise_unhealthy(
  job_name text,
  reasons jsonb,
  last_run_at text default null,
  hours_since_last_run jsonb default null,
  as_of timestamptz default now()
)
returns uuid
language plpgsql
set search_path = ''
as $function$
begin
  if raise_unhealthy.reasons = '[]' and jobs.is_unjudged(raise_unhealthy.job_name) then
    return null;
  elsif raise_unhealthy.reasons = '[]' then
    return jobs.close_incidents(
      job_name => raise_unhealthy.job_name,
      kinds => array['job_unhealthy'],
      as_of => raise_unhealthy.as_of
    );
  end if;

  return jobs.raise_incident(
    job_name => raise_unhealthy.job_name,
    kind => 'job_unhealthy',
    details => jsonb_build_object(
      'reasons', raise_unhealthy.reasons,
      'last_run_at', raise_unhealthy.last_run_at,
      'hours_since_last_run', raise_unhealthy.hours_since_last_run
    ),
    as_of => raise_unhealthy.as_of,
    since => case
      when raise_unhealthy.reasons @> '[{"code": "run_stuck"}]' then
        jobs.stuck_since(raise_unhealthy.job_name, raise_unhealthy.as_of)
    end
  );
end
$function$;

revoke all on function jobs.raise_unhealthy(text, jsonb, text, jsonb, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_unhealthy(text, jsonb, text, jsonb, timestamptz) is
  'Opens the incident job_unhealthy of a job for these critical reasons, or closes it when there are none. '
  'To pause a job is no recovery (jobs.is_unjudged). Idempotent. '
  'Returns the id of the alert, or null when none was due.';

-- health/raise_health_alerts.sql

create function jobs.raise_health_alerts(
  health jsonb,
  as_of timestamptz default now()
)
returns void
language plpgsql
set search_path = ''
as $function$
declare
  verdict record;
begin
  for verdict in
    select *
    from jobs.health_verdicts(raise_health_alerts.health)
  loop
    perform jobs.raise_unhealthy(
      job_name => verdict.job_name,
      reasons => verdict.reasons,
      last_run_at => verdict.last_run_at,
      hours_since_last_run => verdict.hours_since_last_run,
      as_of => raise_health_alerts.as_of
    );
    perform jobs.raise_missed_run(
      job_name => verdict.job_name,
      as_of => raise_health_alerts.as_of
    );
  end loop;
end
$function$;

revoke all on function jobs.raise_health_alerts(jsonb, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_health_alerts(jsonb, timestamptz) is
  'Opens and closes the incidents job_unhealthy for critical reasons, those of the system under the name duewatch, and '
  'raises run_missed. A failed run raises its own alert when it ends. A second call raises nothing new.';

-- health/get_job_health.sql

create function public.get_job_health(
  as_of timestamptz default now(),
  raise_alerts boolean default false,
  with_details boolean default true
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
declare
  jobs_report jsonb := jobs.job_health_report(get_job_health.as_of);
  system_reasons jsonb;
  every_reason jsonb;
  health jsonb;
begin
  select coalesce(jsonb_agg(to_jsonb(reason)), '[]')
  into system_reasons
  from jobs.system_health_reasons(get_job_health.as_of) as reason;

  every_reason := system_reasons || jsonb_path_query_array(jobs_report, '$[*].reasons[*]');

  health := jsonb_build_object(
    'status', jobs.worst_severity(every_reason),
    'version', jobs.version(),
    'checked_at', get_job_health.as_of,
    'jobs', jobs_report,
    'system', jsonb_build_object(
      'status', jobs.worst_severity(system_reasons),
      'reasons', system_reasons
    ),
    'incidents', jobs.open_incidents(),
    'channels', jobs.channel_health_report(get_job_health.as_of)
  );

  if get_job_health.raise_alerts then
    perform jobs.raise_health_alerts(
      health => health,
      as_of => get_job_health.as_of
    );
  end if;

  return case
    when get_job_health.with_details then health
    else jobs.health_without_details(health)
  end;
end
$function$;

revoke all on function public.get_job_health(timestamptz, boolean, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.get_job_health(timestamptz, boolean, boolean)
  to service_role;

comment on function public.get_job_health(timestamptz, boolean, boolean) is
  'The health report of all jobs, for the function check-job-health, the SQL editor and the metrics. Defaults: now, '
  'nothing is written, and everything is in it. Without with_details it is what a read key gets: no items, no errors, no '
  'words of people. raise_alerts raises run_missed and job_unhealthy where they are due and closes incidents '
  'that are over; a second call raises nothing new. Returns {status, version, checked_at, jobs: [{job_name, '
  'paused, snoozed, status, reasons: [{code, severity, message}], last_run, last_success, hours_since_last_run, …}], '
  'system: {status, reasons}, incidents: […], channels: […]}; status is ok, warning or critical.';

-- ==========================================================================
-- 16. Snoozes, and the actions through the Data API
--
-- No alert of a job for a while. What is still wrong afterwards is alerted.
-- Locks: nothing that exists.
-- ==========================================================================

-- jobs/actions/snooze.sql

create function jobs.snooze(
  job_name text,
  until timestamptz,
  reason text,
  requested_by text default session_user,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  longest constant interval := interval '30 days';
  checked_reason text := jobs.checked_reason(snooze.reason);
begin
  if (isfinite(snooze.until) and snooze.until > snooze.as_of) is not true then
    raise exception 'until must be an instant in the future, not %', coalesce(snooze.until::text, 'null')
      using errcode = 'invalid_parameter_value';
  end if;
  if snooze.until > snooze.as_of + longest then
    raise exception 'a snooze lasts at most 30 days, so it cannot end at %', snooze.until
      using
        errcode = 'invalid_parameter_value',
        hint = 'jobs.pause() stops a job for longer.';
  end if;

  if not exists (
    select 1
    from jobs.monitored_jobs() as monitored (name)
    where monitored.name = snooze.job_name
  ) then
    -- The same error for every action.
    perform jobs.lock_definition(snooze.job_name);
  end if;

  return jobs.replace_action(
    job_name => snooze.job_name,
    action => 'snooze',
    reason => checked_reason,
    until => snooze.until,
    requested_by => snooze.requested_by,
    as_of => snooze.as_of
  );
end
$function$;

revoke all on function jobs.snooze(text, timestamptz, text, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.snooze(text, timestamptz, text, text, timestamptz) is
  'Raises no alert of a job until that instant, 30 days ahead at most. Incidents are recorded; those that are open when '
  'the snooze ends are alerted then. What recovers in the meantime is not announced. Alerts that concern all jobs cannot '
  'be snoozed. '
  'Idempotent; another reason or end replaces the former. Raises PT404 for a job that is neither registered nor has an '
  'open incident. Returns the action, as jobs.action_as_json().';

-- jobs/actions/end_snooze.sql

create function jobs.end_snooze(
  snooze jobs.actions,
  as_of timestamptz default now()
)
returns int
language plpgsql
set search_path = ''
as $function$
declare
  raised int;
begin
  update jobs.actions as ended
  set ended_at = greatest(end_snooze.as_of, ended.requested_at)
  where ended.id = (end_snooze.snooze).id
    and ended.ended_at is null;

  if not found then
    return 0;
  end if;

  with still_open as (
    update jobs.incidents as incident
    set
      last_alerted_at = greatest(end_snooze.as_of, incident.last_alerted_at),
      -- The first alert of what began during the snooze.
      reminders = incident.reminders + (incident.opened_at < (end_snooze.snooze).requested_at)::int
    where incident.job_name = (end_snooze.snooze).job_name
      and incident.closed_at is null
    returning incident.*
  )
  select count(
    jobs.raise_alert(
      kind => still_open.kind,
      job_name => still_open.job_name,
      details => still_open.details || jsonb_build_object('occurrences', still_open.occurrences),
      run_id => (still_open.details #>> '{run,id}')::uuid,
      incident_id => still_open.id,
      reminder => still_open.reminders,
      as_of => end_snooze.as_of
    )
  )
  into raised
  from still_open;
  return raised;
end
$function$;

revoke all on function jobs.end_snooze(jobs.actions, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.end_snooze(jobs.actions, timestamptz) is
  'Ends a snooze and alerts the incidents of its job that are open. Idempotent. Returns how many alerts were raised.';

-- jobs/actions/unsnooze.sql

create function jobs.unsnooze(
  job_name text,
  reason text default null,
  requested_by text default session_user,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  checked_reason text := case when unsnooze.reason is not null then jobs.checked_reason(unsnooze.reason) end;
  snoozed jobs.actions := jobs.action_in_force(unsnooze.job_name, 'snooze', unsnooze.as_of);
  unsnoozed jobs.actions;
begin
  unsnoozed.action := 'unsnooze';
  unsnoozed.job_name := unsnooze.job_name;
  unsnoozed.reason := checked_reason;
  unsnoozed.requested_by := unsnooze.requested_by;
  unsnoozed.requested_at := unsnooze.as_of;

  if snoozed.id is null then
    perform jobs.lock_definition(unsnooze.job_name);
    return jobs.action_as_json(unsnoozed, changed => false);
  end if;

  perform jobs.end_snooze(snoozed, unsnooze.as_of);

  insert into jobs.actions (action, job_name, reason, requested_by, requested_at)
  values (
    unsnoozed.action, unsnoozed.job_name, unsnoozed.reason, unsnoozed.requested_by, unsnoozed.requested_at
  );
  return jobs.action_as_json(unsnoozed);
end
$function$;

revoke all on function jobs.unsnooze(text, text, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.unsnooze(text, text, text, timestamptz) is
  'Ends the snooze of a job early: the incidents that are open are alerted at once. '
  'Idempotent: of a job that is not snoozed it changes nothing. Raises PT404 for a job that is neither snoozed nor '
  'registered. Returns the action, as jobs.action_as_json().';

-- jobs/actions/complete_actions.sql

create function jobs.complete_actions(as_of timestamptz default now())
returns text[]
language plpgsql
set search_path = ''
as $function$
declare
  due jobs.actions;
  problem text;
  problems text[] := array[]::text[];
begin
  for due in
    select requested.*
    from jobs.actions as requested
    where requested.ended_at is null
      and (
        requested.action in ('pause', 'snooze') and requested.until <= complete_actions.as_of
        or requested.action = 'cancel'
      )
    order by requested.requested_at
  loop
    begin
      case due.action
        when 'pause' then
          perform jobs.resume(
            job_name => due.job_name,
            reason => format('The pause was to end at %s: %s', due.until, left(due.reason, 400)),
            requested_by => 'job-supervisor',
            as_of => complete_actions.as_of
          );
        when 'snooze' then
          perform jobs.end_snooze(due, complete_actions.as_of);
        when 'cancel' then
          perform jobs.end_cancelled_run(due.run_id);

          -- Of a run that ended by itself just as it was cancelled.
          update jobs.actions as cancellation
          set ended_at = complete_actions.as_of
          where cancellation.id = due.id
            and cancellation.ended_at is null
            and not exists (
              select 1
              from public.jobs_log as run
              where run.id = due.run_id
                and run.status = 'running'
            );
      end case;
    exception
      when others then
        get stacked diagnostics
          problem = message_text;
        problems := problems || format('%s: its %s could not be completed: %s', due.job_name, due.action, problem);
    end;
  end loop;

  return problems;
end
$function$;

revoke all on function jobs.complete_actions(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.complete_actions(timestamptz) is
  'What the supervisor does for jobs.actions: resumes jobs whose pause has lasted, ends snoozes that have lasted, and ends '
  'cancelled runs whose function never called again. Idempotent. Returns the problems it met, as sentences.';

-- jobs/actions/run.sql

create function jobs.run(
  job_name text,
  reason text default null,
  requested_by text default session_user,
  timeout_ms int default 10000
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  checked_reason text := case when run.reason is not null then jobs.checked_reason(run.reason) end;
  running_run_id uuid;
  requested jobs.actions;
begin
  select logged.id
  into running_run_id
  from public.jobs_log as logged
  where logged.job_name = run.job_name
    and logged.status = 'running'
    and logged.started_at > now() - jobs.max_runtime(run.job_name)
  limit 1;

  if found then
    raise exception 'the job is already running: run % holds it', running_run_id
      using errcode = 'PT409';
  end if;

  requested.run_id := jobs.dispatch(job_name => run.job_name, timeout_ms => run.timeout_ms);

  insert into jobs.actions (action, job_name, run_id, reason, requested_by, requested_at)
  values ('run', run.job_name, requested.run_id, checked_reason, run.requested_by, now())
  returning *
  into requested;

  return jobs.action_as_json(requested);
end
$function$;

revoke all on function jobs.run(text, text, text, int)
  from public, anon, authenticated, service_role;

comment on function jobs.run(text, text, text, int) is
  'Starts a job by hand, paused or not, and notes who asked: jobs.dispatch(), with a row in jobs.actions. Waits for the '
  'end of the run, timeout_ms at most (default 10 seconds); a run that takes longer goes on. '
  'Raises PT409 when the job is running already, and undefined_object for a job that is not registered. '
  'Returns the action, as jobs.action_as_json(), with the id of the run.';

-- jobs/actions/restore_schedule.sql

create function jobs.restore_schedule(
  job_name text default null,
  reason text default null,
  requested_by text default session_user,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  checked_reason text := case
    when restore_schedule.reason is not null then jobs.checked_reason(restore_schedule.reason)
  end;
  before jsonb := jobs.scheduled_entries();
  restored jobs.actions;
begin
  restored.action := 'restore_schedule';
  restored.job_name := restore_schedule.job_name;
  restored.reason := checked_reason;
  restored.requested_by := restore_schedule.requested_by;
  restored.requested_at := restore_schedule.as_of;

  if restore_schedule.job_name is null then
    perform jobs.schedule_supervision();
    perform jobs.schedule_job(definition.job_name)
    from jobs.definitions as definition;
  else
    perform jobs.lock_definition(restore_schedule.job_name);
    perform jobs.schedule_job(restore_schedule.job_name);
  end if;

  if jobs.scheduled_entries() = before then
    return jobs.action_as_json(restored, changed => false);
  end if;

  insert into jobs.actions (action, job_name, reason, requested_by, requested_at)
  values (restored.action, restored.job_name, restored.reason, restored.requested_by, restored.requested_at);
  return jobs.action_as_json(restored);
end
$function$;

revoke all on function jobs.restore_schedule(text, text, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.restore_schedule(text, text, text, timestamptz) is
  'Puts the pg_cron entry of a job back as the job is registered: its name, schedule and command, and active unless the '
  'job is paused or disabled. Default: every registered job, and the entries of jobs.own_entries(). '
  'Idempotent: it changes nothing about an entry that is right. Raises PT404 for a job that is not registered. '
  'Returns the action, as jobs.action_as_json().';

-- jobs/actions/retry_alerts.sql

create function jobs.retry_alerts(
  channel text default null,
  reason text default null,
  requested_by text default session_user,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  checked_reason text := case when retry_alerts.reason is not null then jobs.checked_reason(retry_alerts.reason) end;
  retried int;
  requested jobs.actions;
begin
  if retry_alerts.channel is not null
    and not exists (
      select 1
      from jobs.alert_channels as known
      where known.name = retry_alerts.channel
    ) then
    raise exception 'there is no channel %', retry_alerts.channel
      using
        errcode = 'PT404',
        hint = 'select name from jobs.alert_channels lists the channels.';
  end if;

  select coalesce(sum(jobs.retry_deliveries(known.name, retry_alerts.as_of)), 0)
  into retried
  from jobs.alert_channels as known
  where retry_alerts.channel is null
    or known.name = retry_alerts.channel;

  insert into jobs.actions (action, channel, reason, requested_by, requested_at)
  values ('retry_alerts', retry_alerts.channel, checked_reason, retry_alerts.requested_by, retry_alerts.as_of)
  returning *
  into requested;

  return jobs.action_as_json(requested, changed => retried > 0) || jsonb_build_object('retried', retried);
end
$function$;

revoke all on function jobs.retry_alerts(text, text, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.retry_alerts(text, text, text, timestamptz) is
  'Sends again what a channel gave up in the last 24 hours, once its webhook or key is fixed: jobs.retry_deliveries(), with '
  'a row in jobs.actions. Default: every channel. Raises PT404 for an unknown channel. '
  'Returns the action, as jobs.action_as_json(), and retried: how many deliveries are pending again.';

-- jobs/actions/test_alert.sql

create function jobs.test_alert(
  reason text default null,
  requested_by text default session_user,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  checked_reason text := case when test_alert.reason is not null then jobs.checked_reason(test_alert.reason) end;
  alert_id uuid;
  requested jobs.actions;
begin
  alert_id := jobs.raise_alert(
    kind => 'test',
    -- The alerts of a job are sent in order. This one waits for no other.
    job_name => 'duewatch-test',
    details => jsonb_build_object('requested_by', test_alert.requested_by, 'reason', checked_reason),
    as_of => test_alert.as_of
  );

  insert into jobs.actions (action, reason, requested_by, requested_at)
  values ('test_alert', checked_reason, test_alert.requested_by, test_alert.as_of)
  returning *
  into requested;

  return jobs.action_as_json(requested) || jsonb_build_object(
    'alert_id', alert_id,
    'last_resort', jobs.send_last_resort_tests(),
    'problems', (
      select coalesce(jsonb_agg(setting.problem), '[]')
      from jobs.alert_timezone() as setting
      where setting.problem is not null
    )
  );
end
$function$;

revoke all on function jobs.test_alert(text, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.test_alert(text, text, timestamptz) is
  'Sends one test through every alert channel and through the last resort, with a row in jobs.actions. It opens no '
  'incident. Not idempotent: each call sends. The channels get it as they get any alert, within a minute: '
  'public.get_alert_deliveries(alert_id) says what became of it. '
  'Returns the action, as jobs.action_as_json(), with alert_id, last_resort as jobs.send_last_resort_tests(), and '
  'problems, an array of sentences.';

-- jobs/actions/control_job.sql

create function public.control_job(
  action text,
  requested_by text,
  reason text default null,
  job_name text default null,
  run_id uuid default null,
  until timestamptz default null,
  channel text default null,
  schedule text default null,
  expected_interval interval default null
)
returns jsonb
language plpgsql
security definer
set search_path = ''
-- A run is waited for; the Data API's own limit is 8 seconds.
set statement_timeout = '30s'
as $function$
begin
  if nullif(btrim(control_job.requested_by), '') is null then
    raise exception 'requested_by is required'
      using errcode = 'invalid_parameter_value';
  end if;

  if control_job.action is null
    or control_job.action not in (
      'run', 'pause', 'resume', 'reschedule', 'snooze', 'unsnooze', 'cancel', 'restore_schedule', 'retry_alerts',
      'test_alert'
    ) then
    raise exception 'there is no action %', coalesce(control_job.action, 'null')
      using errcode = 'invalid_parameter_value';
  end if;

  return case control_job.action
    when 'run' then
      jobs.run(control_job.job_name, control_job.reason, control_job.requested_by)
    when 'pause' then
      jobs.pause(control_job.job_name, control_job.reason, control_job.until, control_job.requested_by)
    when 'resume' then
      jobs.resume(control_job.job_name, control_job.reason, control_job.requested_by)
    when 'reschedule' then
      jobs.reschedule(
        control_job.job_name,
        control_job.schedule,
        control_job.expected_interval,
        control_job.reason,
        control_job.requested_by
      )
    when 'snooze' then
      jobs.snooze(control_job.job_name, control_job.until, control_job.reason, control_job.requested_by)
    when 'unsnooze' then
      jobs.unsnooze(control_job.job_name, control_job.reason, control_job.requested_by)
    when 'cancel' then
      jobs.cancel_run(control_job.run_id, control_job.reason, control_job.requested_by)
    when 'restore_schedule' then
      jobs.restore_schedule(control_job.job_name, control_job.reason, control_job.requested_by)
    when 'retry_alerts' then
      jobs.retry_alerts(control_job.channel, control_job.reason, control_job.requested_by)
    when 'test_alert' then
      jobs.test_alert(control_job.reason, control_job.requested_by)
  end;
end
$function$;

revoke all on function public.control_job(
  text, text, text, text, uuid, timestamptz, text, text, interval
)
  from public, anon, authenticated, service_role;
grant execute on function public.control_job(
  text, text, text, text, uuid, timestamptz, text, text, interval
)
  to service_role;

comment on function public.control_job(
  text, text, text, text, uuid, timestamptz, text, text, interval
) is
  'The actions of operators, for the function job-control, which knows from the credential who has asked (requested_by). '
  'action: run, pause, resume, snooze, unsnooze (job_name, reason, until), reschedule (job_name, schedule, '
  'expected_interval, reason), cancel (run_id, reason), restore_schedule (job_name, reason), retry_alerts (channel, reason) '
  'or test_alert (reason). Raises what jobs.run(), jobs.pause(), jobs.resume(), jobs.reschedule(), jobs.snooze(), '
  'jobs.unsnooze(), jobs.cancel_run(), jobs.restore_schedule(), jobs.retry_alerts() and jobs.test_alert() raise. '
  'Returns the action, as jobs.action_as_json().';

-- alerts/get_alert_deliveries.sql

create function public.get_alert_deliveries(alert_id uuid)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $function$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'channel', delivery.channel,
        'status', delivery.status,
        'attempts', delivery.attempts,
        'error', case when delivery.status <> 'sent' then delivery.last_error end,
        'finished_at', delivery.finished_at,
        'paused_until', channel.paused_until
      )
      order by delivery.channel
    ),
    '[]'
  )
  from jobs.alert_deliveries as delivery
  left join jobs.alert_channels as channel
    on channel.name = delivery.channel
    and channel.paused_until > now()
  where delivery.alert_id = get_alert_deliveries.alert_id;
$function$;

revoke all on function public.get_alert_deliveries(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.get_alert_deliveries(uuid)
  to service_role;

comment on function public.get_alert_deliveries(uuid) is
  'What has become of an alert on each channel: [{channel, status, attempts, error, finished_at, paused_until}], status '
  'being pending, sent or given_up. An empty array for an alert that no channel carries, or that is not known.';

-- ==========================================================================
-- 17. Supervision
--
-- Every minute: end dead runs, report missed ones, catch up.
-- Locks: rows of dead runs and of open incidents, for milliseconds. The calls
-- to functions are made with nothing locked.
-- ==========================================================================

-- jobs/supervision/raise_reminders.sql

create function jobs.raise_reminders(as_of timestamptz default now())
returns int
language sql
set search_path = ''
as $function$
  with due as (
    update jobs.incidents as incident
    set
      reminders = incident.reminders + 1,
      last_alerted_at = raise_reminders.as_of
    where incident.id in (
      select open_one.id
      from jobs.incidents as open_one
      join jobs.definitions as definition
        on definition.job_name = open_one.job_name
      where open_one.closed_at is null
        and open_one.last_alerted_at <= raise_reminders.as_of - interval '24 hours'
        -- The other kinds are observed again and again; that raises their reminders.
        and open_one.kind in ('run_failed', 'run_degraded', 'item_failing')
        and definition.enabled
        and not jobs.is_paused(definition.job_name)
        and (jobs.action_in_force(definition.job_name, 'snooze', raise_reminders.as_of)).id is null
      -- Another session that holds the row is raising an alert for that job.
      for update of open_one skip locked
    )
    returning incident.*
  )
  select count(
    jobs.raise_alert(
      kind => due.kind,
      job_name => due.job_name,
      details => due.details || jsonb_build_object('occurrences', due.occurrences),
      run_id => (due.details #>> '{run,id}')::uuid,
      incident_id => due.id,
      reminder => due.reminders,
      as_of => raise_reminders.as_of
    )
  )::int
  from due;
$function$;

revoke all on function jobs.raise_reminders(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_reminders(timestamptz) is
  'Raises a reminder for each registered, enabled job that is neither paused nor snoozed and whose incident run_failed, '
  'run_degraded or item_failing has been open for another 24 hours. Idempotent. Returns how many were raised.';

-- jobs/supervision/new_verdicts.sql

create function jobs.new_verdicts(as_of timestamptz default now())
returns table (
  job_name text,
  reasons jsonb,
  last_run_at text,
  hours_since_last_run jsonb
)
language sql
stable
set search_path = ''
as $function$
  select verdict.*
  from jobs.health_verdicts(
    jsonb_build_object(
      'jobs', jobs.job_health_report(as_of => new_verdicts.as_of, with_history => false),
      'system', jsonb_build_object(
        'reasons', (
          select coalesce(jsonb_agg(to_jsonb(reason)), '[]')
          from jobs.system_health_reasons(new_verdicts.as_of) as reason
        )
      )
    )
  ) as verdict
  left join jobs.incidents as incident
    on incident.job_name = verdict.job_name
    and incident.kind = 'job_unhealthy'
    and incident.closed_at is null
  where case
    when incident.id is null then
      verdict.reasons <> '[]'
      -- An installation is not complete before a channel was announced: its
      -- settings come after its migration.
      and (
        verdict.job_name <> 'duewatch'
        or exists (
          select 1
          from jobs.alert_channels
        )
      )
    else
      incident.last_alerted_at <= new_verdicts.as_of - interval '24 hours'
      or jsonb_path_query_array(verdict.reasons, '$[*].code')
        is distinct from jsonb_path_query_array(incident.details, '$.reasons[*].code')
  end;
$function$;

revoke all on function jobs.new_verdicts(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.new_verdicts(timestamptz) is
  'The verdicts of the health report (jobs.health_verdicts) that the open incidents job_unhealthy do not say yet: a '
  'problem is new, another joined, one is over, or a reminder is due. No row while nothing changes.';

-- jobs/supervision/supervise.sql

create function jobs.supervise(as_of timestamptz default now())
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  job text;
  verdict record;
  reaped int := 0;
  missed int := 0;
  reminded int := 0;
  reaped_of_job int;
  catch_ups jsonb := jsonb '[]';
  problem text;
  problems text[] := array[]::text[];
begin
  -- A row that is locked for longer is left for the next minute.
  perform set_config('lock_timeout', '5s', true);

  -- Each of these steps stands on its own: what fails holds up nothing else.
  begin
    perform jobs.end_slow_due_checks();
  exception
    when others then
      get stacked diagnostics
        problem = message_text;
      problems := problems || format('the slow due checks could not be ended: %s', problem);
  end;

  begin
    problems := problems || jobs.complete_actions(supervise.as_of);
  exception
    when others then
      get stacked diagnostics
        problem = message_text;
      problems := problems || format('the actions could not be completed: %s', problem);
  end;

  begin
    for job in
      select distinct run.job_name
      from public.jobs_log as run
      where run.status = 'running'
        and jobs.why_dead(run, supervise.as_of) is not null
      order by run.job_name
    loop
      begin
        select count(*)
        into reaped_of_job
        from jobs.reap_runs(
          job_name => job,
          as_of => supervise.as_of
        );
        reaped := reaped + reaped_of_job;
      exception
        when others then
          get stacked diagnostics
            problem = message_text;
          problems := problems || format('%s: its dead runs could not be ended: %s', job, problem);
      end;
    end loop;
  exception
    when others then
      get stacked diagnostics
        problem = message_text;
      problems := problems || format('dead runs could not be looked for: %s', problem);
  end;

  begin
    for job in
      select expectation.job_name
      from jobs.expectations(supervise.as_of) as expectation
      where expectation.is_missed
      order by expectation.job_name
    loop
      begin
        if jobs.raise_missed_run(job_name => job, as_of => supervise.as_of) is not null then
          missed := missed + 1;
        end if;
      exception
        when others then
          get stacked diagnostics
            problem = message_text;
          problems := problems || format('%s: its missed run could not be reported: %s', job, problem);
      end;
    end loop;
  exception
    when others then
      get stacked diagnostics
        problem = message_text;
      problems := problems || format('missed runs could not be looked for: %s', problem);
  end;

  begin
    for verdict in
      select *
      from jobs.new_verdicts(supervise.as_of)
    loop
      begin
        perform jobs.raise_unhealthy(
          job_name => verdict.job_name,
          reasons => verdict.reasons,
          last_run_at => verdict.last_run_at,
          hours_since_last_run => verdict.hours_since_last_run,
          as_of => supervise.as_of
        );
      exception
        when others then
          get stacked diagnostics
            problem = message_text;
          problems := problems || format('%s: its health could not be reported: %s', verdict.job_name, problem);
      end;
    end loop;
  exception
    when others then
      get stacked diagnostics
        problem = message_text;
      problems := problems || format('the health could not be checked: %s', problem);
  end;

  begin
    reminded := jobs.raise_reminders(supervise.as_of);
  exception
    when others then
      get stacked diagnostics
        problem = message_text;
      problems := problems || format('the reminders could not be raised: %s', problem);
  end;

  begin
    catch_ups := (
      select coalesce(jsonb_agg(due.job_name), '[]')
      from jobs.due_catch_ups(supervise.as_of) as due (job_name)
    );
  exception
    when others then
      get stacked diagnostics
        problem = message_text;
      problems := problems || format('due catch-up runs could not be looked for: %s', problem);
  end;

  return jsonb_build_object(
    'reaped', reaped,
    'missed', missed,
    'reminded', reminded,
    'catch_ups', catch_ups,
    'problems', to_jsonb(problems)
  );
end
$function$;

revoke all on function jobs.supervise(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.supervise(timestamptz) is
  'The part of the supervisor inside the database: ends due checks that are too slow, completes actions (jobs.complete_actions), ends dead runs as '
  'failed, raises run_missed and job_unhealthy, '
  'and raises a reminder of open incidents every 24 hours. A step, or a job, for which that fails is named in '
  'problems and does not hold up the others. Idempotent; a few index probes when there is nothing to do. Returns {reaped, missed, '
  'reminded, catch_ups: [jobs that are due for a catch-up run], problems: [sentence]}. Catch-up runs are started by '
  'jobs.supervisor_command() after this is committed: a function that is called inside this transaction would wait '
  'for the rows it holds.';

-- jobs/supervision/has_due_deliveries.sql

create function jobs.has_due_deliveries(as_of timestamptz default now())
returns boolean
language sql
stable
set search_path = ''
as $function$
  select exists (
    select 1
    from jobs.alert_channels as channel
    where (channel.paused_until is null or channel.paused_until <= has_due_deliveries.as_of)
      and exists (
        select 1
        from jobs.alert_deliveries as delivery
        where delivery.channel = channel.name
          and delivery.status = 'pending'
          and delivery.next_attempt_at <= has_due_deliveries.as_of
      )
  )
  -- No channel has been announced yet, but the function may have one.
  or exists (
    select 1
    from jobs.alerts as alert
    where alert.raised_at > has_due_deliveries.as_of - interval '10 minutes'
      and not exists (
        select 1
        from jobs.alert_channels
      )
  );
$function$;

revoke all on function jobs.has_due_deliveries(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.has_due_deliveries(timestamptz) is
  'Whether an alert could be sent now and no process has claimed it. While no channel has been announced at all, an '
  'alert counts for ten minutes; after that the hourly health check announces the channels that are set up by then.';

-- jobs/supervision/check_health.sql

create function jobs.check_health(timeout_ms int default 45000)
returns text
language plpgsql
set search_path = ''
as $function$
declare
  answer record;
begin
  answer := jobs.call_function(
    slug => 'check-job-health',
    method => 'GET',
    timeout_ms => check_health.timeout_ms
  );

  -- The health report says so. An error would undo that it was noted.
  if jobs.is_copy() then
    return null;
  end if;

  -- A check that finds something critical answers 503, too.
  if answer.problem is not null
    or coalesce(answer.content, '') !~ '"checkedAt"' then
    raise exception 'The health check did not run. %',
      coalesce(answer.problem, jobs.explain_response(answer.status, answer.content));
  end if;

  return (answer.content::jsonb) ->> 'status';
end
$function$;

revoke all on function jobs.check_health(int)
  from public, anon, authenticated, service_role;

comment on function jobs.check_health(int) is
  'Calls the function check-job-health, which raises and delivers alerts. timeout_ms defaults to 45 seconds. '
  'Raises an error when the check did not run, so that pg_cron''s history shows it. Returns ok, warning or critical; '
  'null in a copy of the database (jobs.is_copy), whose call is refused.';

-- jobs/supervision/request_delivery.sql

create function jobs.request_delivery()
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  problem text;
begin
  perform set_config('lock_timeout', '5s', true);
  if jobs.has_due_deliveries() or jobs.is_copy() or exists (
    select 1
    from jobs.last_resort as state
    where state.failing_since is not null
  ) then
    perform jobs.check_health(timeout_ms => 10000);
  end if;
  return jsonb '[]';
exception
  when others then
    get stacked diagnostics
      problem = message_text;
    return jsonb_build_array(problem);
end
$function$;

revoke all on function jobs.request_delivery()
  from public, anon, authenticated, service_role;

comment on function jobs.request_delivery() is
  'Calls the function check-job-health to deliver if there are due deliveries, or the delivery has '
  'been failing, or this database was found to be a copy, which may be over; waits for it for 10 seconds. '
  'Raises no error. Returns the problems it met, an array of sentences.';

-- jobs/supervision/start_catch_up.sql

create function jobs.start_catch_up(job_name text)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  problem text;
begin
  perform set_config('lock_timeout', '5s', true);
  perform jobs.dispatch(
    job_name => start_catch_up.job_name,
    trigger_source => 'catch_up',
    timeout_ms => 10000
  );
  return jsonb '[]';
exception
  when others then
    get stacked diagnostics
      problem = message_text;
    return jsonb_build_array(
      format('%s: the catch-up run was not started: %s', start_catch_up.job_name, problem)
    );
end
$function$;

revoke all on function jobs.start_catch_up(text)
  from public, anon, authenticated, service_role;

comment on function jobs.start_catch_up(text) is
  'Starts a catch-up run: dispatches the job and waits for 10 seconds; a run that takes longer goes on by itself. '
  'Raises no error: a run that could not be started is logged as failed. Returns the problems it met, an array of '
  'sentences.';

-- jobs/supervision/catch_ups_to_start.sql

create function jobs.catch_ups_to_start()
returns text[]
language plpgsql
stable
set search_path = ''
as $function$
begin
  return array(select jobs.due_catch_ups());
exception
  -- jobs.supervise() has met the same, and it is a problem there.
  when others then
    return array[]::text[];
end
$function$;

revoke all on function jobs.catch_ups_to_start()
  from public, anon, authenticated, service_role;

comment on function jobs.catch_ups_to_start() is
  'The jobs of jobs.due_catch_ups() for the supervisor. Raises no error: without an answer, no job.';

-- jobs/supervision/raise_problems.sql

create function jobs.raise_problems(problems jsonb)
returns void
language plpgsql
set search_path = ''
as $function$
begin
  if raise_problems.problems <> '[]' then
    raise exception '%', (
      select string_agg(problem.value, '; ')
      from jsonb_array_elements_text(raise_problems.problems) as problem
    );
  end if;
end
$function$;

revoke all on function jobs.raise_problems(jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_problems(jsonb) is
  'Raises an error with these sentences, if there are any, so that pg_cron keeps them in its history.';

-- jobs/supervision/note_supervisor_step.sql

create function jobs.note_supervisor_step(
  step text,
  problem text,
  as_of timestamptz default now()
)
returns void
language plpgsql
set search_path = ''
as $function$
begin
  if note_supervisor_step.problem is null then
    delete from jobs.supervisor_problems as known
    where known.step = note_supervisor_step.step;
  else
    insert into jobs.supervisor_problems as known (step, problem, since, tried_at)
    values (
      note_supervisor_step.step,
      left(note_supervisor_step.problem, 1000),
      note_supervisor_step.as_of,
      note_supervisor_step.as_of
    )
    on conflict on constraint supervisor_problems_pkey do update
    set
      problem = excluded.problem,
      tried_at = excluded.tried_at;
  end if;
end
$function$;

revoke all on function jobs.note_supervisor_step(text, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.note_supervisor_step(text, text, timestamptz) is
  'Keeps that a step of the supervisor failed, or (problem null) that it works. Idempotent.';

-- jobs/supervision/report_supervisor_problems.sql

create function jobs.report_supervisor_problems(as_of timestamptz default now())
returns void
language plpgsql
set search_path = ''
as $function$
declare
  problem text;
  last_status text;
begin
  delete from jobs.supervisor_problems as known
  where known.tried_at < report_supervisor_problems.as_of - interval '10 minutes';

  -- A step that failed once may have met a lock.
  select string_agg(format('%s: %s', known.step, known.problem), E'\n' order by known.since, known.step)
  into problem
  from jobs.supervisor_problems as known
  where known.since < report_supervisor_problems.as_of - interval '30 seconds';

  select run.status
  into last_status
  from public.jobs_log as run
  where run.job_name = any (array['job-supervisor'])
    and run.started_at <= report_supervisor_problems.as_of
  order by run.job_name, run.started_at desc
  limit 1;

  if problem is not null and last_status is distinct from 'failed' then
    insert into public.jobs_log (job_name, started_at, completed_at, status, error_message)
    values (
      'job-supervisor',
      report_supervisor_problems.as_of,
      report_supervisor_problems.as_of,
      'failed',
      'A step of the supervisor fails. The others are done. ' || problem
    );
  elsif last_status = 'failed' and not exists (
    select 1
    from jobs.supervisor_problems
  ) then
    insert into public.jobs_log (job_name, started_at, completed_at, status)
    values (
      'job-supervisor',
      report_supervisor_problems.as_of,
      report_supervisor_problems.as_of,
      'success'
    );
  end if;
end
$function$;

revoke all on function jobs.report_supervisor_problems(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.report_supervisor_problems(timestamptz) is
  'Logs a failed run of job-supervisor when a step of the supervisor has failed twice in a row, which raises run_failed, '
  'and a successful one when all steps work again. Idempotent: one row each.';

-- jobs/supervision/supervisor_step.sql

create function jobs.supervisor_step(
  step text,
  subject text default null,
  problems jsonb default '[]'
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  found_problems jsonb := jsonb '[]';
  problem text;
  failure text;
begin
  begin
    -- A call that is cancelled while pgsql-http waits raises twice: first an
    -- error of its own, and the cancellation when that has been caught.
    begin
      case supervisor_step.step
        when 'supervise' then
          found_problems := jobs.supervise() -> 'problems';
          select string_agg(sentence.value, '; ')
          into problem
          from jsonb_array_elements_text(found_problems) as sentence;
        when 'request_delivery' then
          found_problems := jobs.request_delivery();
        when 'prepare_last_resort' then
          found_problems := jobs.prepare_last_resort(supervisor_step.problems);
        when 'send_last_resort' then
          found_problems := jobs.send_last_resort(supervisor_step.subject);
        when 'start_catch_up' then
          found_problems := jobs.start_catch_up(supervisor_step.subject);
        when 'report_supervisor_problems' then
          perform jobs.report_supervisor_problems();
      end case;
    exception
      when others then
        get stacked diagnostics
          failure = message_text;
    end;
  exception
    -- A time-out as well: the steps that follow have their own work to do.
    when query_canceled then
      get stacked diagnostics
        failure = message_text;
  end;
  if failure is not null then
    problem := failure;
    found_problems := supervisor_step.problems || to_jsonb(
      format('the step %s failed: %s', concat_ws(' of ', supervisor_step.step, supervisor_step.subject), failure)
    );
  end if;

  begin
    perform jobs.note_supervisor_step(
      step => concat_ws(' of ', supervisor_step.step, supervisor_step.subject),
      problem => problem
    );
  exception
    when others then
      get stacked diagnostics
        problem = message_text;
      found_problems := found_problems || to_jsonb(
        format('that the step %s failed could not be kept: %s', supervisor_step.step, problem)
      );
  end;
  return found_problems;
end
$function$;

revoke all on function jobs.supervisor_step(text, text, jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.supervisor_step(text, text, jsonb) is
  'Does one step of the supervisor (supervise, request_delivery, prepare_last_resort, send_last_resort, start_catch_up, '
  'report_supervisor_problems), of the channel or the job subject. An error, and a function that is missing, is kept in '
  'jobs.supervisor_problems and holds up no other step. problems are those of the step before. Raises no error. Returns '
  'the problems, an array of sentences.';

-- jobs/supervision/supervisor_command.sql

create function jobs.supervisor_command()
returns text
language sql
immutable
set search_path = ''
as $function$
  -- Each step is committed before the next: a function that is called must not
  -- wait for rows that its caller has locked. What is still due after 45 seconds
  -- is due again in the next minute.
  select $command$do $supervisor$
declare
  ends_at timestamptz := clock_timestamp() + interval '45 seconds';
  problems jsonb := jobs.supervisor_step('supervise');
  channel text;
  job text;
begin
  commit;
  problems := problems || jobs.supervisor_step(
    'prepare_last_resort', problems => jobs.supervisor_step('request_delivery')
  );
  commit;
  foreach channel in array array['slack', 'email'] loop
    problems := problems || jobs.supervisor_step('send_last_resort', channel);
    commit;
  end loop;
  foreach job in array jobs.catch_ups_to_start() loop
    exit when clock_timestamp() > ends_at;
    problems := problems || jobs.supervisor_step('start_catch_up', job);
    commit;
  end loop;
  problems := problems || jobs.supervisor_step('report_supervisor_problems');
  commit;
  perform jobs.raise_problems(problems);
end
$supervisor$$command$;
$function$;

revoke all on function jobs.supervisor_command()
  from public, anon, authenticated, service_role;

comment on function jobs.supervisor_command() is
  'The command that pg_cron runs every minute as job-supervisor: jobs.supervise(); then, with nothing locked, '
  'jobs.request_delivery(); then what the database sends itself (jobs.prepare_last_resort(), jobs.send_last_resort()); '
  'then jobs.start_catch_up() for each job that is due. Each is a jobs.supervisor_step(), so that an error holds up no '
  'other; jobs.report_supervisor_problems() reports it. A block and not a function, because it '
  'commits in between. At the end, when all is committed, it raises an error if something went wrong.';

-- alerts/heartbeat.sql

create table jobs.heartbeat (
  name text not null default 'job-heartbeat-weekly',
  schedule text not null,
  constraint heartbeat_pkey primary key (name),
  constraint heartbeat_name_check
    check (name = 'job-heartbeat-weekly')
);

alter table jobs.heartbeat enable row level security;

revoke all on table jobs.heartbeat
  from public, anon, authenticated, service_role;

comment on table jobs.heartbeat is
  'One row while the heartbeat is on, so that a pg_cron entry that was lost is noticed. Written by '
  'jobs.enable_heartbeat() and jobs.disable_heartbeat().';
comment on column jobs.heartbeat.name is
  'Name of the entry in cron.job.';
comment on column jobs.heartbeat.schedule is
  'Cron expression, in UTC.';

-- jobs/supervision/own_entries.sql

create function jobs.own_entries()
returns table (
  name text,
  schedule text,
  command text
)
language sql
stable
set search_path = ''
as $function$
  values
    ('job-supervisor', '* * * * *', jobs.supervisor_command()),
    ('job-due-checks', '* * * * *', jobs.due_check_command()),
    ('check-job-health-hourly', '0 * * * *', 'select jobs.check_health()'),
    ('jobs-retention', '23 3 * * *', 'select jobs.prune()')

  union all

  select
    heartbeat.name,
    heartbeat.schedule,
    'select jobs.raise_heartbeat()'
  from jobs.heartbeat;
$function$;

revoke all on function jobs.own_entries()
  from public, anon, authenticated, service_role;

comment on function jobs.own_entries() is
  'The pg_cron entries that watch over the jobs, as they have to be: name, schedule, command. Scheduled by '
  'jobs.schedule_supervision(); the health report compares pg_cron with them. The entries of the jobs are in '
  'jobs.definitions.';

-- jobs/supervision/schedule_own_entry.sql

create function jobs.schedule_own_entry(job_name text)
returns void
language sql
set search_path = ''
as $function$
  select jobs.assert_entry_owner();

  select cron.alter_job(
    job_id => cron.schedule(
      job_name => entry.name,
      schedule => entry.schedule,
      command => entry.command
    ),
    active => true
  )
  from jobs.own_entries() as entry
  where entry.name = schedule_own_entry.job_name;
$function$;

revoke all on function jobs.schedule_own_entry(text)
  from public, anon, authenticated, service_role;

comment on function jobs.schedule_own_entry(text) is
  'Schedules one pg_cron entry of jobs.own_entries(), active, or brings it up to date. Idempotent. Raises 42501 for another '
  'role than jobs.entry_owner().';

-- jobs/supervision/schedule_supervision.sql

create function jobs.schedule_supervision()
returns void
language sql
set search_path = ''
as $function$
  select jobs.schedule_own_entry(job_name => entry.name)
  from jobs.own_entries() as entry;
$function$;

revoke all on function jobs.schedule_supervision()
  from public, anon, authenticated, service_role;

comment on function jobs.schedule_supervision() is
  'Schedules the pg_cron entries of jobs.own_entries(), active: supervisor, due checks, hourly health check, retention, and the '
  'heartbeat if it is on. Idempotent. Call it as the role that pg_cron runs jobs as: postgres.';

-- ==========================================================================
-- 18. Heartbeat
--
-- A weekly alert that says that nothing is wrong, off by default. A monitor that
-- is dead is as silent as one that has nothing to report.
-- Locks: nothing that exists.
-- ==========================================================================

-- alerts/raise_heartbeat.sql

create function jobs.raise_heartbeat(as_of timestamptz default now())
returns uuid
language plpgsql
set search_path = ''
as $function$
declare
  since timestamptz := raise_heartbeat.as_of - interval '7 days';
  health jsonb := public.get_job_health(as_of => raise_heartbeat.as_of);
begin
  -- This message says that all is well. A critical reason has its own alert.
  if health ->> 'status' = 'critical' then
    return null;
  end if;

  return jobs.raise_alert(
    kind => 'heartbeat',
    job_name => 'duewatch',
    details => jsonb_build_object(
      'since', since,
      'jobs', (
        select coalesce(
          jsonb_agg(
            jsonb_build_object(
              'job_name', job.job_name,
              'runs', counted.runs,
              'failed_runs', counted.failed_runs,
              'last_success_at', (job.last_success).started_at
            )
            order by job.job_name
          ),
          '[]'
        )
        from jobs.job_stats(raise_heartbeat.as_of) as job
        cross join lateral (
          select
            count(*) as runs,
            count(*) filter (where run.status = 'failed' and not run.is_cancelled) as failed_runs
          from public.jobs_log as run
          where run.job_name = job.job_name
            and run.status <> 'running'
            and run.started_at > since
            and run.started_at <= raise_heartbeat.as_of
        ) as counted
      ),
      'warnings', jsonb_path_query_array(health, '$.system.reasons[*].message')
        || jsonb_path_query_array(health, '$.jobs[*].reasons[*].message')
    ),
    as_of => raise_heartbeat.as_of
  );
end
$function$;

revoke all on function jobs.raise_heartbeat(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_heartbeat(timestamptz) is
  'Reports on every channel that all is well: each job with its runs of the last seven days, and warnings if there are '
  'any. Raises nothing while something is critical. Not idempotent: each call is one message. '
  'Returns the id of the alert, or null.';

-- alerts/enable_heartbeat.sql

create function jobs.enable_heartbeat(schedule text default '0 8 * * 1')
returns void
language sql
set search_path = ''
as $function$
  insert into jobs.heartbeat (schedule)
  values (enable_heartbeat.schedule)
  on conflict on constraint heartbeat_pkey do update
  set schedule = excluded.schedule;

  select jobs.schedule_own_entry(job_name => 'job-heartbeat-weekly');
$function$;

revoke all on function jobs.enable_heartbeat(text)
  from public, anon, authenticated, service_role;

comment on function jobs.enable_heartbeat(text) is
  'Turns the heartbeat on: pg_cron raises it, by default on Mondays at 08:00 UTC. Off until this is called. Idempotent. '
  'jobs.disable_heartbeat() turns it off.';

-- alerts/disable_heartbeat.sql

create function jobs.disable_heartbeat()
returns void
language sql
set search_path = ''
as $function$
  select jobs.unschedule(heartbeat.name)
  from jobs.heartbeat;

  delete from jobs.heartbeat
  where true;
$function$;

revoke all on function jobs.disable_heartbeat()
  from public, anon, authenticated, service_role;

comment on function jobs.disable_heartbeat() is
  'Turns the heartbeat off. Idempotent.';

-- jobs/actions/disarm.sql

create function jobs.disarm(
  reason text,
  requested_by text default session_user,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  checked_reason text := jobs.checked_reason(disarm.reason);
  secrets constant text[] := array[
    'functions_url', 'jobs_api_key', 'jobs_api_key_next', 'jobs_api_key_former', 'jobs_read_key', 'jobs_read_key_next',
    'jobs_read_key_former', 'slack_webhook_url', 'resend_api_key', 'resend_base_url', 'alert_email_from', 'alert_email_to'
  ];
  paused text[];
  removed text[] := array[]::text[];
  cancelled int;
  requested jobs.actions;
begin
  select array_agg(definition.job_name order by definition.job_name)
  into paused
  from jobs.definitions as definition
  cross join lateral jobs.action_in_force(definition.job_name, 'pause') as pause
  -- A pause that ends by itself is no help.
  where pause.id is null
    or pause.until is not null;

  perform jobs.pause(job.name, checked_reason, null, disarm.requested_by, disarm.as_of)
  from unnest(paused) as job (name);

  update jobs.definitions as definition
  set ping_url = null
  where definition.ping_url is not null;

  -- Dynamic, because a self-hosted database may have no Vault. Nothing is
  -- decrypted: a copy may have lost the root key.
  if to_regclass('vault.secrets') is not null then
    execute '
      with removed as (
        delete from vault.secrets as secret
        where secret.name = any ($1)
        returning secret.name
      )
      select coalesce(array_agg(removed.name order by removed.name), ''{}'')
      from removed
    '
    into removed
    using secrets;
  end if;

  perform jobs.disable_heartbeat();

  select count(*)
  into cancelled
  from jobs.alert_deliveries as delivery
  where delivery.status = 'pending';

  -- All of them: a channel that is announced gets what was raised within a day.
  delete from jobs.alerts
  where id is not null;

  delete from jobs.alert_channels
  where name is not null;

  update jobs.last_resort as state
  set
    failing_since = null,
    message = null,
    is_of_copy = false,
    last_error = null
  where state.channel is not null;

  perform jobs.close_incidents_silently(affected.job_name, disarm.as_of)
  from (
    select distinct incident.job_name
    from jobs.incidents as incident
    where incident.closed_at is null
  ) as affected;

  delete from jobs.refused_address
  where refused_since is not null;

  insert into jobs.actions (action, reason, requested_by, requested_at)
  values ('disarm', checked_reason, disarm.requested_by, disarm.as_of)
  returning *
  into requested;

  return jobs.action_as_json(requested) || jsonb_build_object(
    'paused', coalesce(to_jsonb(paused), '[]'),
    'removed_settings', to_jsonb(removed),
    'cancelled_deliveries', cancelled,
    'left', (
      select coalesce(jsonb_agg('app.' || secret.name order by secret.name), '[]')
      from unnest(secrets) as secret (name)
      where nullif(btrim(current_setting('app.' || secret.name, true)), '') is not null
    )
  );
end
$function$;

revoke all on function jobs.disarm(text, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.disarm(text, text, timestamptz) is
  'Makes a copy of a database harmless: pauses every job; removes the address, the keys and the channels of the last resort '
  'from Vault, readable or not; removes ping_url of each job; turns the heartbeat off; deletes the alerts of the '
  'original, forgets the channels and closes the incidents without an alert. Runs and the ledger stay. Never call it in '
  'production: it cannot be undone, because the secrets are gone. '
  'Idempotent. Raises 22023 without a reason. Returns the action, as jobs.action_as_json(), with paused: [job], '
  'removed_settings: [name], cancelled_deliveries, and left: the settings of the database (app.<name>) that only '
  'alter database … reset can remove.';

-- ==========================================================================
-- 19. Metrics
--
-- All numbers of a dashboard come from one place and one moment. Totals outlive
-- the log, because a Prometheus counter may never go down.
-- Locks: nothing that exists.
-- ==========================================================================

-- metrics/run_totals.sql

create table jobs.run_totals (
  job_name text not null,
  successes bigint not null default 0,
  failures bigint not null default 0,
  cancelled bigint not null default 0,
  records_updated bigint not null default 0,
  duration_ms bigint not null default 0,
  failed_items bigint not null default 0,
  constraint run_totals_pkey primary key (job_name),
  constraint run_totals_counts_check
    check (
      successes >= 0
      and failures >= 0
      and cancelled >= 0
      and records_updated >= 0
      and duration_ms >= 0
      and failed_items >= 0
    )
);

alter table jobs.run_totals enable row level security;

revoke all on table jobs.run_totals
  from public, anon, authenticated, service_role;

comment on table jobs.run_totals is
  'One row per job: totals of all its runs that ever ended, pruned ones included. They only grow. '
  'Written by jobs.handle_ended_runs().';
comment on column jobs.run_totals.cancelled is
  'Runs that somebody cancelled; not among failures.';
comment on column jobs.run_totals.records_updated is
  'Records that runs have updated, failed runs included: those changes stay.';
comment on column jobs.run_totals.duration_ms is
  'Sum of the durations of all runs that ended, in milliseconds.';
comment on column jobs.run_totals.failed_items is
  'Items that failed inside runs.';

-- metrics/count_ended_runs.sql

create function jobs.count_ended_runs(ended uuid[])
returns void
language sql
set search_path = ''
as $function$
  insert into jobs.run_totals as total (
    job_name, successes, failures, cancelled, records_updated, duration_ms, failed_items
  )
  select
    run.job_name,
    count(*) filter (where run.status = 'success'),
    count(*) filter (where run.status = 'failed' and not run.is_cancelled),
    count(*) filter (where run.status = 'failed' and run.is_cancelled),
    coalesce(sum(run.records_updated), 0),
    coalesce(sum(run.duration_ms), 0),
    sum(greatest(run.items_failed, jsonb_array_length(run.errors), 0))
  from public.jobs_log as run
  where run.id = any (count_ended_runs.ended)
  group by run.job_name
  -- Two statements that end runs of the same jobs lock the rows in one order.
  order by run.job_name
  on conflict on constraint run_totals_pkey do update
  set
    successes = total.successes + excluded.successes,
    failures = total.failures + excluded.failures,
    cancelled = total.cancelled + excluded.cancelled,
    records_updated = total.records_updated + excluded.records_updated,
    duration_ms = total.duration_ms + excluded.duration_ms,
    failed_items = total.failed_items + excluded.failed_items;
$function$;

revoke all on function jobs.count_ended_runs(uuid[])
  from public, anon, authenticated, service_role;

comment on function jobs.count_ended_runs(uuid[]) is
  'Adds runs that have just ended to the totals of their jobs. Not idempotent: jobs.handle_ended_runs() calls it once per run.';

-- metrics/known_jobs.sql

create function jobs.known_jobs()
returns setof text
language sql
stable
set search_path = ''
as $function$
  -- Steps from name to name. A distinct would read every row of the log.
  with recursive logged as (
    (
      select run.job_name
      from public.jobs_log as run
      order by run.job_name
      limit 1
    )
    union all
    select (
      select run.job_name
      from public.jobs_log as run
      where run.job_name > logged.job_name
      order by run.job_name
      limit 1
    )
    from logged
    where logged.job_name is not null
  )
  select judged.job_name
  from jobs.monitored_jobs() as judged (job_name)
  union
  select logged.job_name
  from logged
  where logged.job_name is not null;
$function$;

revoke all on function jobs.known_jobs()
  from public, anon, authenticated, service_role;

comment on function jobs.known_jobs() is
  'The names of all jobs: those of the health report, and others in jobs_log. One index probe for each.';

-- metrics/run_statistics.sql

-- In plpgsql, which keeps the plan: get_job_metrics() calls it for each job.
create function jobs.run_statistics(
  job_name text,
  from_at timestamptz,
  to_at timestamptz,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
stable
set search_path = ''
as $function$
begin
  return (
    -- Counted once, by day. The window is the sum of its days.
    with daily as materialized (
      select
        date_bin('1 day', run.started_at, '2000-01-01 00:00:00+00') as day,
        count(*) as runs,
        count(*) filter (where run.status = 'success') as successes,
        count(*) filter (where run.status = 'failed' and not run.is_cancelled) as failures,
        count(*) filter (where run.status = 'failed' and run.is_cancelled) as cancelled,
        coalesce(sum(run.records_updated), 0) as records_updated,
        sum(run.duration_ms) filter (where run.status = 'success') as success_ms,
        max(run.duration_ms) filter (where run.status = 'success') as max_ms
      from public.jobs_log as run
      where run.job_name = run_statistics.job_name
        and run.started_at >= run_statistics.from_at
        and run.started_at < run_statistics.to_at
      group by 1
    ),
    counted as (
      select
        coalesce(sum(daily.runs), 0) as runs,
        coalesce(sum(daily.successes), 0) as successes,
        coalesce(sum(daily.failures), 0) as failures,
        coalesce(sum(daily.cancelled), 0) as cancelled,
        coalesce(sum(daily.records_updated), 0) as records_updated,
        sum(daily.success_ms) as success_ms,
        max(daily.max_ms) as max_ms
      from daily
    ),
    spread as (
      select
        (percentile_cont(array[0.5, 0.95, 0.99]) within group (order by run.duration_ms))::numeric(20, 1)[]
          as percentiles_ms
      from public.jobs_log as run
      where run.job_name = run_statistics.job_name
        and run.started_at >= run_statistics.from_at
        and run.started_at < run_statistics.to_at
        and run.status = 'success'
    )
    select jsonb_build_object(
      'summary', jsonb_build_object(
        'job_name', run_statistics.job_name,
        'runs', counted.runs,
        'successes', counted.successes,
        'failures', counted.failures,
        'cancelled', counted.cancelled,
        'running', counted.runs - counted.successes - counted.failures - counted.cancelled,
        'success_rate', round(100.0 * counted.successes / nullif(counted.successes + counted.failures, 0), 2),
        'records_updated', counted.records_updated,
        'duration_avg_ms', round(counted.success_ms / nullif(counted.successes, 0), 1),
        'duration_p50_ms', spread.percentiles_ms[1],
        'duration_p95_ms', spread.percentiles_ms[2],
        'duration_p99_ms', spread.percentiles_ms[3],
        'duration_max_ms', counted.max_ms,
        'last_run_at', last_run.started_at,
        'last_run_status', last_run.status,
        'last_run_duration_ms', last_run.duration_ms,
        'last_success_at', last_success.started_at,
        'hours_since_last_success', jobs.elapsed_hours(last_success.started_at, run_statistics.as_of)
      ),
      'daily', (
        select coalesce(
          jsonb_agg(
            jsonb_build_object(
              'time', daily.day,
              'job_name', run_statistics.job_name,
              'runs', daily.runs,
              'successes', daily.successes,
              'failures', daily.failures,
              'cancelled', daily.cancelled,
              'records_updated', daily.records_updated,
              'duration_avg_ms', round(daily.success_ms / nullif(daily.successes, 0), 1)
            )
            order by daily.day
          ),
          '[]'
        )
        from daily
      )
    )
    from counted
    cross join spread
    -- Written so that only an index by job has this order. In an index by time, a
    -- job without runs would read all of it.
    left join lateral (
      select
        run.started_at,
        run.status,
        run.duration_ms
      from public.jobs_log as run
      where run.job_name = any (array[run_statistics.job_name])
        and run.started_at <= run_statistics.as_of
      order by run.job_name, run.started_at desc
      limit 1
    ) as last_run on true
    cross join jobs.last_success_at(run_statistics.job_name, run_statistics.as_of) as last_success (started_at)
  );
end
$function$;

revoke all on function jobs.run_statistics(text, timestamptz, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.run_statistics(text, timestamptz, timestamptz, timestamptz) is
  'Statistics of one job''s runs that started in [from_at, to_at). Returns {summary, daily}. summary: how many, how they ended, how '
  'long the successful ones took (milliseconds; percentiles interpolated), how many records they updated; and the job''s '
  'last run and success up to as_of. daily: the same counts per UTC day of their start, by day, days without a run left out.';

-- metrics/item_totals.sql

create function jobs.item_totals(
  job_name text,
  from_at timestamptz,
  to_at timestamptz
)
returns setof jsonb
language plpgsql
stable
set search_path = ''
as $function$
declare
  -- As an array: of a join, the planner expects so many rows that it would sort
  -- them all.
  run_ids uuid[] := array(
    select run.id
    from public.jobs_log as run
    where run.job_name = item_totals.job_name
      and run.started_at >= item_totals.from_at
      and run.started_at < item_totals.to_at
      and run.items_updated > 0
  );
begin
  return query
    with transitions as materialized (
      select
        result.item_id,
        result.transition,
        sum(result.updated_count) as updated_count,
        count(*) as runs
      from jobs.run_results as result
      where result.run_id = any (run_ids)
      group by result.item_id, result.transition
    ),
    -- One run can make several transitions. Counted apart, because nearly every
    -- item has one transition, and distinct runs are slow to count.
    with_several as (
      select
        result.item_id,
        count(distinct result.run_id) as runs
      from jobs.run_results as result
      where result.run_id = any (run_ids)
        and result.item_id = any (
          array(
            select transitions.item_id
            from transitions
            group by transitions.item_id
            having count(*) > 1
          )
        )
      group by result.item_id
    )
    select jsonb_build_object(
      'job_name', item_totals.job_name,
      'item_id', transitions.item_id,
      'runs', max(coalesce(with_several.runs, transitions.runs)),
      'updated_count', sum(transitions.updated_count),
      'transitions', jsonb_object_agg(transitions.transition, transitions.updated_count)
    )
    from transitions
    left join with_several
      on with_several.item_id = transitions.item_id
    group by transitions.item_id
    order by sum(transitions.updated_count) desc, transitions.item_id;
end
$function$;

revoke all on function jobs.item_totals(text, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.item_totals(text, timestamptz, timestamptz) is
  'What one job''s runs that started in [from_at, to_at) changed for each item: transitions by name, their sum, and in how '
  'many runs. Returns objects, the largest sum first.';

-- metrics/item_pseudonym.sql

create function jobs.item_pseudonym(item_id text)
returns text
language sql
immutable
set search_path = ''
as $function$
  select case
    when item_pseudonym.item_id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then item_pseudonym.item_id
    else 'item ' || left(encode(sha256(convert_to(item_pseudonym.item_id, 'UTF8')), 'hex'), 12)
  end;
$function$;

revoke all on function jobs.item_pseudonym(text)
  from public, anon, authenticated, service_role;

comment on function jobs.item_pseudonym(text) is
  'The id of an item for dashboards and read keys. A UUID says nothing by itself; of any other id, which may be a name or '
  'an address, they get the beginning of its SHA-256.';

-- metrics/latest_runs.sql

create function jobs.latest_runs(
  job_name text,
  from_at timestamptz,
  to_at timestamptz,
  max_runs int,
  with_details boolean default true
)
returns jsonb
language plpgsql
stable
set search_path = ''
-- A plan for one job or for all: each has an index of its own.
set plan_cache_mode = force_custom_plan
as $function$
begin
  return (
    select coalesce(
      jsonb_agg(
        jsonb_build_object(
          'time', latest.started_at,
          'id', latest.id,
          'job_name', latest.job_name,
          'status', latest.status,
          'duration_ms', latest.duration_ms,
          'records_updated', coalesce(latest.records_updated, 0),
          'trigger_source', latest.trigger_source,
          'error_message', case
            when latest_runs.with_details then left(latest.error_message, 300)
            else jobs.failure_cause(
              (select run from public.jobs_log as run where run.id = latest.id and run.status = 'failed')
            )
          end
        )
        order by latest.started_at, latest.id
      ),
      '[]'
    )
    from (
      select run.*
      from public.jobs_log as run
      where (latest_runs.job_name is null or run.job_name = latest_runs.job_name)
        and run.started_at >= latest_runs.from_at
        and run.started_at < latest_runs.to_at
      order by run.started_at desc, run.id desc
      limit latest_runs.max_runs
    ) as latest
  );
end
$function$;

revoke all on function jobs.latest_runs(text, timestamptz, timestamptz, int, boolean)
  from public, anon, authenticated, service_role;

comment on function jobs.latest_runs(text, timestamptz, timestamptz, int, boolean) is
  'The latest runs of one job, or (null) of all, that started in [from_at, to_at): at most max_runs, by time. '
  'Without with_details error_message is the cause of the failure (jobs.failure_cause). Returns an array.';

-- metrics/alert_backlog.sql

create function jobs.alert_backlog(as_of timestamptz default now())
returns setof jsonb
language sql
stable
set search_path = ''
as $function$
  select jsonb_build_object(
    'channel', channel.value ->> 'name',
    'pending', (channel.value ->> 'pending')::bigint,
    'oldest_pending_seconds', coalesce(
      round(extract(epoch from alert_backlog.as_of - (channel.value ->> 'oldest_pending_at')::timestamptz)),
      0
    ),
    'given_up_24h', (channel.value ->> 'given_up_24h')::bigint
  )
  from jsonb_array_elements(jobs.channel_health_report(alert_backlog.as_of)) as channel;
$function$;

revoke all on function jobs.alert_backlog(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.alert_backlog(timestamptz) is
  'The deliveries that wait on each channel, and those given up in the last 24 hours. Returns objects.';

-- metrics/get_job_metrics.sql

create function public.get_job_metrics(
  job_name text default null,
  from_at timestamptz default null,
  to_at timestamptz default null,
  max_runs int default 500,
  as_of timestamptz default now(),
  with_details boolean default true
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
-- Compiling takes longer than it saves.
set jit = off
as $function$
declare
  ends_at timestamptz := coalesce(get_job_metrics.to_at, get_job_metrics.as_of);
  begins_at timestamptz := coalesce(get_job_metrics.from_at, ends_at - interval '30 days');
  names text[];
  numbers jsonb[];
begin
  if begins_at >= ends_at then
    raise exception 'from has to be earlier than to'
      using errcode = 'invalid_parameter_value';
  end if;

  names := array(
    select known.name
    from jobs.known_jobs() as known (name)
    where get_job_metrics.job_name is null
      or known.name = get_job_metrics.job_name
    order by known.name
  );

  if get_job_metrics.job_name is not null and cardinality(names) = 0 then
    raise exception 'there is no job %', get_job_metrics.job_name
      using errcode = 'PT404';
  end if;

  numbers := array(
    select jobs.run_statistics(known.name, begins_at, ends_at, get_job_metrics.as_of)
    from unnest(names) with ordinality as known (name, position)
    order by known.position
  );

  return jsonb_build_object(
    'checked_at', get_job_metrics.as_of,
    'from', begins_at,
    'to', ends_at,
    'jobs', (
      select coalesce(jsonb_agg(job.numbers -> 'summary' order by job.position), '[]')
      from unnest(numbers) with ordinality as job (numbers, position)
    ),
    'daily', (
      select coalesce(jsonb_agg(daily.point order by daily.point ->> 'time', job.position), '[]')
      from unnest(numbers) with ordinality as job (numbers, position)
      cross join lateral jsonb_array_elements(job.numbers -> 'daily') as daily (point)
    ),
    'runs', jobs.latest_runs(
      job_name => get_job_metrics.job_name,
      from_at => begins_at,
      to_at => ends_at,
      max_runs => get_job_metrics.max_runs,
      with_details => get_job_metrics.with_details
    ),
    'items', (
      select coalesce(
        jsonb_agg(
          case
            when get_job_metrics.with_details then item.total
            else item.total || jsonb_build_object('item_id', jobs.item_pseudonym(item.total ->> 'item_id'))
          end
        ),
        '[]'
      )
      from unnest(names) as known (name)
      cross join lateral jobs.item_totals(known.name, begins_at, ends_at) as item (total)
    ),
    'health', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'job_name', judged.job ->> 'job_name',
            'status', judged.job ->> 'status',
            'reasons', judged.job -> 'reasons'
          )
        ),
        '[]'
      )
      from jsonb_array_elements(
        jobs.job_health_report(get_job_metrics.as_of, get_job_metrics.job_name)
      ) as report (job)
      cross join lateral (
        select case
          when get_job_metrics.with_details then report.job
          else jobs.job_without_details(report.job)
        end as job
      ) as judged
    ),
    'alerts', (
      select coalesce(jsonb_agg(backlog.channel), '[]')
      from jobs.alert_backlog(get_job_metrics.as_of) as backlog (channel)
    )
  );
end
$function$;

revoke all on function public.get_job_metrics(text, timestamptz, timestamptz, int, timestamptz, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.get_job_metrics(text, timestamptz, timestamptz, int, timestamptz, boolean)
  to service_role;

comment on function public.get_job_metrics(text, timestamptz, timestamptz, int, timestamptz, boolean) is
  'The numbers of one job, or (default) of all, for runs that started in [from_at, to_at): default the 30 days before '
  'as_of, and everything is in it. Without with_details it is what a read key gets: causes in place of errors, and no names. '
  'Reads only. Raises PT404 for a job that is neither registered nor logged nor in an open incident, '
  '22023 for an empty window. '
  'Returns {checked_at, from, to, jobs: [summary], daily: [UTC days], runs: [the latest max_runs, by time], '
  'items: [totals], health: [{job_name, status, reasons}], alerts: [backlog by channel]}: flat arrays, '
  'each row with its job_name, as a dashboard reads them.';

-- metrics/get_job_counters.sql

create function public.get_job_counters(as_of timestamptz default now())
returns jsonb
language sql
stable
security definer
set search_path = ''
as $function$
  select jsonb_build_object(
    'jobs', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'job_name', known.name,
            'successes', coalesce(total.successes, 0),
            'failures', coalesce(total.failures, 0),
            'cancelled', coalesce(total.cancelled, 0),
            'records_updated', coalesce(total.records_updated, 0),
            'duration_ms', coalesce(total.duration_ms, 0),
            'failed_items', coalesce(total.failed_items, 0),
            'running', running.runs,
            'last_run_at', last_run.started_at,
            'last_run_succeeded', last_run.status = 'success',
            'last_run_duration_ms', last_run.duration_ms,
            'last_success_at', jobs.last_success_at(known.name, get_job_counters.as_of),
            'expected_interval_seconds', extract(epoch from definition.expected_interval)
          )
          order by known.name
        ),
        '[]'
      )
      from jobs.known_jobs() as known (name)
      left join jobs.run_totals as total
        on total.job_name = known.name
      left join jobs.definitions as definition
        on definition.job_name = known.name
      cross join lateral (
        select count(*) as runs
        from public.jobs_log as run
        where run.job_name = known.name
          and run.status = 'running'
      ) as running
      -- As in jobs.run_statistics().
      left join lateral (
        select
          run.started_at,
          run.status,
          run.duration_ms
        from public.jobs_log as run
        where run.job_name = any (array[known.name])
          and run.status <> 'running'
          and not (run.status = 'failed' and run.is_cancelled)
          and run.started_at <= get_job_counters.as_of
        order by run.job_name, run.started_at desc
        limit 1
      ) as last_run on true
    ),
    'health', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'job_name', judged.job ->> 'job_name',
            'status', judged.job ->> 'status'
          )
        ),
        '[]'
      )
      from jsonb_array_elements(jobs.job_health_report(get_job_counters.as_of)) as judged (job)
    ),
    'alerts', (
      select coalesce(jsonb_agg(backlog.channel), '[]')
      from jobs.alert_backlog(get_job_counters.as_of) as backlog (channel)
    )
  );
$function$;

revoke all on function public.get_job_counters(timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.get_job_counters(timestamptz)
  to service_role;

comment on function public.get_job_counters(timestamptz) is
  'What Prometheus scrapes: totals since the beginning, which outlive pruning, and the state of this moment. Reads only. '
  'Returns {jobs: [totals and last run], health: [{job_name, status}], alerts: [backlog by channel]}.';

-- metrics/list_job_runs.sql

create function public.list_job_runs(
  job_name text default null,
  status text default null,
  run_id uuid default null,
  before_started_at timestamptz default null,
  before_id uuid default null,
  max_count int default 30,
  omit_key text default null,
  trigger_source text default null,
  from_at timestamptz default null,
  to_at timestamptz default null
)
returns jsonb
language plpgsql
stable
set search_path = ''
-- A plan for the filters of this call reads the page from an index.
set plan_cache_mode = force_custom_plan
as $function$
begin
  if list_job_runs.max_count is null or list_job_runs.max_count not between 1 and 101 then
    raise exception 'max_count must be between 1 and 101'
      using
        errcode = 'invalid_parameter_value',
        hint = 'A page has up to 100 runs; one more shows whether there is a next page.';
  end if;

  if (list_job_runs.before_started_at is null) <> (list_job_runs.before_id is null) then
    raise exception 'before_started_at and before_id go together'
      using
        errcode = 'invalid_parameter_value',
        hint = 'Several runs can start at one instant, so the position of a page needs both.';
  end if;

  return (
    select coalesce(
      jsonb_agg(
        jsonb_build_object(
          'id', page.id,
          'job_name', page.job_name,
          'started_at', page.started_at,
          'completed_at', page.completed_at,
          'status', page.status,
          'records_updated', coalesce(page.records_updated, 0),
          'items_updated', page.items_updated,
          'items_total', page.items_total,
          'items_processed', page.items_processed,
          'items_failed', greatest(page.items_failed, jsonb_array_length(page.errors), 0),
          'errors', coalesce(page.errors, '[]'),
          'error_message', page.error_message,
          'duration_ms', page.duration_ms,
          'trigger_source', page.trigger_source,
          'metadata', case
            when list_job_runs.omit_key is not null and jsonb_typeof(page.metadata) = 'object' then
              page.metadata - list_job_runs.omit_key
            else coalesce(page.metadata, '{}')
          end,
          'created_at', page.created_at
        )
        order by page.started_at desc, page.id desc
      ),
      '[]'
    )
    from (
      select run.*
      from public.jobs_log as run
      where (list_job_runs.job_name is null or run.job_name = list_job_runs.job_name)
        and (list_job_runs.status is null or run.status = list_job_runs.status)
        and (list_job_runs.run_id is null or run.id = list_job_runs.run_id)
        and (list_job_runs.trigger_source is null or run.trigger_source = list_job_runs.trigger_source)
        and (list_job_runs.from_at is null or run.started_at >= list_job_runs.from_at)
        and (list_job_runs.to_at is null or run.started_at < list_job_runs.to_at)
        and (
          list_job_runs.before_started_at is null
          or (run.started_at, run.id) < (list_job_runs.before_started_at, list_job_runs.before_id)
        )
      order by run.started_at desc, run.id desc
      limit list_job_runs.max_count
    ) as page
  );
end
$function$;

revoke all on function public.list_job_runs(
  text, text, uuid, timestamptz, uuid, int, text, text, timestamptz, timestamptz
)
  from public, anon, authenticated, service_role;
grant execute on function public.list_job_runs(
  text, text, uuid, timestamptz, uuid, int, text, text, timestamptz, timestamptz
)
  to authenticated, service_role;

comment on function public.list_job_runs(
  text, text, uuid, timestamptz, uuid, int, text, text, timestamptz, timestamptz
) is
  'Runs, newest first, at most max_count (default 30, from 1 to 101). Defaults: every job, status and trigger '
  'source, at any time; metadata whole. from_at (included) and to_at (excluded) bound started_at. '
  'before_started_at and before_id, of the last run of a page, give the next page. omit_key leaves a key out of metadata, '
  'for lists of runs with long metadata. Reads only, with the rights of the caller: row level security shows every run to '
  'admins and none to others. Raises 22023 for another max_count, and for half a position. Returns an array.';

-- metrics/list_recent_runs.sql

create function public.list_recent_runs(max_count int default 60)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $function$
begin
  if list_recent_runs.max_count is null or list_recent_runs.max_count not between 1 and 100 then
    raise exception 'max_count must be between 1 and 100'
      using errcode = 'invalid_parameter_value';
  end if;

  return (
    select coalesce(
      jsonb_agg(
        jsonb_build_object('job_name', known.job_name, 'runs', recent.runs)
        order by known.job_name
      ),
      '[]'
    )
    from jobs.known_jobs() as known (job_name)
    cross join lateral (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'id', run.id,
            'started_at', run.started_at,
            'status', run.status,
            'duration_ms', run.duration_ms,
            'records_updated', coalesce(run.records_updated, 0),
            'items_total', run.items_total,
            'items_processed', run.items_processed,
            'items_failed', greatest(run.items_failed, jsonb_array_length(run.errors), 0),
            'trigger_source', run.trigger_source
          )
          order by run.started_at, run.id
        ),
        '[]'
      ) as runs
      from (
        select logged.*
        from public.jobs_log as logged
        where logged.job_name = known.job_name
        order by logged.started_at desc
        limit list_recent_runs.max_count
      ) as run
    ) as recent
  );
end
$function$;

revoke all on function public.list_recent_runs(int)
  from public, anon, authenticated, service_role;
grant execute on function public.list_recent_runs(int)
  to service_role;

comment on function public.list_recent_runs(int) is
  'The last runs of every known job, oldest first: at most max_count (default 60, from 1 to 100) of each. For the function '
  'check-job-health, which shows them on the dashboard. No error texts and no names of items. '
  'Raises 22023 for another max_count. Returns an array of {job_name, runs: [{id, started_at, status, duration_ms, '
  'records_updated, items_total, items_processed, items_failed, trigger_source}]}.';

-- metrics/alerts_as_json.sql

create function jobs.alerts_as_json(
  incident_id uuid default null,
  run_id uuid default null
)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'id', alert.id,
        'kind', alert.kind,
        'run_id', alert.run_id,
        'raised_at', alert.raised_at,
        'reminder', alert.reminder,
        'deliveries', (
          select coalesce(
            jsonb_agg(
              jsonb_build_object(
                'channel', delivery.channel,
                'status', delivery.status,
                'attempts', delivery.attempts,
                'queued_at', delivery.queued_at,
                'finished_at', delivery.finished_at,
                'last_error', delivery.last_error
              )
              order by delivery.channel
            ),
            '[]'
          )
          from jobs.alert_deliveries as delivery
          where delivery.alert_id = alert.id
        )
      )
      order by alert.sequence
    ),
    '[]'
  )
  from (
    select found.*
    from jobs.alerts as found
    where found.incident_id = alerts_as_json.incident_id
      or found.run_id = alerts_as_json.run_id
    order by found.sequence desc
    limit 50
  ) as alert;
$function$;

revoke all on function jobs.alerts_as_json(uuid, uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.alerts_as_json(uuid, uuid) is
  'The alerts of an incident or of a run, oldest first, with their deliveries: the last 50. Returns an array of {id, kind, '
  'run_id, raised_at, reminder, deliveries: [{channel, status, attempts, queued_at, finished_at, last_error}]}.';

-- metrics/list_incidents.sql

create function public.list_incidents(max_count int default 50)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $function$
begin
  if list_incidents.max_count is null or list_incidents.max_count not between 1 and 100 then
    raise exception 'max_count must be between 1 and 100'
      using errcode = 'invalid_parameter_value';
  end if;

  return (
    select coalesce(
      jsonb_agg(
        jsonb_build_object(
          'id', incident.id,
          'job_name', incident.job_name,
          'kind', incident.kind,
          'opened_at', incident.opened_at,
          'last_seen_at', incident.last_seen_at,
          'last_alerted_at', incident.last_alerted_at,
          'closed_at', incident.closed_at,
          'occurrences', incident.occurrences,
          'reminders', incident.reminders,
          'alerts', jobs.alerts_as_json(incident_id => incident.id)
        )
        order by incident.closed_at desc nulls first, incident.opened_at desc, incident.id
      ),
      '[]'
    )
    from (
      select opened.*
      from jobs.incidents as opened
      where opened.closed_at is null
      union all
      (
        select closed.*
        from jobs.incidents as closed
        where closed.closed_at is not null
        order by closed.closed_at desc, closed.id
        limit list_incidents.max_count
      )
    ) as incident
  );
end
$function$;

revoke all on function public.list_incidents(int)
  from public, anon, authenticated, service_role;
grant execute on function public.list_incidents(int)
  to service_role;

comment on function public.list_incidents(int) is
  'Every open incident and the last max_count (default 50, from 1 to 100) that are over, with their alerts and deliveries; '
  'open ones first, then the latest that ended. For the function check-job-health, which shows them on the dashboard. '
  'Raises 22023 for another max_count. Returns an array of {id, job_name, kind, opened_at, last_seen_at, last_alerted_at, '
  'closed_at, occurrences, reminders, alerts: [jobs.alerts_as_json()]}.';

-- metrics/get_run_timeline.sql

create function public.get_run_timeline(run_id uuid)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $function$
  select jsonb_build_object(
    'alerts', jobs.alerts_as_json(run_id => get_run_timeline.run_id),
    'actions', (
      select coalesce(
        jsonb_agg(
          jobs.action_as_json(requested)
          order by requested.requested_at, requested.id
        ),
        '[]'
      )
      from jobs.actions as requested
      where requested.run_id = get_run_timeline.run_id
    )
  );
$function$;

revoke all on function public.get_run_timeline(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.get_run_timeline(uuid)
  to service_role;

comment on function public.get_run_timeline(uuid) is
  'What happened around a run: the alerts it raised, with their deliveries, and what people asked of it. For the function '
  'job-logs. Both lists are empty for an unknown run. Returns {alerts: [jobs.alerts_as_json()], actions: '
  '[jobs.action_as_json()]}.';

-- metrics/list_job_runs_without_details.sql

create function public.list_job_runs_without_details(
  job_name text default null,
  status text default null,
  run_id uuid default null,
  before_started_at timestamptz default null,
  before_id uuid default null,
  max_count int default 30,
  trigger_source text default null,
  from_at timestamptz default null,
  to_at timestamptz default null
)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $function$
  select coalesce(
    jsonb_agg(
      listed.value || jsonb_build_object(
        'error_message', jobs.failure_cause(run),
        'errors', jsonb '[]',
        -- A job can write anything here, also as a key.
        'metadata', (
          select coalesce(jsonb_object_agg(fact.key, fact.value), '{}')
          from jsonb_each(
            case when jsonb_typeof(run.metadata) = 'object' then run.metadata else '{}' end
          ) as fact
          where fact.key in ('attempts', 'continued')
            and jsonb_typeof(fact.value) in ('number', 'boolean')
        )
      )
      order by listed.position
    ),
    '[]'
  )
  from jsonb_array_elements(
    public.list_job_runs(
      job_name => list_job_runs_without_details.job_name,
      status => list_job_runs_without_details.status,
      run_id => list_job_runs_without_details.run_id,
      before_started_at => list_job_runs_without_details.before_started_at,
      before_id => list_job_runs_without_details.before_id,
      max_count => list_job_runs_without_details.max_count,
      trigger_source => list_job_runs_without_details.trigger_source,
      from_at => list_job_runs_without_details.from_at,
      to_at => list_job_runs_without_details.to_at
    )
  ) with ordinality as listed (value, position)
  join public.jobs_log as run
    on run.id = (listed.value ->> 'id')::uuid;
$function$;

revoke all on function public.list_job_runs_without_details(text, text, uuid, timestamptz, uuid, int, text, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.list_job_runs_without_details(text, text, uuid, timestamptz, uuid, int, text, timestamptz, timestamptz)
  to service_role;

comment on function public.list_job_runs_without_details(text, text, uuid, timestamptz, uuid, int, text, timestamptz, timestamptz) is
  'public.list_job_runs() for read keys: error_message is the cause of the failure (jobs.failure_cause), errors is empty, '
  'and metadata has attempts and continued only. Reads only. Same arguments and errors. Returns an array.';

-- metrics/job_exists.sql

create function public.job_exists(job_name text)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $function$
  select to_jsonb(
    exists (
      select
      from jobs.known_jobs() as known (name)
      where known.name = job_exists.job_name
    )
  );
$function$;

revoke all on function public.job_exists(text)
  from public, anon, authenticated, service_role;
grant execute on function public.job_exists(text)
  to service_role;

comment on function public.job_exists(text) is
  'Whether a job of this name is registered, logged, or in an open incident. Reads only. Returns true or false.';

-- metrics/list_job_names.sql

create function public.list_job_names()
returns jsonb
language sql
stable
security definer
set search_path = ''
as $function$
  select coalesce(jsonb_agg(known.name order by known.name), '[]')
  from jobs.known_jobs() as known (name);
$function$;

revoke all on function public.list_job_names()
  from public, anon, authenticated, service_role;
grant execute on function public.list_job_names()
  to service_role;

comment on function public.list_job_names() is
  'The names of all jobs that are registered, logged, or in an open incident, as public.job_exists() knows them. Reads only. '
  'Returns an array.';

-- ==========================================================================
-- 20. The end of a run
--
-- What follows when a run ends, in one place: totals, notifications, alerts.
-- Locks: two triggers on public.jobs_log.
-- ==========================================================================

-- jobs/runs/handle_ended_runs.sql

create function jobs.handle_ended_runs()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
declare
  ended uuid[];
  ended_first_time uuid[];
begin
  if tg_op = 'INSERT' then
    select array_agg(inserted.id)
    into ended
    from inserted_runs as inserted
    where inserted.status <> 'running'
      -- Created long before it was inserted: it comes from a backup. Not so what
      -- an application says itself when it logs a run, on its own clock.
      and (
        coalesce(inserted.created_at, now()) >= now() - interval '10 minutes'
        or current_setting('role') = 'service_role'
      );

    ended_first_time := ended;
  else
    select
      array_agg(updated.id),
      array_agg(updated.id) filter (where former.status = 'running')
    into ended, ended_first_time
    from updated_runs as updated
    join former_runs as former
      on former.id = updated.id
    where updated.status <> 'running'
      and updated.status <> former.status;
  end if;

  if ended is null then
    return null;
  end if;

  delete from jobs.run_workers as worker
  where worker.run_id = any (ended);

  -- First, because it locks the totals of the jobs in the order of their names.
  -- A statement that ends runs of the same jobs waits here, before it has locked
  -- an incident, so the two cannot deadlock.
  perform jobs.count_ended_runs(ended_first_time);

  perform jobs.notify_job_failure(run)
  from public.jobs_log as run
  where run.id = any (ended)
    and run.status = 'failed';

  perform jobs.raise_alerts_of_ended_runs(ended);

  return null;
end
$function$;

revoke all on function jobs.handle_ended_runs()
  from public, anon, authenticated, service_role;

comment on function jobs.handle_ended_runs() is
  'Trigger of public.jobs_log for runs that a statement ends, or whose result it corrects: adds them to the totals of '
  'their jobs (each run once, when it ends), notifies listeners of each failure, and raises alerts. A run that is inserted '
  'with a created_at of more than 10 minutes ago comes from a backup: it was counted and reported when it ended, so nothing '
  'follows. What is inserted through the Data API comes from no backup. '
  'Security definer, because roles that log runs have no access to the schema jobs.';

-- Two triggers, because transition tables allow one event each.
create trigger handle_ended_runs_on_insert
  after insert on public.jobs_log
  referencing new table as inserted_runs
  for each statement
  execute function jobs.handle_ended_runs();

create trigger handle_ended_runs_on_update
  after update on public.jobs_log
  referencing old table as former_runs new table as updated_runs
  for each statement
  execute function jobs.handle_ended_runs();

-- ==========================================================================
-- 21. Dashboards
--
-- The role metrics_reader can read runs and no customer data.
-- Locks: nothing that exists.
-- ==========================================================================

-- metrics/metrics_reader.sql

do $migration$
begin
  -- Roles belong to the whole server, so another database may have created it.
  if not exists (
    select 1
    from pg_catalog.pg_roles as role
    where role.rolname = 'metrics_reader'
  ) then
    create role metrics_reader
      login
      connection limit 10;
    insert into jobs.installed_objects (kind, name)
    values ('role', 'metrics_reader')
    on conflict do nothing;
  end if;
end
$migration$;

alter role metrics_reader set default_transaction_read_only = on;
alter role metrics_reader set statement_timeout = '15s';

grant usage on schema jobs to metrics_reader;

-- Not error_message and errors, which can name customers, and not metadata, where
-- a job can write anything. jobs.failure_causes() says why runs failed.
revoke all on table public.jobs_log from metrics_reader;
grant select (
  id,
  job_name,
  started_at,
  completed_at,
  records_updated,
  status,
  created_at,
  items_total,
  items_processed,
  duration_ms,
  trigger_source,
  is_cancelled
)
  on table public.jobs_log
  to metrics_reader;

-- This file restores the role on an installation that has lost it.
drop policy if exists "Dashboards can read the job log" on public.jobs_log;
create policy "Dashboards can read the job log"
  on public.jobs_log
  for select
  to metrics_reader
  using (true);

-- metrics/current_status.sql

create function jobs.current_status(as_of timestamptz default now())
returns table (
  job_name text,
  status text,
  reasons text,
  schedule text,
  last_run_at timestamptz,
  last_run_status text,
  last_success_at timestamptz,
  hours_since_last_success numeric,
  success_rate_30d numeric,
  runs_30d bigint,
  failed_runs_30d bigint,
  slow_after_seconds numeric
)
language sql
stable
security definer
set search_path = ''
as $function$
  select
    report.job ->> 'job_name',
    report.job ->> 'status',
    (
      select string_agg(reason.value ->> 'message', ' ')
      from jsonb_array_elements(report.job -> 'reasons') as reason
    ),
    report.job ->> 'schedule',
    (report.job #>> '{last_run,started_at}')::timestamptz,
    report.job #>> '{last_run,status}',
    (report.job #>> '{last_success,started_at}')::timestamptz,
    (report.job ->> 'hours_since_last_success')::numeric,
    (report.job ->> 'success_rate_30d')::numeric,
    (report.job ->> 'runs_30d')::bigint,
    (report.job ->> 'failed_runs_30d')::bigint,
    extract(epoch from coalesce(definition.slow_after, (jobs.defaults()).slow_after))
  from jsonb_array_elements(jobs.job_health_report(current_status.as_of)) as whole (job)
  -- People who may not see customers read this.
  cross join lateral jobs.job_without_details(whole.job) as report (job)
  left join jobs.definitions as definition
    on definition.job_name = report.job ->> 'job_name';
$function$;

revoke all on function jobs.current_status(timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function jobs.current_status(timestamptz)
  to metrics_reader;

comment on function jobs.current_status(timestamptz) is
  'jobs.job_health_report() as a table, one row per job, for dashboards: without details (jobs.job_without_details). '
  'reasons: sentences, null when the job is ok. slow_after_seconds: how long a run should take.';

-- metrics/failure_causes.sql

create function jobs.failure_causes(
  from_at timestamptz,
  to_at timestamptz
)
returns table (
  run_id uuid,
  cause text
)
language sql
stable
security definer
set search_path = ''
as $function$
  select
    run.id,
    jobs.failure_cause(run)
  from public.jobs_log as run
  where run.status = 'failed'
    and run.started_at >= failure_causes.from_at
    and run.started_at < failure_causes.to_at
  order by run.started_at desc, run.id desc
  limit 1000;
$function$;

revoke all on function jobs.failure_causes(timestamptz, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function jobs.failure_causes(timestamptz, timestamptz)
  to metrics_reader;

comment on function jobs.failure_causes(timestamptz, timestamptz) is
  'Why the runs that started in [from_at, to_at) failed, the newest 1000, by jobs.failure_cause(). For dashboards, which '
  'may not read error_message: it can name a customer.';

-- metrics/channel_backlog.sql

create function jobs.channel_backlog(as_of timestamptz default now())
returns table (
  channel text,
  pending bigint,
  oldest_pending_seconds numeric,
  given_up_24h bigint
)
language sql
stable
security definer
set search_path = ''
as $function$
  select
    backlog.row ->> 'channel',
    (backlog.row ->> 'pending')::bigint,
    (backlog.row ->> 'oldest_pending_seconds')::numeric,
    (backlog.row ->> 'given_up_24h')::bigint
  from jobs.alert_backlog(channel_backlog.as_of) as backlog (row);
$function$;

revoke all on function jobs.channel_backlog(timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function jobs.channel_backlog(timestamptz)
  to metrics_reader;

comment on function jobs.channel_backlog(timestamptz) is
  'The report of jobs.alert_backlog() as a table, one row a channel, for dashboards and the SQL editor.';

-- ==========================================================================
-- 22. Retention
--
-- The history of pg_cron is never trimmed by itself and has filled disks.
-- Locks: nothing that exists.
-- ==========================================================================

-- jobs/retention/retention_tasks.sql

create table jobs.retention_tasks (
  task_name text not null,
  function_name text not null,
  constraint retention_tasks_pkey primary key (task_name)
);

alter table jobs.retention_tasks enable row level security;

revoke all on table jobs.retention_tasks
  from public, anon, authenticated, service_role;

comment on table jobs.retention_tasks is
  'What jobs.prune() calls after its own work: one function for each thing that has a retention of its own.';
comment on column jobs.retention_tasks.task_name is
  'The key of its count in what jobs.prune() returns.';
comment on column jobs.retention_tasks.function_name is
  'A function (as_of timestamptz) returns int, with its schema. It deletes in bounded portions and returns how many rows.';

-- jobs/retention/prune.sql

create function jobs.prune(
  keep_runs interval default '90 days',
  keep_ticks interval default '7 days',
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  pruned_runs int;
  pruned_ticks int;
  pruned_alerts int;
  pruned_incidents int;
  task record;
  pruned int;
  result jsonb;
begin
  if prune.keep_runs < interval '31 days' or prune.keep_ticks < interval '1 hour' then
    raise exception 'runs are kept for 31 days at least, ticks for an hour'
      using
        errcode = 'invalid_parameter_value',
        hint = 'The health check looks 30 days back.';
  end if;

  delete from public.jobs_log as run
  using jobs.known_jobs() as known (name)
  cross join lateral (
    select
      (
        select newest.started_at
        from public.jobs_log as newest
        where newest.job_name = known.name
        order by newest.started_at desc
        limit 1
      ) as run_at,
      jobs.last_success_at(known.name, 'infinity') as success_at
  ) as last
  where run.job_name = known.name
    and run.started_at < prune.as_of - prune.keep_runs
    -- The last ones stay, or a job that pauses would look like one that never
    -- ran. So does a run that is running.
    and run.started_at < case run.status
      when 'success' then last.success_at
      when 'failed' then last.run_at
    end;
  get diagnostics pruned_runs = row_count;

  delete from jobs.run_results as result
  where not exists (
    select 1
    from public.jobs_log as run
    where run.id = result.run_id
  );

  -- A running run that was deleted by hand.
  delete from jobs.run_workers as worker
  where not exists (
    select 1
    from public.jobs_log as run
    where run.id = worker.run_id
  );

  delete from jobs.failing_items as known
  where known.last_failed_at < prune.as_of - prune.keep_runs
    and known.failures = 1;

  -- A tick that was running when the database restarted has no end.
  delete from cron.job_run_details as tick
  where coalesce(tick.end_time, tick.start_time) < prune.as_of - prune.keep_ticks
    and tick.command ~ '\mjobs\.';
  get diagnostics pruned_ticks = row_count;

  delete from jobs.alerts as alert
  where alert.raised_at < prune.as_of - prune.keep_runs
    and not exists (
      select 1
      from jobs.alert_deliveries as delivery
      where delivery.alert_id = alert.id
        and delivery.status = 'pending'
    );
  get diagnostics pruned_alerts = row_count;

  delete from jobs.incidents as incident
  where incident.closed_at < prune.as_of - prune.keep_runs;
  get diagnostics pruned_incidents = row_count;

  delete from jobs.actions as action
  where action.requested_at < prune.as_of - prune.keep_runs
    and (action.ended_at is not null or action.action not in ('pause', 'snooze', 'cancel'))
    and not exists (
      select 1
      from public.jobs_log as run
      where run.id = action.run_id
    );

  result := jsonb_build_object(
    'runs', pruned_runs,
    'ticks', pruned_ticks,
    'alerts', pruned_alerts,
    'incidents', pruned_incidents
  );

  for task in
    select *
    from jobs.retention_tasks as registered
    order by registered.task_name
  loop
    execute format('select %s($1)', task.function_name::regproc)
    into pruned
    using prune.as_of;
    result := result || jsonb_build_object(task.task_name, pruned);
  end loop;

  return result;
end
$function$;

revoke all on function jobs.prune(interval, interval, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.prune(interval, interval, timestamptz) is
  'Deletes runs, their results, alerts, closed incidents, actions and items that failed once that are older than '
  'keep_runs (default 90 days), and ticks of our entries in cron.job_run_details that are older than keep_ticks (default '
  '7 days). '
  'Keeps the last run and the last success of each job, alerts that wait to be sent, pauses and snoozes that are in '
  'force, and jobs.run_totals. '
  'Then calls what is in jobs.retention_tasks, which has retentions of its own. '
  'Idempotent. Returns {runs, ticks, alerts, incidents} and the tasks by name: how many were deleted.';

-- ==========================================================================
-- 23. The rule
--
-- One date per agency and instant decides which due dates are overdue.
-- Locks: nothing that exists.
-- ==========================================================================

-- installments/rule/use_timezone.sql

-- Stable, although set_config() is volatile: the setting ends with the caller, so
-- the caller depends on its arguments alone.
create function jobs.use_timezone(name text)
returns text
language sql
stable
set search_path = ''
as $function$
  select set_config('timezone', use_timezone.name, true);
$function$;

revoke all on function jobs.use_timezone(text)
  from public, anon, authenticated, service_role;

comment on function jobs.use_timezone(text) is
  'Sets the time zone of the function that calls it, which has to have a SET clause for timezone: the setting ends with '
  'that function. Raises 22023 for a name that the server does not know.';

-- installments/rule/local_time.sql

create function jobs.local_time(
  as_of timestamptz,
  timezone text
)
returns timestamp
language plpgsql
stable
security definer
set search_path = ''
set timezone = 'UTC'
as $function$
begin
  if local_time.timezone is null then
    return null;
  end if;

  -- Not AT TIME ZONE, which reads CET, EET, MET and WET as abbreviations without
  -- summer time. The setting reads names only, and ends with the function.
  perform jobs.use_timezone(local_time.timezone);
  return local_time.as_of::timestamp;
exception
  when invalid_parameter_value then
    return null;
end
$function$;

revoke all on function jobs.local_time(timestamptz, text)
  from public, anon, authenticated, service_role;
grant execute on function jobs.local_time(timestamptz, text)
  to authenticated, service_role;

comment on function jobs.local_time(timestamptz, text) is
  'The local time in a time zone at an instant. Null for null and for a zone that the server does not know, so that one '
  'bad zone does not stop the others. '
  'Security definer, because it calls jobs.use_timezone() for signed-in users too. It reads no table.';

-- installments/rule/agency_cutoffs.sql

create function jobs.agency_cutoffs(
  as_of timestamptz default now(),
  only_agency uuid default null,
  other_timezone text default null,
  other_cutoff_time time default null,
  other_grace_days int default null
)
returns table (
  agency_id uuid,
  overdue_before date,
  timezone text,
  local_time timestamp,
  cutoff_time time,
  grace_days int,
  closed_weekdays smallint[]
)
language sql
stable
set search_path = ''
-- It takes milliseconds, and would be compiled for longer.
set jit = off
-- What most callers may see. So the planner goes by the indexes of what belongs to
-- an agency, and does not read whole tables.
rows 10
begin atomic
  with recursive agency as not materialized (
    select
      stored.id,
      coalesce(agency_cutoffs.other_timezone, stored.timezone::text) as timezone,
      coalesce(agency_cutoffs.other_cutoff_time, stored.overdue_cutoff_time, '17:00') as cutoff_time,
      coalesce(agency_cutoffs.other_grace_days, stored.grace_days, 0)::int as grace_days,
      coalesce(stored.closed_weekdays, '{}')::smallint[] as closed_weekdays
    from (
      -- Two queries, so that one agency is found by its id.
      select
        one.id,
        one.timezone,
        one.overdue_cutoff_time,
        one.grace_days,
        one.closed_weekdays
      from public.agencies as one
      where one.id = agency_cutoffs.only_agency
      union all
      select
        each.id,
        each.timezone,
        each.overdue_cutoff_time,
        each.grace_days,
        each.closed_weekdays
      from public.agencies as each
      where agency_cutoffs.only_agency is null
    ) as stored
  ),
  clock as materialized (
    select
      zone.timezone,
      local.at,
      local.at::date as today,
      extract(isodow from local.at)::smallint as weekday,
      extract(isodow from local.at::date - 1)::smallint as weekday_before
    from (
      select distinct agency.timezone
      from agency
    ) as zone
    cross join lateral jobs.local_time(agency_cutoffs.as_of, zone.timezone) as local (at)
  ),
  -- The last day whose cut-off has passed: today or the day before.
  ended as materialized (
    select
      agency.*,
      clock.at as local_time,
      clock.today - (clock.at::time < agency.cutoff_time)::int as day,
      case when clock.at::time < agency.cutoff_time then clock.weekday_before else clock.weekday end
        = any (agency.closed_weekdays) as is_closed_weekday
    from agency
    left join clock
      on clock.timezone = agency.timezone
  ),
  closed_that_day as materialized (
    select
      closed_day.agency_id,
      closed_day.day
    from public.agency_closed_days as closed_day
    where closed_day.day = any (
      array(
        select clock.today - back
        from clock
        cross join generate_series(0, 1) as back
      )
    )
  ),
  -- Where that day is closed, the days before it, as long as they are closed.
  closed as (
    (
      select
        ended.id,
        ended.closed_weekdays,
        ended.day
      from ended
      where ended.is_closed_weekday
      union
      select
        ended.id,
        ended.closed_weekdays,
        ended.day
      from closed_that_day
      join ended
        on ended.id = closed_that_day.agency_id
        and ended.day = closed_that_day.day
      -- On an ordinary day, nothing is joined.
      where exists (
        select 1
        from closed_that_day
      )
    )
    union all
    select
      closed.id,
      closed.closed_weekdays,
      closed.day - 1
    from closed
    where extract(isodow from closed.day - 1)::smallint = any (closed.closed_weekdays)
      or exists (
        select 1
        from public.agency_closed_days as closed_day
        where closed_day.agency_id = closed.id
          and closed_day.day = closed.day - 1
        -- A fence. One look each into the index is cheaper than to read the table.
        offset 0
      )
  ),
  last_open as (
    select
      closed.id,
      min(closed.day) - 1 as day
    from closed
    group by closed.id
  )
  select
    ended.id,
    coalesce(last_open.day, ended.day) - ended.grace_days + 1,
    ended.timezone,
    ended.local_time,
    ended.cutoff_time,
    ended.grace_days,
    ended.closed_weekdays
  from ended
  left join last_open
    on last_open.id = ended.id;
end;

revoke all on function jobs.agency_cutoffs(timestamptz, uuid, text, time, int)
  from public, anon, authenticated, service_role;
grant execute on function jobs.agency_cutoffs(timestamptz, uuid, text, time, int)
  to authenticated, service_role;

comment on function jobs.agency_cutoffs(timestamptz, uuid, text, time, int) is
  'The rule, per agency: installments with a student_due_date before overdue_before are overdue at as_of (default now()). '
  'A due date becomes overdue grace_days later, moved on to the next day that is open, at the cut-off. So the last open '
  'day whose cut-off has passed decides, less the grace. '
  'Null where the agency has no time zone that the server knows. One row per agency that the caller may see, or only_agency '
  'alone, with the settings that were used: other_timezone, other_cutoff_time and other_grace_days replace those of every '
  'agency. Its body is parsed when it is created, so that signed-in users can call it through views without access to the '
  'schema jobs.';

-- installments/rule/overdue_slices.sql

create function jobs.overdue_slices(dates date[])
returns table (due_from date, due_before date)
language sql
immutable
set search_path = ''
as $function$
  select
    coalesce(lag(day.date) over (order by day.date), '-infinity'),
    day.date
  from (
    select distinct given.date
    from unnest(overdue_slices.dates) as given (date)
    where given.date is not null
  ) as day
  order by day.date;
$function$;

revoke all on function jobs.overdue_slices(date[])
  from public, anon, authenticated, service_role;

comment on function jobs.overdue_slices(date[]) is
  'Cuts the due dates into slices by the dates of the agencies (overdue_before): a due date in a slice (from due_from, '
  'before due_before) is overdue for exactly the agencies whose date is due_before or later. At one instant there are '
  'about three slices for each length of grace. Oldest first.';

-- installments/rule/effective_due_date.sql

create function jobs.effective_due_date(
  agency_id uuid,
  student_due_date date,
  grace_days int,
  closed_weekdays smallint[]
)
returns date
language plpgsql
stable
security definer
set search_path = ''
as $function$
declare
  candidate date := effective_due_date.student_due_date;
begin
  -- Infinite dates, and those at the ends of what Postgres can calculate with.
  if candidate is null or candidate not between '4713-01-01 BC' and '5870000-01-01' then
    return candidate;
  end if;

  candidate := candidate + effective_due_date.grace_days;
  -- The checks of the tables leave an open day within 366. A bound, all the same.
  for step in 1 .. 1000 loop
    if extract(isodow from candidate)::smallint <> all (effective_due_date.closed_weekdays)
      and not exists (
        select 1
        from public.agency_closed_days as closed_day
        where closed_day.agency_id = effective_due_date.agency_id
          and closed_day.day = candidate
      )
    then
      return candidate;
    end if;
    candidate := candidate + 1;
  end loop;
  return null;
end
$function$;

revoke all on function jobs.effective_due_date(uuid, date, int, smallint[])
  from public, anon, authenticated, service_role;
grant execute on function jobs.effective_due_date(uuid, date, int, smallint[])
  to authenticated, service_role;

comment on function jobs.effective_due_date(uuid, date, int, smallint[]) is
  'The day at whose cut-off an installment becomes overdue: its due date plus the grace, moved on to the next day on which '
  'the agency is open. The same rule as jobs.agency_cutoffs(), read forwards. '
  'Security definer, because it is asked once per installment and the caller''s policies would be, too. It can be called '
  'only through views and functions that the caller may use.';

-- installments/rule/overdue_at.sql

create function jobs.overdue_at(
  effective_due_date date,
  cutoff_time time,
  timezone text
)
returns timestamptz
language plpgsql
stable
security definer
set search_path = ''
set timezone = 'UTC'
as $function$
declare
  wanted timestamp;
  instant timestamptz;
  turned_back interval;
  earlier timestamptz;
begin
  if overdue_at.timezone is null or overdue_at.effective_due_date is null then
    return null;
  elsif overdue_at.effective_due_date > '200000-01-01' then
    return timestamptz 'infinity';
  elsif overdue_at.effective_due_date < '4000-01-01 BC' then
    return timestamptz '-infinity';
  end if;

  perform jobs.use_timezone(overdue_at.timezone);
  wanted := overdue_at.effective_due_date + overdue_at.cutoff_time;
  instant := wanted::timestamptz;

  if instant::timestamp = wanted then
    -- Where the clock is turned back over this time, Postgres takes the second
    -- instant that shows it.
    turned_back := (instant - interval '24 hours')::timestamp + interval '24 hours' - wanted;
    if turned_back > interval '0' and (instant - turned_back)::timestamp = wanted then
      return instant - turned_back;
    end if;
    return instant;
  end if;

  -- The clock was put forward over this time: to the second of the change, which
  -- lies in the day before, at its very beginning where a whole day was skipped. A clock is changed at a full second, and the cut-off
  -- may have a fraction.
  instant := date_trunc('second', instant) + interval '1 second';
  earlier := instant - interval '24 hours 1 second';
  for step in 1 .. 17 loop
    exit when instant - earlier <= interval '1 second';
    declare
      middle constant timestamptz := earlier
        + make_interval(secs => floor(extract(epoch from instant - earlier) / 2)::int);
    begin
      if middle::timestamp < wanted then
        earlier := middle;
      else
        instant := middle;
      end if;
    end;
  end loop;
  return instant;
exception
  when invalid_parameter_value then
    return null;
end
$function$;

revoke all on function jobs.overdue_at(date, time, text)
  from public, anon, authenticated, service_role;
grant execute on function jobs.overdue_at(date, time, text)
  to authenticated, service_role;

comment on function jobs.overdue_at(date, time, text) is
  'The first instant at which the clock of a time zone shows the cut-off of an effective due date, or a later time. '
  'Where the clock is turned back over the cut-off, that is the first of two instants; where it is put forward over it, the '
  'instant of the change. Infinite for infinite dates; null for null and for a zone that the server does not know. '
  'Security definer, because it calls jobs.use_timezone() for signed-in users too. It reads no table.';

-- installments/rule/next_cutoff_at.sql

create function jobs.next_cutoff_at(
  agency_id uuid,
  as_of timestamptz,
  local_time timestamp,
  cutoff_time time,
  timezone text,
  closed_weekdays smallint[]
)
returns timestamptz
language plpgsql
stable
security definer
set search_path = ''
set timezone = 'UTC'
as $function$
declare
  -- Today, or tomorrow when today's cut-off has passed; or the next open day.
  day constant date := jobs.effective_due_date(
    next_cutoff_at.agency_id,
    next_cutoff_at.local_time::date + (next_cutoff_at.local_time::time >= next_cutoff_at.cutoff_time)::int,
    0,
    next_cutoff_at.closed_weekdays
  );
  instant timestamptz := jobs.overdue_at(day, next_cutoff_at.cutoff_time, next_cutoff_at.timezone);
begin
  -- The clock has shown that time already, and was turned back. It will show it
  -- again; Postgres takes the second instant.
  if instant <= next_cutoff_at.as_of then
    perform jobs.use_timezone(next_cutoff_at.timezone);
    instant := (day + next_cutoff_at.cutoff_time)::timestamptz;
  end if;
  return instant;
end
$function$;

revoke all on function jobs.next_cutoff_at(uuid, timestamptz, timestamp, time, text, smallint[])
  from public, anon, authenticated, service_role;
grant execute on function jobs.next_cutoff_at(uuid, timestamptz, timestamp, time, text, smallint[])
  to authenticated, service_role;

comment on function jobs.next_cutoff_at(uuid, timestamptz, timestamp, time, text, smallint[]) is
  'The first instant after as_of at which more due dates are overdue for an agency than at as_of: the cut-off of the next '
  'day on which it is open. The other arguments are a row of jobs.agency_cutoffs(as_of). Where the clock is put forward over '
  'the cut-off, it is the instant of the change. Which due dates are overdue then, jobs.agency_cutoffs() says of that '
  'instant. Null where the agency has no time zone that the server knows. '
  'Security definer, as jobs.effective_due_date(), and reads the closed days of that agency alone. It can be called only '
  'through views and functions that the caller may use.';

-- ==========================================================================
-- 24. Ledger
--
-- What was marked, in which run, and what was judged. Written in the transaction
-- that marks. No trigger on public.installments.
-- Locks: nothing that exists.
-- ==========================================================================

-- installments/ledger/ledger_settings.sql

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

-- installments/ledger/status_changes.sql

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

-- installments/ledger/agency_judgement.sql

create type jobs.agency_judgement as (
  agency_id uuid,
  overdue_before date,
  timezone text,
  local_time timestamp,
  cutoff_time time,
  grace_days int,
  closed_weekdays smallint[]
);

comment on type jobs.agency_judgement is
  'One row of jobs.agency_cutoffs(): how a run judges an agency. A run judges once per batch and writes what it used to '
  'the ledger, so that a change of settings in between cannot show up there.';

-- installments/ledger/judge_agencies.sql

create function jobs.judge_agencies(as_of timestamptz default now())
returns jobs.agency_judgement[]
language sql
stable
set search_path = ''
as $function$
  select coalesce(array_agg(row(cutoff.*)::jobs.agency_judgement), '{}')
  from jobs.agency_cutoffs(judge_agencies.as_of) as cutoff;
$function$;

revoke all on function jobs.judge_agencies(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.judge_agencies(timestamptz) is
  'All rows of jobs.agency_cutoffs() at as_of (default now()) in one array, so that the parts of a batch judge alike and '
  'the settings are read once. overdue_before is null for an agency without a known time zone.';

-- installments/ledger/record_status_changes.sql

create function jobs.record_status_changes(
  run_id uuid,
  as_of timestamptz,
  judgements jobs.agency_judgement[],
  from_status text,
  to_status text,
  reason text,
  ids uuid[],
  agency_ids uuid[],
  due_dates date[],
  out agencies uuid[],
  out counts int[]
)
language sql
set search_path = ''
set datestyle = 'ISO'
set jit = off
as $function$
  with changed as materialized (
    select
      given.agency_id,
      array_agg(given.id) as ids,
      array_agg(given.due_date) as due_dates,
      count(*)::int as changed_count
    from unnest(
      record_status_changes.ids,
      record_status_changes.agency_ids,
      record_status_changes.due_dates
    ) as given (id, agency_id, due_date)
    group by given.agency_id
  ),
  judged as materialized (
    select
      judgement.*,
      moved.dates as moved_dates
    from unnest(record_status_changes.judgements) as judgement
    join changed
      on changed.agency_id = judgement.agency_id
    left join lateral (
      select
        jsonb_object_agg(
          due.date::text,
          jobs.effective_due_date(
            judgement.agency_id,
            due.date,
            judgement.grace_days,
            judgement.closed_weekdays
          )
        ) as dates
      from (
        select distinct one.date
        from unnest(changed.due_dates) as one (date)
        -- Not infinite, and not so late that Postgres cannot add to it.
        where isfinite(one.date)
          and one.date < '5870000-01-01'
      ) as due
      where extract(isodow from due.date + judgement.grace_days)::smallint = any (judgement.closed_weekdays)
        or exists (
          select 1
          from public.agency_closed_days as closed_day
          where closed_day.agency_id = judgement.agency_id
            and closed_day.day = due.date + judgement.grace_days
        )
    ) as moved
      on exists (
        select 1
        from public.agency_closed_days
      )
      or judgement.closed_weekdays <> '{}'
  ),
  portion as (
    select
      changed.agency_id,
      '' as id_suffix,
      changed.ids,
      changed.due_dates
    from changed
    where changed.changed_count <= 100

    union all

    select
      numbered.agency_id,
      numbered.id_suffix,
      array_agg(numbered.id),
      array_agg(numbered.due_date)
    from (
      select
        many.*,
        (row_number() over (partition by many.agency_id, many.id_suffix) - 1) / 100 as portion
      from (
        select
          changed.agency_id,
          one.id,
          one.due_date,
          right(one.id::text, case when changed.changed_count <= 1600 then 1 else 2 end) as id_suffix
        from changed
        cross join lateral unnest(changed.ids, changed.due_dates) as one (id, due_date)
        where changed.changed_count > 100
      ) as many
    ) as numbered
    group by numbered.agency_id, numbered.id_suffix, numbered.portion
  ),
  written as (
    insert into jobs.status_changes (
      run_id,
      agency_id,
      id_suffix,
      from_status,
      to_status,
      reason,
      as_of,
      timezone,
      local_time,
      cutoff_time,
      grace_days,
      moved_dates,
      installment_ids,
      due_dates
    )
    select
      record_status_changes.run_id,
      portion.agency_id,
      portion.id_suffix,
      record_status_changes.from_status,
      record_status_changes.to_status,
      record_status_changes.reason,
      record_status_changes.as_of,
      judged.timezone,
      judged.local_time,
      judged.cutoff_time,
      judged.grace_days,
      judged.moved_dates,
      portion.ids,
      portion.due_dates
    from portion
    join judged
      on judged.agency_id = portion.agency_id
  )
  select
    coalesce(array_agg(changed.agency_id), '{}'),
    coalesce(array_agg(changed.changed_count), '{}')
  from changed;
$function$;

revoke all on function jobs.record_status_changes(
  uuid, timestamptz, jobs.agency_judgement[], text, text, text, uuid[], uuid[], date[]
)
  from public, anon, authenticated, service_role;

comment on function jobs.record_status_changes(
  uuid, timestamptz, jobs.agency_judgement[], text, text, text, uuid[], uuid[], date[]
) is
  'Writes changed installments (three arrays of the same length) to the ledger, with how their agencies were judged at '
  'as_of. Call it in the transaction of the change, after it: of two changes of one installment, the later one then has '
  'the higher id. An agency with more than 100 changes gets several rows, by the last characters of the ids. '
  'Returns the agencies and how many installments of each were changed.';

-- installments/ledger/changes_of.sql

create function jobs.changes_of(installment_id uuid)
returns table (
  id bigint,
  changed_at timestamptz,
  from_status text,
  to_status text,
  run_id uuid,
  reason text,
  as_of timestamptz,
  timezone text,
  local_time timestamp,
  cutoff_time time,
  grace_days int,
  due_date date,
  effective_due_date date
)
language sql
stable
security definer
set search_path = ''
-- The form of the dates in moved_dates.
set datestyle = 'ISO'
-- Otherwise all rows of the agency would be fetched from the table.
set enable_seqscan = off
set enable_bitmapscan = off
rows 5
as $function$
  select
    change.id,
    change.changed_at,
    change.from_status,
    change.to_status,
    change.run_id,
    change.reason,
    change.as_of,
    change.timezone,
    change.local_time,
    change.cutoff_time,
    change.grace_days,
    judged.due_date,
    coalesce(
      (change.moved_dates ->> judged.due_date::text)::date,
      -- Postgres cannot add to the last of its dates.
      judged.due_date + case when judged.due_date < '5870000-01-01' then change.grace_days else 0 end
    )
  from jobs.status_changes as change
  cross join lateral (
    select change.due_dates[array_position(change.installment_ids, changes_of.installment_id)] as due_date
  ) as judged
  where change.id = any (
    array(
      select holder.id
      from public.installments as installment
      join public.payment_plans as plan
        on plan.id = installment.payment_plan_id
      join jobs.status_changes as holder
        on holder.agency_id = plan.agency_id
      where installment.id = changes_of.installment_id
        and holder.id_suffix in (
          '',
          right(changes_of.installment_id::text, 1),
          right(changes_of.installment_id::text, 2)
        )
        and changes_of.installment_id = any (holder.installment_ids)
    )
  )
  order by change.id desc;
$function$;

revoke all on function jobs.changes_of(uuid)
  from public, anon, authenticated, service_role;
grant execute on function jobs.changes_of(uuid)
  to authenticated, service_role;

comment on function jobs.changes_of(uuid) is
  'The changes of one installment''s status in the ledger, newest first, with what was judged. '
  'Security definer, and it does not ask who may see the installment: only for functions that have asked before, such as '
  'public.installment_history(). The Data API does not reach the schema jobs.';

-- installments/ledger/last_change_of.sql

create function jobs.last_change_of(
  installment_id uuid,
  out id bigint,
  out changed_at timestamptz,
  out from_status text,
  out to_status text,
  out run_id uuid,
  out reason text,
  out as_of timestamptz,
  out timezone text,
  out local_time timestamp,
  out cutoff_time time,
  out grace_days int,
  out due_date date,
  out effective_due_date date
)
language sql
stable
set search_path = ''
begin atomic
  select *
  from jobs.changes_of(last_change_of.installment_id)
  limit 1;
end;

revoke all on function jobs.last_change_of(uuid)
  from public, anon, authenticated, service_role;
grant execute on function jobs.last_change_of(uuid)
  to authenticated, service_role;

comment on function jobs.last_change_of(uuid) is
  'The last change of an installment''s status that Duewatch made, as jobs.changes_of(); nulls when it made none. Like '
  'that function only for those who have asked whether the caller may see the installment.';

-- installments/ledger/installment_history.sql

create function public.installment_history(installment_id uuid)
returns table (
  changed_at timestamptz,
  from_status text,
  to_status text,
  run_id uuid,
  as_of timestamptz,
  timezone text,
  local_time timestamp,
  cutoff_time time,
  effective_due_date date,
  reason text
)
language sql
stable
set search_path = ''
rows 5
begin atomic
  select
    change.changed_at,
    change.from_status,
    change.to_status,
    change.run_id,
    change.as_of,
    change.timezone,
    change.local_time,
    change.cutoff_time,
    change.effective_due_date,
    change.reason
  from public.installments as installment
  cross join lateral jobs.changes_of(installment.id) as change
  where installment.id = installment_history.installment_id
  order by change.id desc;
end;

revoke all on function public.installment_history(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.installment_history(uuid)
  to authenticated, service_role;

comment on function public.installment_history(uuid) is
  'What Duewatch has done to the status of an installment, newest first: when, in which run, and by which instant, zone, '
  'local time, cut-off and effective due date it judged, as they were then. '
  'reason: cutoff_passed, due_date_moved, plan_not_active or settings_changed. '
  'Who can see the installment sees its history (row level security); for others, and for an unknown id, it is empty.';

-- installments/ledger/keep_status_changes.sql

create function jobs.keep_status_changes(keep interval)
returns void
language plpgsql
set search_path = ''
as $function$
begin
  if keep_status_changes.keep is null or keep_status_changes.keep < interval '1 year' then
    raise exception 'status changes are kept for a year at least'
      using errcode = 'invalid_parameter_value';
  end if;

  update jobs.ledger_settings
  set keep_changes = keep_status_changes.keep
  where is_only_row;
end
$function$;

revoke all on function jobs.keep_status_changes(interval)
  from public, anon, authenticated, service_role;

comment on function jobs.keep_status_changes(interval) is
  'Sets how long the ledger is kept: seven years after an installation, a year at least. Idempotent. '
  'Raises 22023 for less.';

-- installments/ledger/prune_status_changes.sql

create function jobs.prune_status_changes(as_of timestamptz default now())
returns int
language plpgsql
set search_path = ''
as $function$
declare
  pruned int;
begin
  delete from jobs.status_changes as change
  where change.id in (
    -- The oldest have the lowest ids, so a night without any reads these alone.
    select oldest.id
    from jobs.status_changes as oldest
    order by oldest.id
    limit 50000
  )
    and change.changed_at < prune_status_changes.as_of - (
      select settings.keep_changes
      from jobs.ledger_settings as settings
    );
  get diagnostics pruned = row_count;
  return pruned;
end
$function$;

revoke all on function jobs.prune_status_changes(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.prune_status_changes(timestamptz) is
  'Deletes rows of the ledger that are older than its retention (jobs.keep_status_changes()), at most 50,000 a call; the '
  'next night takes the rest. Called by jobs.prune(). Returns how many.';

insert into jobs.retention_tasks (task_name, function_name)
values ('status_changes', 'jobs.prune_status_changes')
on conflict do nothing;

-- ==========================================================================
-- 25. Marking
--
-- Set-based, so that the cost follows what is due. A loop over agencies only
-- where one of them fails.
-- Locks: when it runs, the rows that it updates. It leaves rows that others hold.
-- ==========================================================================

-- installments/marking/has_pending.sql

create function jobs.has_pending(
  due_from date,
  due_before date
)
returns boolean
language plpgsql
stable
set search_path = ''
set random_page_cost = 1.1
set jit = off
as $function$
begin
  -- Written like this, only the index has the order. As exists(), a plan that reads
  -- the table until it finds one looks cheap, and then it finds none.
  return (
    select installment.student_due_date
    from public.installments as installment
    where installment.status = 'pending'
      and installment.student_due_date >= has_pending.due_from
      and installment.student_due_date < has_pending.due_before
    order by installment.student_due_date
    limit 1
  ) is not null;
end
$function$;

revoke all on function jobs.has_pending(date, date)
  from public, anon, authenticated, service_role;

comment on function jobs.has_pending(date, date) is
  'Whether any pending installment is due in [due_from, due_before), of whatever plan. One look into the index.';

-- installments/marking/pick_overdue.sql

create function jobs.pick_overdue(
  due_from date,
  due_before date,
  agencies uuid[],
  batch_size int,
  locking boolean,
  out row_pointers tid[],
  out ids uuid[],
  out agency_ids uuid[],
  out due_dates date[],
  out due_until date
)
language plpgsql
set search_path = ''
-- At the default page cost the planner would read whole tables. A cache of plans
-- costs more than it saves where few due installments share a plan.
set random_page_cost = 1.1
set enable_memoize = off
set jit = off
as $function$
declare
  waits_in_vain boolean;
begin
  -- Pending installments of plans that have ended stay for ever, several of each
  -- plan. Where the oldest are mostly of that kind, a cache of plans is worth it.
  execute
    $query$
      select count(*) > 2 * count(*) filter (where plan.status = 'active')
      from (
        select installment.payment_plan_id
        from public.installments as installment
        where installment.status = 'pending'
          and installment.student_due_date >= $1
          and installment.student_due_date < $2
        order by installment.student_due_date
        limit 200
      ) as oldest
      join public.payment_plans as plan
        on plan.id = oldest.payment_plan_id
    $query$
  into waits_in_vain
  using pick_overdue.due_from, pick_overdue.due_before;

  if waits_in_vain then
    -- Ends with this function.
    set local enable_memoize = on;
  end if;

  -- Dynamic, so that it is planned for these dates and with or without locks.
  execute
    $query$
      select
        array_agg(due.row_pointer),
        array_agg(due.id),
        array_agg(due.agency_id),
        array_agg(due.student_due_date),
        max(due.student_due_date)
      from (
        select
          installment.ctid as row_pointer,
          installment.id,
          plan.agency_id,
          installment.student_due_date
        from public.installments as installment
        cross join lateral (
          select looked_up.agency_id
          from public.payment_plans as looked_up
          where looked_up.id = installment.payment_plan_id
            and looked_up.status = 'active'
          -- A fence. The planner does not know that most past dates are paid, and
          -- would read all plans for them.
          offset 0
        ) as plan
        where installment.status = 'pending'
          and installment.student_due_date >= $1
          and installment.student_due_date < $2
          and plan.agency_id = any ($3)
        order by installment.student_due_date
        limit $4
    $query$
    || case when pick_overdue.locking then 'for no key update of installment skip locked' else '' end
    || ') as due'
  into row_pointers, ids, agency_ids, due_dates, due_until
  using pick_overdue.due_from, pick_overdue.due_before, pick_overdue.agencies, pick_overdue.batch_size;
end
$function$;

revoke all on function jobs.pick_overdue(date, date, uuid[], int, boolean)
  from public, anon, authenticated, service_role;

comment on function jobs.pick_overdue(date, date, uuid[], int, boolean) is
  'Finds pending installments of active plans of these agencies, due in [due_from, due_before), oldest first, at most '
  'batch_size. With locking they are locked, and those that others hold are left out. '
  'Returns arrays of the same length (null for none) and the last due date among them.';

-- installments/marking/installments_have_triggers.sql

create function jobs.installments_have_triggers()
returns boolean
language sql
stable
set search_path = ''
as $function$
  select exists (
    select 1
    from pg_catalog.pg_trigger as present
    where not present.tgisinternal
      and (
        present.tgrelid = 'public.installments'::regclass
        or present.tgrelid in (
          select partition.relid
          from pg_catalog.pg_partition_tree('public.installments'::regclass) as partition
        )
      )
  );
$function$;

revoke all on function jobs.installments_have_triggers()
  from public, anon, authenticated, service_role;

comment on function jobs.installments_have_triggers() is
  'Whether an adopter''s trigger may change what an update of public.installments, or of one of its partitions, does.';

-- installments/marking/row_pointers_are_shared.sql

create function jobs.row_pointers_are_shared()
returns boolean
language sql
stable
set search_path = ''
as $function$
  select
    relation.relkind <> 'r'
    or relation.relhassubclass
    -- The shards of a table that Citus distributes.
    or to_regclass('pg_catalog.pg_dist_partition') is not null
  from pg_catalog.pg_class as relation
  where relation.oid = 'public.installments'::regclass;
$function$;

revoke all on function jobs.row_pointers_are_shared()
  from public, anon, authenticated, service_role;

comment on function jobs.row_pointers_are_shared() is
  'Whether two rows of public.installments can have the same ctid, because the table consists of several (partitions, '
  'shards): a row is then found by its id as well.';

-- installments/marking/mark_at_once.sql

create function jobs.mark_at_once(
  row_pointers tid[],
  ids uuid[],
  due_before date
)
returns void
language plpgsql
set search_path = ''
-- Locking beforehand would write every row twice. Instead, a row that another
-- session holds ends the attempt.
set lock_timeout = '1ms'
-- The update goes by the physical rows it is given, however many they are.
set random_page_cost = 1.1
set plan_cache_mode = force_custom_plan
set jit = off
as $function$
declare
  changed_count int;
begin
  -- Adopters' triggers expect the path that the Data API gives them.
  perform set_config('search_path', 'public, extensions', true);

  -- The conditions are for a row that was changed since it was picked.
  if jobs.row_pointers_are_shared() then
    update public.installments as installment
    set status = 'overdue'
    where installment.ctid = any (mark_at_once.row_pointers)
      and installment.id = any (mark_at_once.ids)
      and installment.status = 'pending'
      and installment.student_due_date < mark_at_once.due_before;
  else
    update public.installments as installment
    set status = 'overdue'
    where installment.ctid = any (mark_at_once.row_pointers)
      and installment.status = 'pending'
      and installment.student_due_date < mark_at_once.due_before;
  end if;

  get diagnostics changed_count = row_count;

  if changed_count <> cardinality(mark_at_once.ids)
    or (
      jobs.installments_have_triggers()
      and exists (
        select 1
        from public.installments as installment
        where installment.id = any (mark_at_once.ids)
          and installment.status <> 'overdue'
      )
    )
  then
    raise exception 'not every row was marked';
  end if;
end
$function$;

revoke all on function jobs.mark_at_once(tid[], uuid[], date)
  from public, anon, authenticated, service_role;

comment on function jobs.mark_at_once(tid[], uuid[], date) is
  'Marks picked installments overdue in one update. Raises when a row is held by another session, has changed since it '
  'was picked, or is not overdue afterwards: then the caller has to go agency by agency.';

-- installments/marking/change_status.sql

create function jobs.change_status(
  wanted_ids uuid[],
  from_status text,
  to_status text,
  due_before date,
  out ids uuid[],
  out due_dates date[],
  out unchanged_count int
)
language plpgsql
set search_path = ''
-- A generic plan compares each of the ids with each of the updated ones.
set plan_cache_mode = force_custom_plan
as $function$
declare
  updated_ids uuid[];
begin
  -- Adopters' triggers expect the path that the Data API gives them.
  perform set_config('search_path', 'public, extensions', true);

  -- Dynamic, because the statuses of an adopter may be an enum.
  execute format(
    $query$
      with updated as (
        update public.installments as installment
        set status = %L
        where installment.id = any ($1)
          and installment.status = %L
          and ($2 is null or installment.student_due_date < $2)
        returning installment.id
      )
      select array_agg(updated.id)
      from updated
    $query$,
    change_status.to_status,
    change_status.from_status
  )
  into updated_ids
  using change_status.wanted_ids, change_status.due_before;

  -- A trigger may have refused the update, or have made something else of it.
  select
    coalesce(array_agg(stored.id) filter (where stored.is_changed), '{}'),
    coalesce(array_agg(stored.student_due_date) filter (where stored.is_changed), '{}'),
    count(*) filter (
      where stored.status = change_status.from_status
        and (change_status.due_before is null or stored.student_due_date < change_status.due_before)
    )
  into ids, due_dates, unchanged_count
  from (
    select
      installment.id,
      installment.student_due_date,
      installment.status::text as status,
      installment.status::text = change_status.to_status and installment.id = any (updated_ids) as is_changed
    from public.installments as installment
    where installment.id = any (change_status.wanted_ids)
  ) as stored;
end
$function$;

revoke all on function jobs.change_status(uuid[], text, text, date)
  from public, anon, authenticated, service_role;

comment on function jobs.change_status(uuid[], text, text, date) is
  'Changes the status of installments that have from_status and, if due_before is given, are due before it. '
  'Returns those that it has changed, with their due dates, and how many a trigger has left as they were.';

-- installments/marking/change_status_unlocked.sql

create function jobs.change_status_unlocked(
  wanted_ids uuid[],
  from_status text,
  to_status text,
  due_before date,
  out ids uuid[],
  out due_dates date[],
  out unchanged_count int
)
language plpgsql
set search_path = ''
set lock_timeout = '1ms'
as $function$
declare
  wanted_id uuid;
  changed record;
begin
  begin
    changed := jobs.change_status(
      change_status_unlocked.wanted_ids,
      change_status_unlocked.from_status,
      change_status_unlocked.to_status,
      change_status_unlocked.due_before
    );
    ids := changed.ids;
    due_dates := changed.due_dates;
    unchanged_count := changed.unchanged_count;
    return;
  exception
    when lock_not_available then
      ids := '{}';
      due_dates := '{}';
      unchanged_count := 0;
  end;

  -- One of them is held. The others are changed one by one.
  foreach wanted_id in array change_status_unlocked.wanted_ids loop
    begin
      changed := jobs.change_status(
        array[wanted_id],
        change_status_unlocked.from_status,
        change_status_unlocked.to_status,
        change_status_unlocked.due_before
      );
      ids := ids || changed.ids;
      due_dates := due_dates || changed.due_dates;
      unchanged_count := unchanged_count + changed.unchanged_count;
    exception
      when lock_not_available then
        -- Left for the next run.
        continue;
    end;
  end loop;
end
$function$;

revoke all on function jobs.change_status_unlocked(uuid[], text, text, date)
  from public, anon, authenticated, service_role;

comment on function jobs.change_status_unlocked(uuid[], text, text, date) is
  'jobs.change_status() for installments that this transaction does not hold: waits a millisecond for each that another '
  'session holds, and leaves it. For databases that refuse "for update skip locked", as Citus does across shards.';

-- installments/marking/change_agency_by_agency.sql

create function jobs.change_agency_by_agency(
  ids uuid[],
  agency_ids uuid[],
  from_status text,
  to_status text,
  due_before date default null,
  locked boolean default true,
  out changed_ids uuid[],
  out changed_agencies uuid[],
  out changed_due_dates date[],
  out failures jsonb
)
language plpgsql
set search_path = ''
as $function$
declare
  portion record;
  changed record;
begin
  changed_ids := '{}';
  changed_agencies := '{}';
  changed_due_dates := '{}';
  failures := '{}';

  for portion in
    select
      picked.agency_id,
      array_agg(picked.id) as ids
    from unnest(change_agency_by_agency.ids, change_agency_by_agency.agency_ids) as picked (id, agency_id)
    group by picked.agency_id
  loop
    begin
      if change_agency_by_agency.locked then
        changed := jobs.change_status(
          portion.ids,
          change_agency_by_agency.from_status,
          change_agency_by_agency.to_status,
          change_agency_by_agency.due_before
        );
      else
        changed := jobs.change_status_unlocked(
          portion.ids,
          change_agency_by_agency.from_status,
          change_agency_by_agency.to_status,
          change_agency_by_agency.due_before
        );
      end if;
      changed_ids := changed_ids || changed.ids;
      changed_agencies := changed_agencies || array_fill(portion.agency_id, array[cardinality(changed.ids)]);
      changed_due_dates := changed_due_dates || changed.due_dates;

      if changed.unchanged_count > 0 then
        failures := failures || jsonb_build_object(
          portion.agency_id,
          format(
            'a trigger on public.installments left %s installments %s',
            changed.unchanged_count,
            change_agency_by_agency.from_status
          )
        );
      end if;
    exception
      when others then
        failures := failures || jsonb_build_object(
          portion.agency_id,
          format('%s (SQLSTATE %s)', left(sqlerrm, 1000), sqlstate)
        );
    end;
  end loop;
end
$function$;

revoke all on function jobs.change_agency_by_agency(uuid[], uuid[], text, text, date, boolean)
  from public, anon, authenticated, service_role;

comment on function jobs.change_agency_by_agency(uuid[], uuid[], text, text, date, boolean) is
  'Changes the status of picked installments, each agency in a subtransaction of its own: one whose update raises is '
  'undone and reported, one whose trigger leaves rows as they were is reported, the others go on. '
  'due_before: only what is still due before that date (default: whenever it is due). '
  'locked (default): this transaction holds the rows. If not, those that others hold are left. '
  'Returns the installments that were changed, as arrays of the same length, and failures {agency_id: message}.';

-- installments/marking/mark_carefully.sql

create function jobs.mark_carefully(
  due_from date,
  due_before date,
  agencies uuid[],
  batch_size int,
  out ids uuid[],
  out agency_ids uuid[],
  out due_dates date[],
  out failures jsonb,
  out picked_count int
)
language plpgsql
set search_path = ''
as $function$
declare
  picked record;
  changed record;
  locked boolean := true;
begin
  begin
    picked := jobs.pick_overdue(
      mark_carefully.due_from,
      mark_carefully.due_before,
      mark_carefully.agencies,
      mark_carefully.batch_size,
      true
    );
  exception
    -- Citus does not lock rows across shards.
    when feature_not_supported then
      locked := false;
      picked := jobs.pick_overdue(
        mark_carefully.due_from,
        mark_carefully.due_before,
        mark_carefully.agencies,
        mark_carefully.batch_size,
        false
      );
  end;

  changed := jobs.change_agency_by_agency(
    ids => picked.ids,
    agency_ids => picked.agency_ids,
    from_status => 'pending',
    to_status => 'overdue',
    due_before => mark_carefully.due_before,
    locked => locked
  );
  ids := changed.changed_ids;
  agency_ids := changed.changed_agencies;
  due_dates := changed.changed_due_dates;
  failures := changed.failures;
  picked_count := coalesce(cardinality(picked.ids), 0);

  -- Held rows of one due date that fill a batch would be picked again and again.
  if not locked
    and ids = '{}'
    and failures = '{}'
    and picked.due_until = mark_carefully.due_from
  then
    picked_count := 0;
  end if;
end
$function$;

revoke all on function jobs.mark_carefully(date, date, uuid[], int)
  from public, anon, authenticated, service_role;

comment on function jobs.mark_carefully(date, date, uuid[], int) is
  'Marks what jobs.pick_overdue() finds, agency by agency, and leaves rows that others hold: picked with locks or, where '
  'the database refuses them (0A000), with a lock time-out of a millisecond. '
  'Returns what was marked, as arrays of the same length, failures {agency_id: message} and how many were picked.';

-- installments/marking/agency_errors.sql

create function jobs.agency_errors(failures jsonb)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select coalesce(
    jsonb_agg(
      jsonb_build_object('id', agency.id, 'name', agency.name, 'error', failure.message)
      order by agency.name, agency.id
    ),
    '[]'
  )
  from jsonb_each_text(agency_errors.failures) as failure (agency_id, message)
  join public.agencies as agency
    on agency.id = failure.agency_id::uuid;
$function$;

revoke all on function jobs.agency_errors(jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.agency_errors(jsonb) is
  'Failures {agency_id: message} as jobs_log.errors lists them: [{id, name, error}], by name.';

-- installments/marking/mark_overdue_batch.sql

create function jobs.mark_overdue_batch(
  as_of timestamptz,
  batch_size int,
  run_id uuid,
  judgements jobs.agency_judgement[] default null,
  due_from date default '-infinity',
  skip_agencies uuid[] default '{}',
  inout sweep text default null,
  out picked_count int,
  out due_until date,
  out agencies uuid[],
  out counts int[],
  out errors jsonb
)
language plpgsql
set search_path = ''
as $function$
declare
  judged jobs.agency_judgement[];
  cutoff_agencies uuid[];
  cutoff_dates date[];
  failures jsonb;
  marked_ids uuid[] := array[]::uuid[];
  marked_agencies uuid[] := array[]::uuid[];
  marked_due_dates date[] := array[]::date[];
  pass_from date := mark_overdue_batch.due_from;
  slice record;
  picked record;
  careful record;
  recorded record;
begin
  if mark_overdue_batch.as_of is null or not isfinite(mark_overdue_batch.as_of) then
    raise exception 'as_of has to be an instant'
      using errcode = 'invalid_parameter_value';
  end if;

  -- A deferred trigger that raises at commit would undo every agency. From here
  -- on they raise at once; what the caller has pending is the caller's error.
  set constraints all immediate;

  picked_count := 0;
  judged := coalesce(mark_overdue_batch.judgements, jobs.judge_agencies(mark_overdue_batch.as_of));

  select
    array_agg(cutoff.agency_id) filter (where cutoff.overdue_before is not null),
    array_agg(cutoff.overdue_before) filter (where cutoff.overdue_before is not null),
    coalesce(
      jsonb_object_agg(cutoff.agency_id, 'the agency has no time zone that the database knows')
        filter (where cutoff.overdue_before is null),
      '{}'
    )
  into cutoff_agencies, cutoff_dates, failures
  from unnest(judged) as cutoff
  where cutoff.agency_id <> all (mark_overdue_batch.skip_agencies);

  loop
    for slice in
      select
        greatest(found.due_from, pass_from) as due_from,
        found.due_before,
        null::uuid[] as agencies
      from jobs.overdue_slices(cutoff_dates) as found
      where found.due_before > pass_from
    loop
      exit when picked_count >= mark_overdue_batch.batch_size;

      -- With many different graces there are many slices, most of them empty.
      continue when not jobs.has_pending(slice.due_from, slice.due_before);

      slice.agencies := array(
        select cutoff.agency_id
        from unnest(cutoff_agencies, cutoff_dates) as cutoff (agency_id, overdue_before)
        where cutoff.overdue_before >= slice.due_before
          and (failures = '{}' or not failures ? cutoff.agency_id::text)
      );

      picked := jobs.pick_overdue(
        slice.due_from,
        slice.due_before,
        slice.agencies,
        mark_overdue_batch.batch_size - picked_count,
        false
      );
      continue when picked.ids is null;

      begin
        perform jobs.mark_at_once(picked.row_pointers, picked.ids, slice.due_before);
        marked_ids := marked_ids || picked.ids;
        marked_agencies := marked_agencies || picked.agency_ids;
        marked_due_dates := marked_due_dates || picked.due_dates;
        picked_count := picked_count + cardinality(picked.ids);
      exception
        when others then
          -- Going agency by agency finds the agencies that caused it, and leaves
          -- what others hold.
          careful := jobs.mark_carefully(
            slice.due_from,
            slice.due_before,
            slice.agencies,
            mark_overdue_batch.batch_size - picked_count
          );
          marked_ids := marked_ids || careful.ids;
          marked_agencies := marked_agencies || careful.agency_ids;
          marked_due_dates := marked_due_dates || careful.due_dates;
          failures := failures || careful.failures;
          picked_count := picked_count + careful.picked_count;
          sweep := coalesce(sweep, 'due');
      end;

      -- As seen before anything was locked: a due date that was moved in that
      -- moment would carry the position past others.
      due_until := picked.due_until;
    end loop;

    exit when picked_count >= mark_overdue_batch.batch_size;
    exit when sweep is distinct from 'due';
    -- What was left behind the position is looked at once more.
    sweep := 'under way';
    exit when pass_from = '-infinity';
    pass_from := '-infinity';
  end loop;

  recorded := jobs.record_status_changes(
    run_id => mark_overdue_batch.run_id,
    as_of => mark_overdue_batch.as_of,
    judgements => judged,
    from_status => 'pending',
    to_status => 'overdue',
    reason => 'cutoff_passed',
    ids => marked_ids,
    agency_ids => marked_agencies,
    due_dates => marked_due_dates
  );
  agencies := recorded.agencies;
  counts := recorded.counts;
  errors := jobs.agency_errors(failures);
end
$function$;

revoke all on function jobs.mark_overdue_batch(timestamptz, int, uuid, jobs.agency_judgement[], date, uuid[], text)
  from public, anon, authenticated, service_role;

comment on function jobs.mark_overdue_batch(timestamptz, int, uuid, jobs.agency_judgement[], date, uuid[], text) is
  'Marks at most batch_size pending installments overdue, as judged at as_of, oldest due date first, and writes them to '
  'the ledger as changed by run_id. '
  'Defaults: judgements as jobs.judge_agencies() has them at as_of, from the beginning (due_from), no agency left out (skip_agencies). Idempotent. '
  'Rows that others hold are left. An agency whose update raises, or is refused by a trigger, is undone and reported '
  'while the others go on. '
  'Returns picked_count (fewer than batch_size: nothing more), due_until (where the next batch starts), agencies and '
  'counts (how many installments of each were marked) and errors [{id, name, error}]. '
  'sweep is handed from batch to batch of a run: null at first, due when something may have been left behind the '
  'position, under way when the last batches look for it once more, from the beginning. '
  'Raises 22023 for an as_of that is no instant.';

-- installments/marking/agency_results.sql

create function jobs.agency_results(run_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'agency_id', agency.item_id,
        'updated_count', agency.updated_count,
        'transitions', agency.transitions
      )
      order by agency.updated_count desc, agency.item_id
    ),
    '[]'
  )
  from (
    select
      result.item_id,
      sum(result.updated_count) as updated_count,
      jsonb_object_agg(result.transition, result.updated_count) as transitions
    from jobs.run_results as result
    where result.run_id = agency_results.run_id
    group by result.item_id
  ) as agency;
$function$;

revoke all on function jobs.agency_results(uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.agency_results(uuid) is
  'What a run has changed, as metadata.agencies lists it: [{agency_id, updated_count, transitions}], agencies with a '
  'change only, the largest count first.';

-- installments/marking/add_run_results.sql

create function jobs.add_run_results(
  run_id uuid,
  transition text,
  agencies uuid[],
  counts int[]
)
returns void
language sql
set search_path = ''
as $function$
  insert into jobs.run_results as result (run_id, item_id, transition, updated_count)
  select
    add_run_results.run_id,
    changed.agency_id,
    add_run_results.transition,
    sum(changed.count)
  from unnest(add_run_results.agencies, add_run_results.counts) as changed (agency_id, count)
  group by changed.agency_id
  on conflict on constraint run_results_pkey do update
  set updated_count = result.updated_count + excluded.updated_count;
$function$;

revoke all on function jobs.add_run_results(uuid, text, uuid[], int[])
  from public, anon, authenticated, service_role;

comment on function jobs.add_run_results(uuid, text, uuid[], int[]) is
  'Adds what a batch changed for each agency (two arrays of the same length) to the results of its run.';

-- installments/marking/log_own_run.sql

create function jobs.log_own_run(
  run_id uuid,
  job_name text,
  started_at timestamptz,
  metadata jsonb,
  errors jsonb
)
returns void
language plpgsql
set search_path = ''
as $function$
declare
  results jsonb := jobs.agency_results(log_own_run.run_id);
  agency_count int := (
    select count(*)
    from public.agencies
  );
begin
  insert into public.jobs_log (id, job_name, started_at, status, trigger_source, items_updated)
  values (
    log_own_run.run_id,
    log_own_run.job_name,
    log_own_run.started_at,
    'running',
    'manual',
    jsonb_array_length(results)
  );

  perform public.finish_job_run(
    run_id => log_own_run.run_id,
    metadata => log_own_run.metadata || jsonb_build_object(
      'agencies', results,
      'total_agencies_processed', agency_count
    ),
    records_updated => (
      select coalesce(sum(result.updated_count), 0)::int
      from jobs.run_results as result
      where result.run_id = log_own_run.run_id
    ),
    items_total => agency_count,
    items_processed => agency_count,
    errors => log_own_run.errors,
    as_of => clock_timestamp()
  );
end
$function$;

revoke all on function jobs.log_own_run(uuid, text, timestamptz, jsonb, jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.log_own_run(uuid, text, timestamptz, jsonb, jsonb) is
  'Logs a run that took place in this transaction, outside an Edge Function, with what jobs.run_results has of it: every '
  'change has a row in jobs_log. It ends as finish_job_run() ends a run: failed, where too many agencies failed.';

-- ==========================================================================
-- 26. Correction
--
-- What was marked and is not overdue by the rule of today goes back to pending.
-- Locks: when it runs, the rows that it updates. It leaves rows that others hold.
-- ==========================================================================

-- installments/correction/correct_automatically.sql

create function jobs.correct_automatically(enabled boolean)
returns void
language sql
set search_path = ''
as $function$
  update jobs.ledger_settings
  set correct_automatically = correct_automatically.enabled
  where is_only_row;
$function$;

revoke all on function jobs.correct_automatically(boolean)
  from public, anon, authenticated, service_role;

comment on function jobs.correct_automatically(boolean) is
  'Turns on (true, the default of an installation) or off that each run sets back to pending what Duewatch marked and a '
  'moved due date has made wrong. Off: only public.correct_overdue() does it. Idempotent.';

-- installments/correction/last_changes.sql

create function jobs.last_changes(
  agency_id uuid,
  ids uuid[]
)
returns table (
  installment_id uuid,
  to_status text,
  run_id uuid,
  due_date date
)
language plpgsql
stable
set search_path = ''
set jit = off
set plan_cache_mode = force_custom_plan
as $function$
begin
  -- A look into the index for each, or the whole history of the agency once.
  if cardinality(last_changes.ids) <= 5 then
    return query
    select
      wanted.id,
      change.to_status,
      change.run_id,
      change.due_date
    from unnest(last_changes.ids) as wanted (id)
    cross join lateral (
      select
        newest.to_status,
        newest.run_id,
        newest.due_dates[array_position(newest.installment_ids, wanted.id)] as due_date
      from jobs.status_changes as newest
      where newest.id = (
        select max(holder.id)
        from jobs.status_changes as holder
        where holder.agency_id = last_changes.agency_id
          and holder.id_suffix in ('', right(wanted.id::text, 1), right(wanted.id::text, 2))
          and wanted.id = any (holder.installment_ids)
      )
    ) as change;
  else
    return query
    select distinct on (one.id)
      one.id,
      change.to_status,
      change.run_id,
      one.due_date
    from jobs.status_changes as change
    cross join lateral unnest(change.installment_ids, change.due_dates) as one (id, due_date)
    where change.agency_id = last_changes.agency_id
      and one.id = any (last_changes.ids)
    order by
      one.id,
      change.id desc;
  end if;
end
$function$;

revoke all on function jobs.last_changes(uuid, uuid[])
  from public, anon, authenticated, service_role;

comment on function jobs.last_changes(uuid, uuid[]) is
  'The last change in the ledger of each of these installments of an agency: one row for each that has one.';

-- installments/correction/overdue_against_rule.sql

create function jobs.overdue_against_rule(
  judgements jobs.agency_judgement[],
  only_not_past boolean,
  only_ids uuid[] default null
)
returns table (
  agency_id uuid,
  installment_id uuid,
  due_date date,
  is_active boolean
)
language plpgsql
stable
set search_path = ''
set random_page_cost = 1.1
set jit = off
as $function$
begin
  if not overdue_against_rule.only_not_past then
    -- Dynamic, so that it is planned for these agencies or installments. With casts,
    -- because an adopter's columns may be domains.
    return query execute
      $query$
        select
          judgement.agency_id,
          installment.id::uuid,
          installment.student_due_date::date,
          plan.status = 'active'
        from unnest($1) as judgement
        join public.payment_plans as plan
          on plan.agency_id = judgement.agency_id
        join public.installments as installment
          on installment.payment_plan_id = plan.id
        where installment.status = 'overdue'
          and (
            plan.status <> 'active'
            or installment.student_due_date >= judgement.overdue_before
          )
          and ($2 is null or installment.id = any ($2))
      $query$
    using overdue_against_rule.judgements, overdue_against_rule.only_ids;
    return;
  end if;

  return query execute
    $query$
      select
        plan.agency_id::uuid,
        installment.id::uuid,
        installment.student_due_date::date,
        plan.status = 'active'
      from public.installments as installment
      join public.payment_plans as plan
        on plan.id = installment.payment_plan_id
      join unnest($1) as judgement
        on judgement.agency_id = plan.agency_id
      where installment.status = 'overdue'
        and installment.student_due_date >= $2
        and installment.student_due_date >= judgement.overdue_before
    $query$
  using
    overdue_against_rule.judgements,
    (
      select min(judgement.overdue_before)
      from unnest(overdue_against_rule.judgements) as judgement
    );
end
$function$;

revoke all on function jobs.overdue_against_rule(jobs.agency_judgement[], boolean, uuid[])
  from public, anon, authenticated, service_role;

comment on function jobs.overdue_against_rule(jobs.agency_judgement[], boolean, uuid[]) is
  'Installments of the judged agencies that have the status overdue although the rule does not say so, also those that somebody '
  'else has marked: their plan is not active, or their due date is not past. '
  'only_not_past: only the latter, found by the index of overdue due dates, so that the cost does not follow how many are '
  'overdue. only_ids: only these.';

-- installments/correction/wrongly_overdue.sql

create function jobs.wrongly_overdue(
  judgements jobs.agency_judgement[],
  only_moved boolean,
  of_run uuid default null
)
returns table (
  installment_id uuid,
  agency_id uuid,
  due_date date,
  reason text
)
language plpgsql
stable
set search_path = ''
set random_page_cost = 1.1
-- A generic plan compares each installment of an agency with each of its changes.
set plan_cache_mode = force_custom_plan
set jit = off
as $function$
declare
  marked_in_run uuid[];
  candidate record;
begin
  if wrongly_overdue.of_run is not null then
    marked_in_run := array(
      select one.id
      from jobs.status_changes as change
      cross join lateral unnest(change.installment_ids) as one (id)
      where change.run_id = wrongly_overdue.of_run
        and change.to_status = 'overdue'
    );
  end if;

  for candidate in
    select
      found.agency_id,
      array_agg(found.installment_id) as ids,
      array_agg(found.due_date) as due_dates,
      array_agg(found.is_active) as active
    from jobs.overdue_against_rule(
      wrongly_overdue.judgements,
      wrongly_overdue.only_moved,
      marked_in_run
    ) as found
    group by found.agency_id
  loop
    return query
    select
      given.id,
      candidate.agency_id,
      given.due_date,
      case
        when last.due_date is distinct from given.due_date then 'due_date_moved'
        when not given.is_active then 'plan_not_active'
        else 'settings_changed'
      end
    from unnest(candidate.ids, candidate.due_dates, candidate.active) as given (id, due_date, is_active)
    join jobs.last_changes(candidate.agency_id, candidate.ids) as last
      on last.installment_id = given.id
    where last.to_status = 'overdue'
      and (wrongly_overdue.of_run is null or last.run_id = wrongly_overdue.of_run)
      and (not wrongly_overdue.only_moved or last.due_date is distinct from given.due_date);
  end loop;
end
$function$;

revoke all on function jobs.wrongly_overdue(jobs.agency_judgement[], boolean, uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.wrongly_overdue(jobs.agency_judgement[], boolean, uuid) is
  'Installments of the judged agencies that are overdue, were last marked by Duewatch (of_run: by that run; default: by '
  'any) and are not overdue as judged, with the reason as in jobs.status_changes. What somebody else has marked is left '
  'out. only_moved: only those whose due date is another one than when they were marked, and is not past.';

-- installments/correction/correct_installments.sql

create function jobs.correct_installments(
  run_id uuid,
  as_of timestamptz,
  judgements jobs.agency_judgement[],
  ids uuid[],
  agency_ids uuid[],
  due_dates date[],
  reasons text[],
  out agencies uuid[],
  out counts int[],
  out failures jsonb
)
language plpgsql
set search_path = ''
-- A generic plan compares each of the ids with each of the locked ones.
set plan_cache_mode = force_custom_plan
as $function$
declare
  locked boolean := true;
  locked_ids uuid[];
  group_of_reason record;
  changed record;
  recorded record;
begin
  agencies := '{}';
  counts := '{}';
  failures := '{}';

  begin
    locked_ids := array(
      select installment.id
      from unnest(correct_installments.ids, correct_installments.due_dates) as wanted (id, due_date)
      join public.installments as installment
        on installment.id = wanted.id
        and installment.student_due_date = wanted.due_date
      where installment.status = 'overdue'
      for no key update of installment skip locked
    );
  exception
    -- Citus does not lock rows across shards.
    when feature_not_supported then
      locked := false;
      locked_ids := correct_installments.ids;
  end;

  for group_of_reason in
    select
      wanted.reason,
      array_agg(wanted.id) as ids,
      array_agg(wanted.agency_id) as agency_ids
    from unnest(
      correct_installments.ids,
      correct_installments.agency_ids,
      correct_installments.reasons
    ) as wanted (id, agency_id, reason)
    where wanted.id = any (locked_ids)
    group by wanted.reason
  loop
    changed := jobs.change_agency_by_agency(
      ids => group_of_reason.ids,
      agency_ids => group_of_reason.agency_ids,
      from_status => 'overdue',
      to_status => 'pending',
      locked => locked
    );
    failures := failures || changed.failures;
    recorded := jobs.record_status_changes(
      run_id => correct_installments.run_id,
      as_of => correct_installments.as_of,
      judgements => correct_installments.judgements,
      from_status => 'overdue',
      to_status => 'pending',
      reason => group_of_reason.reason,
      ids => changed.changed_ids,
      agency_ids => changed.changed_agencies,
      due_dates => changed.changed_due_dates
    );
    agencies := agencies || recorded.agencies;
    counts := counts || recorded.counts;
  end loop;
end
$function$;

revoke all on function jobs.correct_installments(
  uuid, timestamptz, jobs.agency_judgement[], uuid[], uuid[], date[], text[]
)
  from public, anon, authenticated, service_role;

comment on function jobs.correct_installments(
  uuid, timestamptz, jobs.agency_judgement[], uuid[], uuid[], date[], text[]
) is
  'Sets installments (arrays of the same length) back from overdue to pending and writes that to the ledger. Those that '
  'others hold, that have changed since they were found, or whose agency''s update raises are left. '
  'Returns agencies and counts (an agency once per reason) and failures {agency_id: message}.';

-- installments/correction/correct_moved_batch.sql

create function jobs.correct_moved_batch(
  as_of timestamptz,
  batch_size int,
  run_id uuid,
  judgements jobs.agency_judgement[] default null,
  skip_agencies uuid[] default '{}',
  out corrected_count int,
  out agencies uuid[],
  out counts int[],
  out errors jsonb
)
language plpgsql
set search_path = ''
as $function$
declare
  judged jobs.agency_judgement[];
  wrong record;
  corrected record;
begin
  corrected_count := 0;
  agencies := '{}';
  counts := '{}';
  errors := '[]';

  if not (
    select settings.correct_automatically
    from jobs.ledger_settings as settings
  ) then
    return;
  end if;

  select array_agg(cutoff)
  into judged
  from unnest(
    coalesce(correct_moved_batch.judgements, jobs.judge_agencies(correct_moved_batch.as_of))
  ) as cutoff
  where cutoff.overdue_before is not null
    and cutoff.agency_id <> all (correct_moved_batch.skip_agencies);

  select
    array_agg(found.installment_id) as ids,
    array_agg(found.agency_id) as agency_ids,
    array_agg(found.due_date) as due_dates,
    array_agg(found.reason) as reasons
  into wrong
  from (
    -- In turn, so that an agency whose update fails does not take the place of others.
    select listed.*
    from jobs.wrongly_overdue(judged, only_moved => true) as listed
    order by row_number() over (partition by listed.agency_id)
    limit correct_moved_batch.batch_size
  ) as found;

  if wrong.ids is null then
    return;
  end if;

  corrected := jobs.correct_installments(
    run_id => correct_moved_batch.run_id,
    as_of => correct_moved_batch.as_of,
    judgements => judged,
    ids => wrong.ids,
    agency_ids => wrong.agency_ids,
    due_dates => wrong.due_dates,
    reasons => wrong.reasons
  );
  agencies := corrected.agencies;
  counts := corrected.counts;
  errors := jobs.agency_errors(corrected.failures);
  corrected_count := coalesce(
    (
      select sum(one.count)
      from unnest(counts) as one (count)
    ),
    0
  );
end
$function$;

revoke all on function jobs.correct_moved_batch(timestamptz, int, uuid, jobs.agency_judgement[], uuid[])
  from public, anon, authenticated, service_role;

comment on function jobs.correct_moved_batch(timestamptz, int, uuid, jobs.agency_judgement[], uuid[]) is
  'Sets back to pending, at most batch_size, what Duewatch marked overdue and whose due date has been moved since, to one '
  'that is not past at as_of. Nothing when jobs.correct_automatically(false) was called. '
  'Returns corrected_count, agencies and counts, and errors [{id, name, error}]. A repeated call leaves what it has '
  'corrected.';

-- installments/correction/correction_requested_by.sql

create function jobs.correction_requested_by()
returns text
language plpgsql
stable
security definer
set search_path = ''
as $function$
declare
  -- Of the request; the functions on the way are security definer.
  caller constant text := coalesce(nullif(current_setting('role', true), 'none'), session_user);
  signed_in constant uuid := auth.uid();
begin
  if caller not in ('anon', 'authenticated') then
    return caller;
  end if;

  if exists (
    select 1
    from public.user_roles as membership
    where membership.user_id = signed_in
      and membership.role = 'admin'
  ) then
    return signed_in::text;
  end if;

  raise exception 'only admins may correct installments'
    using errcode = 'insufficient_privilege';
end
$function$;

revoke all on function jobs.correction_requested_by()
  from public, anon, authenticated, service_role;

comment on function jobs.correction_requested_by() is
  'The caller of a correction: the id of a signed-in admin, or the name of a database role such as service_role. '
  'Raises 42501 for a signed-in user who is no admin.';

-- installments/correction/run_correction.sql

create function jobs.run_correction(
  agency_id uuid,
  dry_run boolean,
  as_of timestamptz,
  run_id uuid
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
declare
  batch_size constant int := 50000;
  requested_by constant text := jobs.correction_requested_by();
  own_run_id constant uuid := gen_random_uuid();
  began_at constant timestamptz := clock_timestamp();
  judgements jobs.agency_judgement[];
  wrong record;
  corrected record;
  errors jsonb := jsonb '[]';
  is_logged boolean := false;
  answer jsonb;
begin
  if run_correction.as_of is null or not isfinite(run_correction.as_of) then
    raise exception 'as_of has to be an instant'
      using errcode = 'invalid_parameter_value';
  end if;

  if run_correction.agency_id is not null and not exists (
    select 1
    from public.agencies as agency
    where agency.id = run_correction.agency_id
  ) then
    raise exception 'there is no agency %', run_correction.agency_id
      using errcode = 'PT404';
  end if;

  if run_correction.run_id is not null
    and not exists (
      select 1
      from jobs.status_changes as change
      where change.run_id = run_correction.run_id
    )
    and not exists (
      select 1
      from public.jobs_log as logged
      where logged.id = run_correction.run_id
    )
  then
    raise exception 'there is no run %', run_correction.run_id
      using errcode = 'PT404';
  end if;

  -- A deferred trigger raises at once, so that its agency is left out alone.
  set constraints all immediate;

  select array_agg(row(cutoff.*)::jobs.agency_judgement)
  into judgements
  from jobs.agency_cutoffs(run_correction.as_of, run_correction.agency_id) as cutoff
  where cutoff.overdue_before is not null;

  select
    count(*)::int as found_count,
    coalesce(array_agg(found.installment_id) filter (where found.position <= batch_size), '{}') as ids,
    coalesce(array_agg(found.agency_id) filter (where found.position <= batch_size), '{}') as agency_ids,
    coalesce(array_agg(found.due_date) filter (where found.position <= batch_size), '{}') as due_dates,
    coalesce(array_agg(found.reason) filter (where found.position <= batch_size), '{}') as reasons
  into wrong
  from (
    -- In turn, so that an agency whose update fails does not take the place of others.
    select
      listed.*,
      row_number() over (order by listed.turn) as position
    from (
      select
        one.*,
        row_number() over (partition by one.agency_id) as turn
      from jobs.wrongly_overdue(
        judgements,
        only_moved => false,
        of_run => run_correction.run_id
      ) as one
    ) as listed
  ) as found;

  if not coalesce(run_correction.dry_run, true) then
    corrected := jobs.correct_installments(
      run_id => own_run_id,
      as_of => run_correction.as_of,
      judgements => judgements,
      ids => wrong.ids,
      agency_ids => wrong.agency_ids,
      due_dates => wrong.due_dates,
      reasons => wrong.reasons
    );
    errors := jobs.agency_errors(corrected.failures);
    perform jobs.add_run_results(own_run_id, 'overdue_to_pending', corrected.agencies, corrected.counts);

    is_logged := cardinality(corrected.agencies) > 0
      or errors <> '[]'
      -- A success that changes nothing ends what a failure has opened.
      or exists (
        select 1
        from jobs.incidents as incident
        where incident.job_name = 'correct-overdue-installments'
          and incident.closed_at is null
      );
    if is_logged then
      perform jobs.log_own_run(
        run_id => own_run_id,
        job_name => 'correct-overdue-installments',
        started_at => began_at,
        metadata => jsonb_strip_nulls(
          jsonb_build_object(
            'as_of', run_correction.as_of,
            'requested_by', requested_by,
            'of_agency', run_correction.agency_id,
            'of_run', run_correction.run_id
          )
        ),
        errors => errors
      );
    end if;
  end if;

  select jsonb_build_object(
    'dryRun', coalesce(run_correction.dry_run, true),
    'corrected', coalesce(sum(changed.count), 0),
    'remaining', wrong.found_count - coalesce(sum(changed.count), 0),
    'byAgency', coalesce(
      jsonb_agg(
        jsonb_build_object(
          'agencyId', changed.agency_id,
          'name', changed.name,
          'corrected', changed.count,
          'reasons', changed.reasons
        )
        order by changed.count desc, changed.name, changed.agency_id
      ),
      '[]'
    ),
    'errors', errors,
    'runId', case when is_logged then own_run_id end
  )
  into answer
  from (
    select
      agency.id as agency_id,
      agency.name,
      sum(one.count)::int as count,
      jsonb_object_agg(one.reason, one.count) as reasons
    from (
      select
        given.agency_id,
        given.reason,
        count(*)::int as count
      from unnest(wrong.agency_ids, wrong.reasons) as given (agency_id, reason)
      where coalesce(run_correction.dry_run, true)
      group by given.agency_id, given.reason

      union all

      select
        change.agency_id,
        change.reason,
        sum(cardinality(change.installment_ids))::int
      from jobs.status_changes as change
      where change.run_id = own_run_id
      group by change.agency_id, change.reason
    ) as one
    join public.agencies as agency
      on agency.id = one.agency_id
    group by agency.id, agency.name
  ) as changed;

  return answer;
end
$function$;

revoke all on function jobs.run_correction(uuid, boolean, timestamptz, uuid)
  from public, anon, authenticated, service_role;
grant execute on function jobs.run_correction(uuid, boolean, timestamptz, uuid)
  to authenticated, service_role;

comment on function jobs.run_correction(uuid, boolean, timestamptz, uuid) is
  'What public.correct_overdue() does. Security definer, because callers may not change installments; it asks itself '
  'whether the caller is an admin (jobs.correction_requested_by()).';

-- installments/correction/correct_overdue.sql

create function public.correct_overdue(
  agency_id uuid default null,
  dry_run boolean default true,
  as_of timestamptz default now(),
  run_id uuid default null
)
returns jsonb
language sql
volatile
set search_path = ''
-- The Data API's own limit is 8 seconds.
set statement_timeout = '60s'
begin atomic
  select jobs.run_correction(
    correct_overdue.agency_id,
    correct_overdue.dry_run,
    correct_overdue.as_of,
    correct_overdue.run_id
  );
end;

revoke all on function public.correct_overdue(uuid, boolean, timestamptz, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.correct_overdue(uuid, boolean, timestamptz, uuid)
  to authenticated, service_role;

comment on function public.correct_overdue(uuid, boolean, timestamptz, uuid) is
  'Sets back to pending what is overdue, was last marked by Duewatch (run_id: by that run) and is not overdue by the rule '
  'and the settings of today: the zone was corrected, the due date was moved, the plan is not active any more. Of one '
  'agency, or (default) of all. '
  'dry_run (default true) changes nothing and says what would be changed. '
  'At most 50,000 a call: call it until remaining is 0 or does not go down. Rows that others hold and agencies whose '
  'update fails are left, and counted in remaining. A payment that was recorded meanwhile wins. Idempotent. '
  'A call that changes something, or ends an incident of an earlier one, is logged as a run of correct-overdue-installments, and in the ledger. '
  'Only admins and service_role; 42501 for others. Raises PT404 for an unknown agency or run, 22023 for an as_of that is null or '
  'infinite. '
  'Returns {dryRun, corrected, remaining, byAgency: [{agencyId, name, corrected, reasons}], errors: [{id, name, error}], runId}. '
  'runId is null where no run was logged.';

-- ==========================================================================
-- 27. Runs of the main job
--
-- The batches of a run, and the same in one transaction.
-- Locks: a trigger on public.jobs_log.
-- ==========================================================================

-- installments/marking/update_installment_statuses.sql

create function public.update_installment_statuses(
  as_of timestamptz default now(),
  run_id uuid default null
)
returns table (agency_id uuid, updated_count int, transitions jsonb)
language plpgsql
security definer
set search_path = ''
-- The Data API's own limit is 8 seconds. 1.5 million rows take 28.
set statement_timeout = '60s'
as $function$
declare
  -- Bounds the memory. Usually one portion is enough.
  portion_size constant int := 50000;
  own_run_id constant uuid := coalesce(update_installment_statuses.run_id, gen_random_uuid());
  started_at constant timestamptz := clock_timestamp();
  judgements jobs.agency_judgement[];
  portion record;
  position_reached date := date '-infinity';
  sweep text;
  failures jsonb := jsonb '[]';
  failed_agencies uuid[] := array[]::uuid[];
  corrected_agencies uuid[] := array[]::uuid[];
  corrected_counts int[] := array[]::int[];
  marked_agencies uuid[] := array[]::uuid[];
  marked_counts int[] := array[]::int[];
begin
  if update_installment_statuses.run_id is not null then
    perform jobs.lock_running_run(update_installment_statuses.run_id);
  end if;

  judgements := jobs.judge_agencies(update_installment_statuses.as_of);

  loop
    portion := jobs.correct_moved_batch(
      as_of => update_installment_statuses.as_of,
      batch_size => portion_size,
      run_id => own_run_id,
      judgements => judgements,
      skip_agencies => failed_agencies
    );
    corrected_agencies := corrected_agencies || portion.agencies;
    corrected_counts := corrected_counts || portion.counts;
    failures := failures || portion.errors;
    failed_agencies := array(
      select (failed.error ->> 'id')::uuid
      from jsonb_array_elements(failures) as failed (error)
    );
    -- Once more without the agencies that have failed.
    exit when portion.corrected_count < portion_size and portion.errors = '[]';
  end loop;

  loop
    portion := jobs.mark_overdue_batch(
      as_of => update_installment_statuses.as_of,
      batch_size => portion_size,
      run_id => own_run_id,
      judgements => judgements,
      due_from => position_reached,
      skip_agencies => failed_agencies,
      sweep => sweep
    );
    marked_agencies := marked_agencies || portion.agencies;
    marked_counts := marked_counts || portion.counts;
    failures := failures || portion.errors;
    failed_agencies := array(
      select (failed.error ->> 'id')::uuid
      from jsonb_array_elements(failures) as failed (error)
    );
    exit when portion.picked_count < portion_size;
    position_reached := portion.due_until;
    sweep := portion.sweep;
  end loop;

  perform jobs.add_run_results(own_run_id, 'overdue_to_pending', corrected_agencies, corrected_counts);
  perform jobs.add_run_results(own_run_id, 'pending_to_overdue', marked_agencies, marked_counts);

  if update_installment_statuses.run_id is null and cardinality(corrected_agencies || marked_agencies) > 0 then
    perform jobs.log_own_run(
      run_id => own_run_id,
      job_name => 'update-installment-statuses',
      started_at => started_at,
      metadata => jsonb_build_object('as_of', update_installment_statuses.as_of),
      errors => failures
    );
  end if;

  if failures <> '[]' then
    raise warning '% agencies could not be updated: %',
      jsonb_array_length(failures),
      left(failures::text, 2000);
  end if;

  return query
  select
    agency.id::uuid,
    coalesce(changed.updated_count, 0)::int,
    jsonb_build_object('pending_to_overdue', 0)
      || coalesce(changed.transitions, '{}')
      || jsonb_strip_nulls(jsonb_build_object('error', failed.error))
  from public.agencies as agency
  left join (
    select
      change.agency_id,
      sum(change.count) as updated_count,
      jsonb_object_agg(change.transition, change.count) as transitions
    from (
      select
        one.agency_id,
        one.transition,
        sum(one.count)::int as count
      from (
        select 'pending_to_overdue' as transition, *
        from unnest(marked_agencies, marked_counts) as marked (agency_id, count)
        union all
        select 'overdue_to_pending', *
        from unnest(corrected_agencies, corrected_counts) as corrected (agency_id, count)
      ) as one
      group by one.agency_id, one.transition
    ) as change
    group by change.agency_id
  ) as changed
    on changed.agency_id = agency.id
  left join jsonb_to_recordset(failures) as failed (id uuid, error text)
    on failed.id = agency.id;
end
$function$;

revoke all on function public.update_installment_statuses(timestamptz, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.update_installment_statuses(timestamptz, uuid)
  to service_role;

comment on function public.update_installment_statuses(timestamptz, uuid) is
  'Marks every installment overdue that is past its agency''s cut-off at as_of (default now()), in one transaction, and '
  'sets back to pending what Duewatch marked and a moved due date has made wrong. '
  'Idempotent; rows that others hold are left for the next call. '
  'run_id: the running run that it is part of. Default null: a call that changes something logs a run of '
  'update-installment-statuses of its own, with trigger_source manual. '
  'Returns one row per agency: {"pending_to_overdue": n}, with a key overdue_to_pending where something was corrected, and '
  'a key error (and a warning) where the agency''s update failed; the others are updated all the same. The daily run does '
  'the same in batches: process_installment_batch(). '
  'Raises 22023 for an as_of that is null or infinite, PT404 for an unknown run_id and PT409 for a run that is not running.';

-- installments/marking/add_agency_results.sql

create function jobs.add_agency_results()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
begin
  new.metadata := new.metadata || jsonb_build_object('agencies', jobs.agency_results(new.id));
  return new;
end
$function$;

revoke all on function jobs.add_agency_results()
  from public, anon, authenticated, service_role;

comment on function jobs.add_agency_results() is
  'Trigger of public.jobs_log for a run that ends between two batches (failed, reaped, or ended by hand): writes '
  'metadata.agencies, as the last batch would have done. '
  'Security definer, because roles that end runs have no access to the schema jobs.';

-- A run has a position only between two batches.
create trigger add_agency_results
  before update on public.jobs_log
  for each row
  when (
    old.status = 'running'
    and new.status <> 'running'
    and new.items_updated is not null
    and new.metadata ? 'due_from'
  )
  execute function jobs.add_agency_results();

-- installments/marking/process_installment_batch.sql

create function public.process_installment_batch(
  run_id uuid,
  batch_size int default 5000
)
returns jsonb
language plpgsql
security definer
set search_path = ''
-- Room for an adopter's slow triggers; the Data API's own limit is 8 seconds.
set statement_timeout = '60s'
as $function$
declare
  run public.jobs_log;
  judgements jobs.agency_judgement[];
  failed_agencies uuid[];
  corrected record;
  batch record;
  updated int;
  done boolean;
begin
  if process_installment_batch.batch_size is null
    or process_installment_batch.batch_size not between 1 and 50000 then
    raise exception 'batch_size must be between 1 and 50000'
      using errcode = 'invalid_parameter_value';
  end if;

  run := jobs.lock_running_run(process_installment_batch.run_id);
  run.metadata := coalesce(run.metadata, '{}');
  run.errors := coalesce(run.errors, '[]');

  failed_agencies := array(
    select (failed.error ->> 'id')::uuid
    from jsonb_array_elements(run.errors) as failed (error)
  );

  judgements := jobs.judge_agencies(run.started_at);

  updated := 0;
  -- Before anything is marked, because what is marked now is not wrong.
  if not run.metadata ? 'due_from' then
    loop
      corrected := jobs.correct_moved_batch(
        as_of => run.started_at,
        batch_size => process_installment_batch.batch_size - updated,
        run_id => run.id,
        judgements => judgements,
        skip_agencies => failed_agencies
      );
      updated := updated + corrected.corrected_count;
      run.errors := run.errors || corrected.errors;
      failed_agencies := failed_agencies || array(
        select (failed.error ->> 'id')::uuid
        from jsonb_array_elements(corrected.errors) as failed (error)
      );
      perform jobs.add_run_results(run.id, 'overdue_to_pending', corrected.agencies, corrected.counts);
      -- Once more without the agencies that have failed.
      exit when corrected.errors = '[]' or updated >= process_installment_batch.batch_size;
    end loop;
  end if;

  done := false;
  if updated < process_installment_batch.batch_size then
    batch := jobs.mark_overdue_batch(
      as_of => run.started_at,
      batch_size => process_installment_batch.batch_size - updated,
      run_id => run.id,
      judgements => judgements,
      due_from => coalesce((run.metadata ->> 'due_from')::date, '-infinity'),
      skip_agencies => failed_agencies,
      sweep => run.metadata ->> 'sweep'
    );
    done := batch.picked_count < process_installment_batch.batch_size - updated;
    updated := updated + coalesce(
      (
        select sum(one.count)
        from unnest(batch.counts) as one (count)
      ),
      0
    );
    run.errors := run.errors || batch.errors;
    run.metadata := run.metadata || jsonb_strip_nulls(
      jsonb_build_object('due_from', batch.due_until, 'sweep', batch.sweep)
    );
    perform jobs.add_run_results(run.id, 'pending_to_overdue', batch.agencies, batch.counts);
  end if;

  if done then
    run.items_total := (
      select count(*)
      from public.agencies
    );
    run.items_processed := run.items_total;
    run.metadata := run.metadata - '{due_from,sweep}'::text[] || jsonb_build_object(
      'agencies', jobs.agency_results(run.id),
      'total_agencies_processed', run.items_total
    );
  end if;

  update public.jobs_log as logged
  set
    records_updated = coalesce(run.records_updated, 0) + updated,
    items_updated = (
      select count(distinct result.item_id)
      from jobs.run_results as result
      where result.run_id = run.id
    ),
    metadata = run.metadata,
    errors = run.errors,
    items_total = run.items_total,
    items_processed = run.items_processed,
    -- Of a run that reports, and not of one that is driven by hand.
    last_progress_at = case
      when run.last_progress_at is not null then greatest(run.last_progress_at, clock_timestamp())
    end
  where logged.id = run.id
  returning *
  into run;

  return jsonb_build_object(
    'done', done,
    'updated', updated,
    'records_updated', run.records_updated,
    'failed_agencies', jsonb_array_length(run.errors)
  );
end
$function$;

revoke all on function public.process_installment_batch(uuid, int)
  from public, anon, authenticated, service_role;
grant execute on function public.process_installment_batch(uuid, int)
  to service_role;

comment on function public.process_installment_batch(uuid, int) is
  'Does the next batch of a run of update-installment-statuses, judged at the instant the run started. First it sets back '
  'to pending what Duewatch marked and a moved due date has made wrong, then it marks. In the same transaction it writes '
  'what it changed to the ledger and to jobs.run_results, and its position and the failed agencies to the row of the run; '
  'the last batch also writes metadata.agencies. '
  'Default batch_size 5000, from 1 to 50000. A call that is repeated after a lost answer goes on where the database is. '
  'Call it until done. Raises PT404 for an unknown run and PT409 for one that is not running any more (reaped, for instance). '
  'Returns {done, updated, records_updated, failed_agencies}; the last two count the run so far.';

-- installments/marking/agency_transitions.sql

create function jobs.agency_transitions(
  from_at timestamptz,
  to_at timestamptz
)
returns table (
  "time" timestamptz,
  run_id uuid,
  job_name text,
  agency_id text,
  transition text,
  updated_count int
)
language sql
stable
security definer
set search_path = ''
as $function$
  select
    run.started_at,
    run.id,
    run.job_name,
    jobs.item_pseudonym(result.item_id),
    result.transition,
    result.updated_count
  from public.jobs_log as run
  join jobs.run_results as result
    on result.run_id = run.id
  where run.started_at >= agency_transitions.from_at
    and run.started_at < agency_transitions.to_at
    and run.items_updated > 0;
$function$;

revoke all on function jobs.agency_transitions(timestamptz, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function jobs.agency_transitions(timestamptz, timestamptz)
  to metrics_reader;

comment on function jobs.agency_transitions(timestamptz, timestamptz) is
  'What runs that started in [from_at, to_at) changed for each agency, by its id (jobs.item_pseudonym): one row per run, agency and transition. '
  'For dashboards, which may not read jobs.run_results.';

-- ==========================================================================
-- 28. At the minute
--
-- A run starts whenever something has become overdue. Off by default.
-- Locks: nothing that exists.
-- ==========================================================================

-- installments/following/followed_cutoffs.sql

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

-- installments/following/installments_are_due.sql

create function jobs.installments_are_due(as_of timestamptz)
returns boolean
language plpgsql
set search_path = ''
set jit = off
as $function$
declare
  succeeded_at constant timestamptz := jobs.last_success_at(
    'update-installment-statuses',
    installments_are_due.as_of
  );
  agencies uuid[];
  due_from date[];
  due_before date[];
  days record;
  picked record;
  is_due boolean := false;
begin
  -- The agencies whose date is another one than when they were last looked at.
  select
    array_agg(moved.agency_id),
    array_agg(moved.due_from),
    array_agg(moved.due_before)
  into agencies, due_from, due_before
  from (
    select
      cutoff.agency_id,
      greatest(
        coalesce(followed.overdue_before, '-infinity'),
        case when followed.asked_at <= succeeded_at then followed.asked_before end
      ) as due_from,
      cutoff.overdue_before as due_before
    from jobs.agency_cutoffs(installments_are_due.as_of) as cutoff
    left join jobs.followed_cutoffs as followed
      on followed.agency_id = cutoff.agency_id
    where cutoff.overdue_before is not null
      and (
        followed.overdue_before is distinct from cutoff.overdue_before
        or followed.asked_at is not null
      )
  ) as moved;

  if agencies is null then
    return false;
  end if;

  for days in
    select
      moved.due_from,
      moved.due_before,
      array_agg(moved.agency_id) as agencies
    from unnest(agencies, due_from, due_before) as moved (agency_id, due_from, due_before)
    where moved.due_from < moved.due_before
    group by
      moved.due_from,
      moved.due_before
    order by moved.due_before desc
  loop
    continue when not jobs.has_pending(days.due_from, days.due_before);
    picked := jobs.pick_overdue(days.due_from, days.due_before, days.agencies, 1, false);
    is_due := picked.ids is not null;
    exit when is_due;
  end loop;

  insert into jobs.followed_cutoffs as followed (agency_id, overdue_before, asked_before, asked_at)
  select
    moved.agency_id,
    case when moved.is_asked then moved.due_from else moved.due_before end,
    case when moved.is_asked then moved.due_before end,
    case when moved.is_asked then installments_are_due.as_of end
  from (
    select
      *,
      is_due and given.due_from < given.due_before as is_asked
    from unnest(agencies, due_from, due_before) as given (agency_id, due_from, due_before)
  ) as moved
  on conflict on constraint followed_cutoffs_pkey do update
  set
    overdue_before = excluded.overdue_before,
    asked_before = excluded.asked_before,
    asked_at = excluded.asked_at;

  return is_due;
end
$function$;

revoke all on function jobs.installments_are_due(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.installments_are_due(timestamptz) is
  'The due check of update-installment-statuses, while it follows the cut-offs (jobs.follow_cutoffs()): whether an '
  'installment has become overdue since it last looked. It looks only at agencies whose date has changed, by time or by a '
  'change of their settings, and only at the due dates in between; what it has found nothing in, or a run has succeeded '
  'for, is noted in jobs.followed_cutoffs and not read again. '
  'So an installment that comes to lie in dates that are past already (inserted, moved, its plan activated again, or left '
  'by the run because somebody held it) waits for the next run, at the latest the daily one.';

-- installments/following/follow_cutoffs.sql

create function jobs.follow_cutoffs(enabled boolean)
returns void
language plpgsql
set search_path = ''
as $function$
declare
  our_check constant text := 'jobs.installments_are_due';
begin
  if follow_cutoffs.enabled is null then
    raise exception 'enabled has to be true or false'
      using errcode = 'invalid_parameter_value';
  end if;

  perform
  from jobs.definitions as definition
  where definition.job_name = 'update-installment-statuses'
  for update;

  if not found then
    raise exception 'the job update-installment-statuses is not registered'
      using
        errcode = 'object_not_in_prerequisite_state',
        hint = 'Register it with jobs.register(), as the migration does.';
  end if;

  update jobs.definitions as definition
  set due_check = case when follow_cutoffs.enabled then our_check end
  where definition.job_name = 'update-installment-statuses'
    -- A due check of somebody's own is not turned off.
    and (definition.due_check is not distinct from our_check) <> follow_cutoffs.enabled;

  if found then
    -- It begins anew: its first question looks at all due dates.
    delete from jobs.followed_cutoffs
    where agency_id is not null;

    delete from jobs.due_check_failures as failing
    where failing.job_name = 'update-installment-statuses';
  end if;
end
$function$;

revoke all on function jobs.follow_cutoffs(boolean)
  from public, anon, authenticated, service_role;

comment on function jobs.follow_cutoffs(boolean) is
  'Turns on (true) or off (false, as after an installation) that update-installment-statuses runs whenever an installment '
  'becomes overdue: within two minutes of the cut-off of its agency. The daily run stays. '
  'A due check of your own is replaced by true, and left alone by false. '
  'Idempotent. It stays on when the migration is applied again; jobs.register() without due_check turns it off. '
  'Raises 22023 for null, and 55000 when the job is not registered.';

-- ==========================================================================
-- 29. What is due
--
-- Staff see the current state, not that of the last run.
-- Locks: nothing that exists.
-- ==========================================================================

-- installments/preview/checked_settings.sql

create function jobs.checked_settings(
  as_of timestamptz,
  timezone text,
  cutoff_time time,
  grace_days int
)
returns timestamptz
language plpgsql
stable
security definer
set search_path = ''
as $function$
begin
  if checked_settings.as_of is null or not isfinite(checked_settings.as_of) then
    raise exception 'as_of has to be an instant'
      using errcode = 'invalid_parameter_value';
  elsif checked_settings.cutoff_time > '23:59:59' then
    raise exception 'cutoff_time must be from 00:00:00 to 23:59:59, not %', checked_settings.cutoff_time
      using errcode = 'invalid_parameter_value';
  elsif checked_settings.grace_days not between 0 and 60 then
    raise exception 'grace_days must be from 0 to 60, not %', checked_settings.grace_days
      using errcode = 'invalid_parameter_value';
  elsif checked_settings.timezone is not null
    and not exists (
      select 1
      from jobs.timezone_names as known
      where known.name = checked_settings.timezone
    )
    -- The zone data of the server may be newer than our list of names.
    and not exists (
      select 1
      from pg_catalog.pg_timezone_names as zone
      where zone.name = checked_settings.timezone
    )
  then
    raise exception '"%" is not the name of a time zone', checked_settings.timezone
      using
        errcode = 'invalid_parameter_value',
        hint = 'Use an IANA name such as Australia/Brisbane.';
  end if;

  return checked_settings.as_of;
end
$function$;

revoke all on function jobs.checked_settings(timestamptz, text, time, int)
  from public, anon, authenticated, service_role;
grant execute on function jobs.checked_settings(timestamptz, text, time, int)
  to authenticated, service_role;

comment on function jobs.checked_settings(timestamptz, text, time, int) is
  'as_of as given. Raises 22023 for an as_of that is no instant, and for settings that an agency cannot have; null is no '
  'setting. Security definer, because no role of the API reads jobs.timezone_names.';

-- installments/due/installments_due.sql

do $migration$
begin
  if to_regclass('public.installments_due') is not null then
    return;
  end if;

  create view public.installments_due
  with (security_invoker = true)
  as
  select
    installment.id,
    installment.payment_plan_id,
    plan.agency_id,
    installment.amount,
    installment.student_due_date,
    installment.status,
    cutoff.local_time::date as agency_local_date,
    (
      installment.status = 'pending'
      and plan.status = 'active'
      and installment.student_due_date >= cutoff.overdue_before
      and installment.student_due_date <= cutoff.local_time::date + agency.due_soon_threshold_days
    ) as is_due_soon,
    (
      installment.status = 'overdue'
      or (
        plan.status = 'active'
        and installment.student_due_date < cutoff.overdue_before
      )
    ) as is_overdue_now,
    case
      when plan.status = 'active' then jobs.overdue_at(
        jobs.effective_due_date(
          agency.id,
          installment.student_due_date,
          cutoff.grace_days,
          cutoff.closed_weekdays
        ),
        cutoff.cutoff_time,
        cutoff.timezone
      )
    end as overdue_at
  from jobs.agency_cutoffs(now()) as cutoff
  join public.agencies as agency
    on agency.id = cutoff.agency_id
  join public.payment_plans as plan
    on plan.agency_id = agency.id
  join public.installments as installment
    on installment.payment_plan_id = plan.id
  -- As text, because an adopter's enum may lack one of them.
  where installment.status::text in ('pending', 'partial', 'overdue');

  revoke all on table public.installments_due
    from public, anon, authenticated, service_role;
  grant select on table public.installments_due to authenticated, service_role;

  comment on view public.installments_due is
    'Every open installment (pending, partial, overdue) as of now() in its agency''s own calendar. '
    'security_invoker: callers see the installments that the policies let them see.';
  comment on column public.installments_due.agency_local_date is
    'Today''s date where the agency is.';
  comment on column public.installments_due.is_due_soon is
    'Pending on an active plan, not overdue yet, and due within the agency''s due_soon_threshold_days. That includes what '
    'is due already and still in its grace.';
  comment on column public.installments_due.is_overdue_now is
    'Marked overdue, or past its cut-off on an active plan. If it is pending, the next run will mark it; what is partly '
    'paid is overdue, too, and is never marked.';
  comment on column public.installments_due.overdue_at is
    'The first instant at which the agency''s rule makes it overdue, by the settings of today; null unless the plan is '
    'active.';

  insert into jobs.installed_objects (kind, name)
  values ('view', 'public.installments_due')
  on conflict do nothing;
end
$migration$;

-- installments/due/installments_aging_at.sql

create function public.installments_aging_at(
  as_of timestamptz default now(),
  only_agency uuid default null
)
returns table (
  agency_id uuid,
  currency text,
  not_due numeric,
  days_1_to_30 numeric,
  days_31_to_60 numeric,
  days_61_to_90 numeric,
  days_over_90 numeric,
  partial_not_due numeric,
  partial_overdue numeric,
  partial_installments int
)
language sql
stable
set search_path = ''
-- The policies of a signed-in user look up each plan; compiling that costs more.
set jit = off
-- At the default page cost the planner would read whole tables for one agency.
set random_page_cost = 1.1
rows 10
begin atomic
  with cutoff as materialized (
    select
      judged.agency_id,
      judged.overdue_before,
      judged.local_time::date as today
    from jobs.agency_cutoffs(
      jobs.checked_settings(installments_aging_at.as_of, null, null, null),
      installments_aging_at.only_agency
    ) as judged
  ),
  plan as materialized (
    select
      stored.id,
      cutoff.agency_id,
      cutoff.overdue_before,
      cutoff.today,
      stored.status = 'active' as is_active,
      -- Read as JSON, because an adopter's plans may lack the column.
      nullif(upper(btrim(to_jsonb(stored.*) ->> 'currency')), '') as currency
    from cutoff
    join public.payment_plans as stored
      on stored.agency_id = cutoff.agency_id
  ),
  open as (
    select
      plan.agency_id,
      plan.currency,
      coalesce(installment.amount::numeric, 0) as amount,
      installment.status::text = 'partial' as is_partial,
      (
        installment.status = 'overdue'
        or installment.student_due_date < plan.overdue_before
      ) as is_overdue,
      -- Not by a difference: a due date may be infinite.
      case
        when installment.student_due_date >= plan.today - 30 then 1
        when installment.student_due_date >= plan.today - 60 then 2
        when installment.student_due_date >= plan.today - 90 then 3
        else 4
      end as step
    from plan
    join public.installments as installment
      on installment.payment_plan_id = plan.id
    where installment.status = 'overdue'
      -- As text, because an adopter's enum may lack one of them.
      or (plan.is_active and installment.status::text in ('pending', 'partial'))
  )
  select
    open.agency_id,
    open.currency,
    coalesce(sum(open.amount) filter (where not open.is_partial and open.is_overdue is not true), 0),
    coalesce(sum(open.amount) filter (where not open.is_partial and open.is_overdue and open.step = 1), 0),
    coalesce(sum(open.amount) filter (where not open.is_partial and open.is_overdue and open.step = 2), 0),
    coalesce(sum(open.amount) filter (where not open.is_partial and open.is_overdue and open.step = 3), 0),
    coalesce(sum(open.amount) filter (where not open.is_partial and open.is_overdue and open.step = 4), 0),
    coalesce(sum(open.amount) filter (where open.is_partial and open.is_overdue is not true), 0),
    coalesce(sum(open.amount) filter (where open.is_partial and open.is_overdue), 0),
    (count(*) filter (where open.is_partial))::int
  from open
  group by
    open.agency_id,
    open.currency
  order by
    open.agency_id,
    open.currency;
end;

revoke all on function public.installments_aging_at(timestamptz, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.installments_aging_at(timestamptz, uuid)
  to authenticated, service_role;

comment on function public.installments_aging_at(timestamptz, uuid) is
  'Open amounts by age, per agency and currency, as of any instant (default now()) in each agency''s own calendar. '
  'not_due: not overdue yet, also when still in its grace. The others are overdue, by the days since the due date; what '
  'is overdue for less than a day counts as 1. Partly paid installments stand apart, with their full amounts, because no '
  'column says what is left of them. '
  'It judges today''s rows at that instant: what was paid since is not open. Agencies without open installments have no '
  'row; only_agency (default: all) leaves out the others. Callers see what the policies let them see. '
  'Raises 22023 for an as_of that is null or infinite.';

-- installments/due/installments_aging.sql

create view public.installments_aging
with (security_invoker = true)
as
select aging.*
from public.agencies as agency
cross join lateral public.installments_aging_at(now(), agency.id) as aging;

revoke all on table public.installments_aging
  from public, anon, authenticated, service_role;
grant select on table public.installments_aging to authenticated, service_role;

comment on view public.installments_aging is
  'Open amounts by age, per agency and currency, as of now() in each agency''s own calendar. '
  'security_invoker: callers see what the policies let them see. For another instant, or for many agencies at once: '
  'public.installments_aging_at().';
comment on column public.installments_aging.currency is
  'ISO 4217 code of the plans; null where they have none.';
comment on column public.installments_aging.not_due is
  'Pending on an active plan and not overdue yet, also when still in its grace.';
comment on column public.installments_aging.days_1_to_30 is
  'Overdue, and due at most 30 days ago. The days count from the due date, without grace.';
comment on column public.installments_aging.partial_not_due is
  'Full amounts of partly paid installments that are not overdue. No column says what is left of them.';
comment on column public.installments_aging.partial_overdue is
  'Full amounts of partly paid installments that are overdue. No column says what is left of them.';

-- ==========================================================================
-- 30. Preview
--
-- What a run would mark, at any instant and under other settings.
-- Locks: nothing. It only reads.
-- ==========================================================================

-- installments/preview/preview_overdue.sql

create function public.preview_overdue(
  as_of timestamptz default now(),
  agency_id uuid default null,
  timezone text default null,
  cutoff_time time default null,
  grace_days int default null
)
returns jsonb
language sql
stable
set search_path = ''
-- At the default page cost the planner would read whole tables.
set random_page_cost = 1.1
set enable_memoize = off
set jit = off
begin atomic
  with cutoff as materialized (
    select *
    from jobs.agency_cutoffs(
      jobs.checked_settings(
        preview_overdue.as_of,
        preview_overdue.timezone,
        preview_overdue.cutoff_time,
        preview_overdue.grace_days
      ),
      preview_overdue.agency_id,
      preview_overdue.timezone,
      preview_overdue.cutoff_time,
      preview_overdue.grace_days
    ) as judged
  ),
  due as (
    -- Two queries, so that what one agency has is found by its plans.
    select
      looked_up.agency_id,
      -- Read as JSON, because an adopter's plans may lack the column.
      to_jsonb(looked_up.*) ->> 'currency' as currency,
      installment.amount,
      installment.student_due_date
    from public.payment_plans as looked_up
    join public.installments as installment
      on installment.payment_plan_id = looked_up.id
    where looked_up.agency_id = preview_overdue.agency_id
      and looked_up.status = 'active'
      and installment.status = 'pending'
    union all
    select
      plan.agency_id,
      plan.currency,
      installment.amount,
      installment.student_due_date
    from public.installments as installment
    cross join lateral (
      select
        looked_up.agency_id,
        to_jsonb(looked_up.*) ->> 'currency' as currency
      from public.payment_plans as looked_up
      where looked_up.id = installment.payment_plan_id
        and looked_up.status = 'active'
      -- A fence, as in jobs.pick_overdue().
      offset 0
    ) as plan
    where preview_overdue.agency_id is null
      and installment.status = 'pending'
      -- Both ends, so that the planner expects a small range.
      and installment.student_due_date >= '-infinity'
      and installment.student_due_date < (
        select max(cutoff.overdue_before)
        from cutoff
      )
  ),
  pending as (
    select
      due.agency_id,
      nullif(upper(btrim(due.currency)), '') as currency,
      coalesce(due.amount::numeric, 0) as amount,
      due.student_due_date
    from due
  ),
  total as materialized (
    select
      pending.agency_id,
      pending.currency,
      count(*) as installments,
      sum(pending.amount) as amount,
      min(pending.student_due_date) as oldest_due_date
    from pending
    join cutoff
      on cutoff.agency_id = pending.agency_id
      and pending.student_due_date < cutoff.overdue_before
    group by
      pending.agency_id,
      pending.currency
  ),
  by_agency as (
    select
      total.agency_id,
      sum(total.installments) as installments,
      min(total.oldest_due_date) as oldest_due_date,
      jsonb_agg(
        jsonb_build_object(
          'currency', total.currency,
          'installments', total.installments,
          'amount', total.amount
        )
        order by total.installments desc, total.currency
      ) as amounts
    from total
    group by total.agency_id
  )
  select jsonb_build_object(
    'asOf', preview_overdue.as_of,
    'installments', (
      select coalesce(sum(total.installments), 0)
      from total
    ),
    'amounts', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'currency', overall.currency,
            'installments', overall.installments,
            'amount', overall.amount
          )
          order by overall.installments desc, overall.currency
        ),
        '[]'
      )
      from (
        select
          total.currency,
          sum(total.installments) as installments,
          sum(total.amount) as amount
        from total
        group by total.currency
      ) as overall
    ),
    'byAgency', coalesce(
      jsonb_agg(
        jsonb_build_object(
          'agencyId', agency.id,
          'name', agency.name,
          'installments', by_agency.installments,
          'amounts', by_agency.amounts,
          'oldestDueDate', by_agency.oldest_due_date,
          'dueBefore', cutoff.overdue_before,
          'timezone', cutoff.timezone,
          'localTime', to_char(cutoff.local_time, 'YYYY-MM-DD"T"HH24:MI:SS'),
          'cutoffTime', cutoff.cutoff_time,
          'graceDays', cutoff.grace_days
        )
        order by by_agency.installments desc, agency.name, agency.id
      ),
      '[]'
    )
  )
  from by_agency
  join cutoff
    on cutoff.agency_id = by_agency.agency_id
  join public.agencies as agency
    on agency.id = by_agency.agency_id;
end;

revoke all on function public.preview_overdue(timestamptz, uuid, text, time, int)
  from public, anon, authenticated, service_role;
grant execute on function public.preview_overdue(timestamptz, uuid, text, time, int)
  to authenticated, service_role;

comment on function public.preview_overdue(timestamptz, uuid, text, time, int) is
  'What a run at as_of (default now()) would mark overdue. timezone, cutoff_time and grace_days, if given, are tried in '
  'place of those of every agency that is looked at: agency_id, or all. Writes nothing and locks nothing. Callers see '
  'what the policies let them see. '
  'Returns {asOf, installments, amounts: [{currency, installments, amount}], byAgency: [{agencyId, name, installments, '
  'amounts, oldestDueDate, dueBefore, timezone, localTime, cutoffTime, graceDays}]}, agencies with something only, the '
  'largest count first; dueBefore: what is due before this date is overdue. '
  'Raises 22023 for an as_of that is no instant, an unknown timezone, a cutoff_time of 24:00 and grace_days outside 0..60.';

-- ==========================================================================
-- 31. Explanation
--
-- Why an installment is overdue, or when it will be, in plain English.
-- Locks: nothing. It only reads.
-- ==========================================================================

-- installments/explanation/city_of.sql

create function jobs.city_of(timezone text)
returns text
language sql
immutable
set search_path = ''
return case
  -- The signs of these names are turned round: Etc/GMT-5 is five hours ahead of UTC.
  when city_of.timezone ~ '(^|/)Etc/GMT[+-][1-9]' then translate(
    regexp_replace(city_of.timezone, '^.*GMT', 'UTC'),
    '+-',
    '-+'
  )
  when city_of.timezone ~ '(^|/)(US|Canada|Brazil|Chile|Mexico)/' then substring(city_of.timezone from '[^/]+/[^/]+$')
  else replace(substring(city_of.timezone from '[^/]+$'), '_', ' ')
end;

revoke all on function jobs.city_of(text)
  from public, anon, authenticated, service_role;

comment on function jobs.city_of(text) is
  'What people call the place of a time zone: Brisbane for Australia/Brisbane, UTC for UTC, UTC+5 '
  'for Etc/GMT-5. Names such as US/Eastern are no places, and stay as they are.';

-- installments/explanation/day_text.sql

create function jobs.day_text(
  day date,
  today date default null
)
returns text
language sql
stable
set search_path = ''
return to_char(
  day_text.day,
  case
    when extract(year from day_text.day) = extract(year from day_text.today) then 'FMDay FMDD FMMonth'
    when day_text.day < '0001-01-01' then 'FMDay FMDD FMMonth FMYYYY BC'
    else 'FMDay FMDD FMMonth FMYYYY'
  end
);

revoke all on function jobs.day_text(date, date)
  from public, anon, authenticated, service_role;

comment on function jobs.day_text(date, date) is
  'A date as people read it: Monday 23 November 2026; without the year if today is in the same one.';

-- installments/explanation/wait_text.sql

create function jobs.wait_text(
  earlier timestamptz,
  later timestamptz
)
returns text
language plpgsql
immutable
set search_path = ''
as $function$
declare
  seconds constant numeric := extract(epoch from wait_text.later - wait_text.earlier);
  amount numeric;
  unit text;
begin
  if seconds < 60 then
    return 'in less than a minute';
  end if;

  unit := case
    when seconds < 2 * 3600 then 'minute'
    when seconds < 48 * 3600 then 'hour'
    else 'day'
  end;
  amount := round(seconds / case unit when 'minute' then 60 when 'hour' then 3600 else 86400 end);
  return format('in %s %s%s', amount, unit, case when amount = 1 then '' else 's' end);
end
$function$;

revoke all on function jobs.wait_text(timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.wait_text(timestamptz, timestamptz) is
  'How long it is to a later instant, as people say it: in less than a minute, in 5 hours, in 2 days. Rounded.';

-- installments/explanation/closure_text.sql

create function jobs.closure_text(
  agency_id uuid,
  first_closed date,
  opens date,
  today date,
  verb text,
  was_named boolean
)
returns text
language sql
stable
set search_path = ''
return case
  when closure_text.opens - closure_text.first_closed = 1 then format(
    '%s %s a closed day of this agency%s',
    case
      when closure_text.was_named then to_char(closure_text.first_closed, 'FMDay')
      else jobs.day_text(closure_text.first_closed, closure_text.today)
    end,
    closure_text.verb,
    (
      select ' (' || nullif(btrim(to_jsonb(closed_day.*) ->> 'name'), '') || ')'
      from public.agency_closed_days as closed_day
      where closed_day.agency_id = closure_text.agency_id
        and closed_day.day = closure_text.first_closed
    )
  )
  when closure_text.opens > closure_text.first_closed then format(
    'the agency %s closed from %s to %s',
    closure_text.verb,
    jobs.day_text(closure_text.first_closed, closure_text.today),
    jobs.day_text(closure_text.opens - 1, closure_text.today)
  )
end;

revoke all on function jobs.closure_text(uuid, date, date, date, text, boolean)
  from public, anon, authenticated, service_role;

comment on function jobs.closure_text(uuid, date, date, date, text, boolean) is
  'Why a day at an agency is moved on to the day on which it opens, as people read it; null when it is not moved. verb: is '
  'or was. was_named: the day was named before, so its weekday is enough. The year is left out where it is that of today.';

-- installments/explanation/due_text.sql

create function jobs.due_text(
  agency_id uuid,
  due_date date,
  grace_days int,
  effective_due_date date,
  today date,
  is_over boolean
)
returns text
language sql
stable
set search_path = ''
return format(
  '%sdue %s%s%s',
  case when due_text.is_over or due_text.due_date < due_text.today then 'it was ' end,
  case
    when due_text.is_over and due_text.effective_due_date = due_text.due_date then 'that day'
    else 'on ' || jobs.day_text(due_text.due_date, case when not due_text.is_over then due_text.today end)
  end,
  case
    when due_text.grace_days = 1 then ', with 1 day of grace'
    when due_text.grace_days > 1 then format(', with %s days of grace', due_text.grace_days)
  end,
  '; ' || jobs.closure_text(
    due_text.agency_id,
    due_text.due_date + due_text.grace_days,
    due_text.effective_due_date,
    case when not due_text.is_over then due_text.today end,
    case when due_text.effective_due_date <= due_text.today then 'was' else 'is' end,
    due_text.grace_days = 0
  )
);

revoke all on function jobs.due_text(uuid, date, int, date, date, boolean)
  from public, anon, authenticated, service_role;

comment on function jobs.due_text(uuid, date, int, date, date, boolean) is
  'When an installment is due, and what moves that day, as people read it. is_over: it is read after the day that counts, '
  'which was named before.';

-- installments/explanation/marked_by.sql

create function jobs.marked_by(installment_id uuid)
returns jsonb
language sql
stable
set search_path = ''
begin atomic
  select jsonb_build_object(
    'runId', last.run_id,
    'at', last.changed_at,
    'asOf', last.as_of,
    'dueDate', last.due_date
  )
  from jobs.last_change_of(marked_by.installment_id) as last
  where last.to_status = 'overdue';
end;

revoke all on function jobs.marked_by(uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.marked_by(uuid) is
  'The run that has marked an installment last: {runId, at, asOf, dueDate}; null when the last that Duewatch did to it was something '
  'else, or nothing. From the ledger.';

-- installments/explanation/explanation_sentence.sql

create function jobs.explanation_sentence(
  facts jsonb,
  as_of timestamptz
)
returns text
language plpgsql
stable
set search_path = ''
as $function$
declare
  verdict constant text := facts ->> 'verdict';
  status constant text := facts ->> 'status';
  timezone constant text := facts #>> '{agency,timezone}';
  place constant text := jobs.city_of(timezone);
  today constant date := (facts #>> '{agency,localTime}')::date;
  due_date constant date := (facts ->> 'dueDate')::date;
  counts_on constant date := (facts ->> 'effectiveDueDate')::date;
  overdue_at constant timestamptz := (facts ->> 'overdueAt')::timestamptz;
  -- On a day on which the clock is put forward, it may show a later time.
  local_overdue_at constant timestamp := jobs.local_time(overdue_at, timezone);
  cutoff constant text := left(
    facts #>> '{agency,cutoffTime}',
    case when facts #>> '{agency,cutoffTime}' like '%:00' then 5 else 8 end
  );
  marked_at constant timestamp := jobs.local_time((facts #>> '{markedBy,at}')::timestamptz, timezone);
  marked constant text := case
    when marked_at is not null then format(
      ' Marked%s%s at %s.',
      ' by run ' || left(facts #>> '{markedBy,runId}', 8),
      case
        when marked_at::date is distinct from local_overdue_at::date or verdict <> 'overdue'
          then ' on ' || jobs.day_text(marked_at::date)
      end,
      to_char(marked_at, 'HH24:MI:SS')
    )
  end;
  plan_is_active constant boolean := facts ->> 'planStatus' = 'active';
  is_corrected_by_next_run constant boolean := plan_is_active
    and (facts #>> '{markedBy,dueDate}')::date is distinct from due_date
    and (
      select settings.correct_automatically
      from jobs.ledger_settings as settings
    );
  plan_state constant text := case
    when facts ->> 'planStatus' = 'draft' then 'a draft'
    else facts ->> 'planStatus'
  end;
  due text;
  becomes text;
  separator text;
begin
  if verdict = 'closed' then
    return format(
      'It will not become overdue: %s.',
      case when status in ('paid', 'cancelled') then 'it is ' || status else 'its status is ' || status end
    );
  elsif verdict = 'not_active' then
    return case
      when plan_is_active
        then 'It does not become overdue while it is a draft: only pending installments do.'
      else format(
        'It does not become overdue while its plan is %s: only installments of active plans do.',
        plan_state
      )
    end;
  end if;

  if verdict = 'correctable' and not plan_is_active then
    becomes := format('its plan is %s', plan_state);
  elsif due_date is null then
    becomes := 'it has no due date';
  elsif not isfinite(due_date) then
    becomes := format('its due date is %s, which is %s', due_date, case when due_date > 'epoch' then 'never' else 'always past' end);
  elsif due_date not between '4000-01-01 BC' and '200000-01-01' then
    becomes := format('its due date is %s', facts ->> 'dueDate');
  elsif today is null then
    becomes := format('the time zone of its agency, "%s", is unknown, so nobody can say when', timezone);
  elsif counts_on is null or overdue_at is null then
    becomes := format('it is due on %s, and no open day follows', jobs.day_text(due_date));
  else
    due := jobs.due_text(
      (facts #>> '{agency,id}')::uuid,
      due_date,
      (facts #>> '{agency,graceDays}')::int,
      counts_on,
      today,
      verdict = 'overdue'
    );
    becomes := format(
      '%s, so it becomes overdue %s at %s (%s)%s',
      due,
      case when counts_on = due_date then 'that day' else 'on ' || jobs.day_text(counts_on, today) end,
      to_char(local_overdue_at, case when extract(second from local_overdue_at) = 0 then 'HH24:MI' else 'HH24:MI:SS' end),
      place,
      -- Where a clock was turned back over the cut-off, the instant has passed once.
      case when overdue_at > as_of then ', ' || jobs.wait_text(as_of, overdue_at) end
    );
  end if;

  if verdict = 'correctable' then
    return format(
      'Marked overdue, but not overdue by today''s rule: %s.%s',
      becomes,
      case
        when marked is null then
          ' Duewatch did not mark it and leaves it as it is: change its status by hand.'
        when is_corrected_by_next_run then
          marked || ' Its due date has been moved since, so the next run sets it back to pending.'
        else marked || ' An admin can set it back to pending with correct_overdue().'
      end
    );
  elsif verdict <> 'overdue' then
    return format(
      'Not overdue yet%s: %s%s.',
      case
        when verdict <> 'due_soon' then ''
        when due_date < today then ', but past its due date'
        when due_date = today then ', but due today'
        else ', but due soon'
      end,
      case when status = 'partial' then 'it is partly paid; ' end,
      becomes
    );
  elsif due is null then
    return format('Overdue: %s.%s', becomes, marked);
  end if;

  separator := case when due like '%;%' then ';' else ',' end;
  return format(
    'Overdue since %s, %s in %s: %s%s the agency''s cut-off is %s%s and it %s.%s',
    jobs.day_text(local_overdue_at::date),
    to_char(local_overdue_at, case when extract(second from local_overdue_at) = 0 then 'HH24:MI' else 'HH24:MI:SS' end),
    place,
    due,
    separator,
    cutoff,
    separator,
    case
      when status = 'pending' then 'is still pending'
      when status = 'partial' then 'is only partly paid'
      when marked is null then 'is marked overdue'
      else 'was still pending'
    end,
    case
      when status = 'pending' then ' The next run marks it.'
      when status = 'partial' then ' It is not marked, because that would hide that a part is paid.'
      when marked is null then ' Duewatch did not mark it.'
      else marked
    end
  );
end
$function$;

revoke all on function jobs.explanation_sentence(jsonb, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.explanation_sentence(jsonb, timestamptz) is
  'One or two sentences that say why an installment is overdue, when it will be, or why never. facts: what '
  'public.explain_installment() returns, without the sentence.';

-- installments/explanation/installment_explanation.sql

create function jobs.installment_explanation(
  as_of timestamptz,
  installment_id uuid,
  status text,
  due_date date,
  plan_status text,
  agency_id uuid
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $function$
declare
  agency record;
  local_time timestamp;
  counts_on date;
  overdue_at timestamptz;
  holds boolean;
  facts jsonb;
begin
  select
    stored.name::text as name,
    stored.timezone::text as timezone,
    coalesce(stored.overdue_cutoff_time, '17:00') as cutoff_time,
    coalesce(stored.grace_days, 0)::int as grace_days,
    coalesce(stored.closed_weekdays, '{}')::smallint[] as closed_weekdays,
    stored.due_soon_threshold_days as due_soon_threshold_days
  into agency
  from public.agencies as stored
  where stored.id = installment_explanation.agency_id;

  local_time := jobs.local_time(installment_explanation.as_of, agency.timezone);
  if installment_explanation.plan_status = 'active'
    and installment_explanation.status in ('pending', 'partial', 'overdue')
  then
    counts_on := jobs.effective_due_date(
      installment_explanation.agency_id,
      installment_explanation.due_date,
      agency.grace_days,
      agency.closed_weekdays
    );
    overdue_at := jobs.overdue_at(counts_on, agency.cutoff_time, agency.timezone);
    -- By the clock, not by the instant: it may be turned back.
    holds := case
      when isfinite(overdue_at) then local_time >= counts_on + agency.cutoff_time
      else overdue_at = '-infinity'
    end;
  end if;

  facts := jsonb_build_object(
    'installmentId', installment_explanation.installment_id,
    'asOf', installment_explanation.as_of,
    'verdict', case
      when installment_explanation.status = 'overdue' then
        case when holds or local_time is null then 'overdue' else 'correctable' end
      when installment_explanation.status not in ('draft', 'pending', 'partial') then 'closed'
      when installment_explanation.plan_status <> 'active' or installment_explanation.status = 'draft' then 'not_active'
      when holds then 'overdue'
      when installment_explanation.status = 'pending'
        and installment_explanation.due_date <= local_time::date + agency.due_soon_threshold_days then 'due_soon'
      else 'not_yet'
    end,
    'status', installment_explanation.status,
    'planStatus', installment_explanation.plan_status,
    'dueDate', installment_explanation.due_date,
    'effectiveDueDate', counts_on,
    'overdueAt', case when isfinite(overdue_at) then overdue_at end,
    'agency', jsonb_build_object(
      'id', installment_explanation.agency_id,
      'name', agency.name,
      'timezone', agency.timezone,
      'localTime', to_char(local_time, 'YYYY-MM-DD"T"HH24:MI:SS'),
      'cutoffTime', agency.cutoff_time,
      'graceDays', agency.grace_days,
      'closedWeekdays', to_jsonb(agency.closed_weekdays),
      'dueSoonThresholdDays', agency.due_soon_threshold_days
    ),
    'markedBy', case
      when installment_explanation.status = 'overdue' then jobs.marked_by(installment_explanation.installment_id)
    end
  );

  return facts || jsonb_build_object(
    'sentence', jobs.explanation_sentence(facts, installment_explanation.as_of)
  );
end
$function$;

revoke all on function jobs.installment_explanation(timestamptz, uuid, text, date, text, uuid)
  from public, anon, authenticated, service_role;
grant execute on function jobs.installment_explanation(timestamptz, uuid, text, date, text, uuid)
  to authenticated, service_role;

comment on function jobs.installment_explanation(timestamptz, uuid, text, date, text, uuid) is
  'What public.explain_installment() returns, of an installment that the caller has read. '
  'Security definer, so that the functions that it calls are granted to nobody. The Data API does not reach it.';

-- installments/explanation/explain_installment.sql

create function public.explain_installment(
  installment_id uuid,
  as_of timestamptz default now()
)
returns jsonb
language sql
stable
set search_path = ''
begin atomic
  select jobs.installment_explanation(
    as_of => jobs.checked_settings(explain_installment.as_of, null, null, null),
    installment_id => installment.id,
    status => installment.status::text,
    due_date => installment.student_due_date,
    plan_status => plan.status::text,
    agency_id => agency.id
  )
  from public.installments as installment
  join public.payment_plans as plan
    on plan.id = installment.payment_plan_id
  join public.agencies as agency
    on agency.id = plan.agency_id
  where installment.id = explain_installment.installment_id;
end;

revoke all on function public.explain_installment(uuid, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.explain_installment(uuid, timestamptz)
  to authenticated, service_role;

comment on function public.explain_installment(uuid, timestamptz) is
  'Why an installment is overdue at as_of (default now()), or when it will be, or why never, by the agency''s settings of '
  'today and in a sentence that can be forwarded. '
  'verdict: overdue (marked, or past its cut-off), correctable (marked, but not overdue by today''s rule), due_soon, '
  'not_yet, closed (paid or cancelled), not_active (a draft, or its plan is not active). '
  'Returns {installmentId, asOf, verdict, sentence, status, planStatus, dueDate, effectiveDueDate, overdueAt, agency: {id, '
  'name, timezone, localTime, cutoffTime, graceDays, closedWeekdays, dueSoonThresholdDays}, markedBy}. markedBy: {runId, at, '
  'asOf, dueDate} of the run that marked it, and the due date then. Null for an unknown id and for an installment that the '
  'caller may not see. '
  'Raises 22023 for an as_of that is no instant.';

-- ==========================================================================
-- 32. Overview of the dashboard
--
-- Agencies with their clocks and what is open, and a search for installments.
-- Locks: nothing. It only reads.
-- ==========================================================================

-- installments/overview/last_marked_at.sql

create function jobs.last_marked_at(agency_id uuid)
returns timestamptz
language sql
stable
security definer
set search_path = ''
as $function$
  select max(change.changed_at)
  from jobs.status_changes as change
  where change.agency_id = last_marked_at.agency_id
    and change.to_status = 'overdue';
$function$;

revoke all on function jobs.last_marked_at(uuid)
  from public, anon, authenticated, service_role;
grant execute on function jobs.last_marked_at(uuid)
  to authenticated, service_role;

comment on function jobs.last_marked_at(uuid) is
  'When an installment of an agency was last marked overdue; null where none was. '
  'Security definer, and it does not ask who may see the agency: only for functions that have asked before, such as '
  'public.list_agencies(). The Data API does not reach the schema jobs.';

-- installments/overview/left_out.sql

create function jobs.left_out(agency_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $function$
declare
  -- Of the request; the functions on the way are security definer.
  caller constant text := coalesce(nullif(current_setting('role', true), 'none'), session_user);
  signed_in constant uuid := auth.uid();
begin
  if caller in ('anon', 'authenticated') and not exists (
    select 1
    from public.user_roles as membership
    where membership.user_id = signed_in
      and membership.role = 'admin'
  ) then
    return null;
  end if;

  return (
    select jsonb_build_object(
      'jobName', known.job_name,
      'error', known.error,
      'failures', known.failures,
      'since', known.failing_since
    )
    from jobs.failing_items as known
    where known.item_id = left_out.agency_id::text
      and known.failures > 1
    order by
      known.last_failed_at desc,
      known.job_name
    limit 1
  );
end
$function$;

revoke all on function jobs.left_out(uuid)
  from public, anon, authenticated, service_role;
grant execute on function jobs.left_out(uuid)
  to authenticated, service_role;

comment on function jobs.left_out(uuid) is
  'That an agency failed in the last two runs of a job that tried it, or in more: {jobName, error, failures, since}; null '
  'otherwise. For admins and the secret key; null for other signed-in users, because it speaks of the jobs. '
  'Security definer, because nobody may read jobs.failing_items. The Data API does not reach the schema jobs.';

-- installments/overview/agency_overviews.sql

create function jobs.agency_overviews(
  agency_ids uuid[],
  as_of timestamptz
)
returns table (
  agency_id uuid,
  overview jsonb
)
language sql
stable
set search_path = ''
set jit = off
rows 25
begin atomic
  select
    agency.id,
    jsonb_build_object(
      'agencyId', agency.id,
      'name', agency.name::text,
      'timezone', cutoff.timezone,
      'localTime', to_char(cutoff.local_time, 'YYYY-MM-DD"T"HH24:MI:SS'),
      'cutoffTime', cutoff.cutoff_time,
      'graceDays', cutoff.grace_days,
      'closedWeekdays', to_jsonb(cutoff.closed_weekdays),
      'dueSoonThresholdDays', agency.due_soon_threshold_days,
      'nextCutoffAt', next.at,
      'nextCutoffDueBefore', (
        select later.overdue_before
        from jobs.agency_cutoffs(next.at, agency.id) as later
      ),
      'dueSoon', open.due_soon,
      'overdue', open.overdue,
      'aging', (
        select coalesce(
          jsonb_agg(
            jsonb_build_object(
              'currency', aging.currency,
              'notDue', aging.not_due,
              'days1To30', aging.days_1_to_30,
              'days31To60', aging.days_31_to_60,
              'days61To90', aging.days_61_to_90,
              'daysOver90', aging.days_over_90,
              'partialNotDue', aging.partial_not_due,
              'partialOverdue', aging.partial_overdue
            )
            order by aging.currency
          ),
          '[]'
        )
        from public.installments_aging_at(agency_overviews.as_of, agency.id) as aging
      ),
      'lastMarkedAt', jobs.last_marked_at(agency.id),
      'leftOut', jobs.left_out(agency.id)
    )
  from public.agencies as agency
  cross join lateral jobs.agency_cutoffs(agency_overviews.as_of, agency.id) as cutoff
  cross join lateral jobs.next_cutoff_at(
    agency.id,
    agency_overviews.as_of,
    cutoff.local_time,
    cutoff.cutoff_time,
    cutoff.timezone,
    cutoff.closed_weekdays
  ) as next (at)
  cross join lateral (
    select
      count(*) filter (
        where installment.status = 'pending'
          and plan.status = 'active'
          and installment.student_due_date >= cutoff.overdue_before
          and installment.student_due_date <= cutoff.local_time::date + agency.due_soon_threshold_days
      ) as due_soon,
      count(*) filter (
        where installment.status = 'overdue'
          or (plan.status = 'active' and installment.student_due_date < cutoff.overdue_before)
      ) as overdue
    from public.payment_plans as plan
    join public.installments as installment
      on installment.payment_plan_id = plan.id
    where plan.agency_id = agency.id
      and installment.status::text in ('pending', 'partial', 'overdue')
  ) as open
  where agency.id = any (agency_overviews.agency_ids);
end;

revoke all on function jobs.agency_overviews(uuid[], timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function jobs.agency_overviews(uuid[], timestamptz)
  to authenticated, service_role;

comment on function jobs.agency_overviews(uuid[], timestamptz) is
  'Agencies by id with their clocks and what is open at an instant: overview is an element of public.list_agencies(). No row '
  'for an unknown id and for an agency that the caller may not see. All in one query, because each call plans the rule again.';

-- installments/overview/list_agencies.sql

create function public.list_agencies(
  search text default null,
  after_name text default null,
  after_id uuid default null,
  max_count int default 25,
  as_of timestamptz default now()
)
returns jsonb
language sql
stable
set search_path = ''
set jit = off
begin atomic
  with page as materialized (
    select
      agency.id,
      agency.name::text as name
    from public.agencies as agency
    where (
        nullif(btrim(list_agencies.search), '') is null
        or strpos(lower(agency.name::text), lower(btrim(list_agencies.search))) > 0
        or agency.id::text = lower(btrim(list_agencies.search))
      )
      and (
        list_agencies.after_id is null
        or (agency.name::text, agency.id) > (coalesce(list_agencies.after_name, ''), list_agencies.after_id)
      )
    order by agency.name::text, agency.id
    limit least(greatest(coalesce(list_agencies.max_count, 25), 1), 101)
  )
  select coalesce(
    jsonb_agg(
      listed.overview
      order by page.name, page.id
    ),
    '[]'
  )
  from page
  join jobs.agency_overviews(array(select page.id from page), list_agencies.as_of) as listed
    on listed.agency_id = page.id;
end;

revoke all on function public.list_agencies(text, text, uuid, int, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.list_agencies(text, text, uuid, int, timestamptz)
  to authenticated, service_role;

comment on function public.list_agencies(text, text, uuid, int, timestamptz) is
  'Agencies by name, with their clocks and what is open, for the dashboard: at most max_count (default 25, from 1 to 101). '
  'search finds a part of the name, or an id. after_name and after_id, of the last agency of a page, give the next one. '
  'dueSoon and overdue count installments as public.installments_due does, aging has the amounts of '
  'public.installments_aging_at(). nextCutoffAt is the next cut-off at which something can become overdue, so that of an '
  'open day; what is due before nextCutoffDueBefore is overdue then (jobs.next_cutoff_at()). leftOut says that runs fail for '
  'the agency, to admins and the secret key only (jobs.left_out()). Callers see what the policies let them see. '
  'Returns an array of {agencyId, name, timezone, localTime, cutoffTime, graceDays, closedWeekdays, dueSoonThresholdDays, '
  'nextCutoffAt, nextCutoffDueBefore, dueSoon, overdue, aging: [{currency, notDue, days1To30, days31To60, days61To90, '
  'daysOver90, partialNotDue, partialOverdue}], lastMarkedAt, leftOut: {jobName, error, failures, since}}.';

-- installments/overview/former_clocks.sql

create function jobs.former_clocks(
  as_of timestamptz default now(),
  only_agency uuid default null
)
returns table (
  agency_id uuid,
  timezone text,
  cutoff_time time,
  last_marked_at timestamptz
)
language sql
stable
security definer
set search_path = ''
as $function$
  select
    change.agency_id,
    change.timezone,
    change.cutoff_time,
    max(change.changed_at)
  from (
    -- Two queries, so that the changes of one agency are found by its id.
    select
      one.run_id,
      one.agency_id,
      one.timezone,
      one.cutoff_time,
      one.changed_at
    from jobs.status_changes as one
    where one.agency_id = former_clocks.only_agency
      and one.to_status = 'overdue'
    union all
    select
      each.run_id,
      each.agency_id,
      each.timezone,
      each.cutoff_time,
      each.changed_at
    from jobs.status_changes as each
    where former_clocks.only_agency is null
      and each.to_status = 'overdue'
  ) as change
  join public.jobs_log as run
    on run.id = change.run_id
  where run.job_name = 'update-installment-statuses'
    and run.started_at > former_clocks.as_of - interval '7 days'
  group by change.agency_id, change.timezone, change.cutoff_time;
$function$;

revoke all on function jobs.former_clocks(timestamptz, uuid)
  from public, anon, authenticated, service_role;
grant execute on function jobs.former_clocks(timestamptz, uuid)
  to authenticated, service_role;

comment on function jobs.former_clocks(timestamptz, uuid) is
  'The zones and cut-offs by which the installments of each agency, or of only_agency alone, were marked overdue in the '
  'last seven days. '
  'Security definer, and it does not ask who may see the agency: only for functions that do, such as '
  'jobs.clock_changes(). The Data API does not reach the schema jobs.';

-- installments/overview/clock_statement.sql

create function jobs.clock_statement(
  agency_id uuid,
  timezone text,
  cutoff_time time
)
returns text
language sql
stable
set search_path = ''
begin atomic
  select format(
    E'update %I.%I\nset %I = %L, %I = %L\nwhere %I = %L;',
    timezone_at.names[1],
    timezone_at.names[2],
    timezone_at.names[3],
    clock_statement.timezone,
    cutoff_at.names[3],
    clock_statement.cutoff_time,
    id_at.names[3],
    clock_statement.agency_id
  )
  from parse_ident('public.agencies.timezone') as timezone_at (names)
  cross join parse_ident('public.agencies.overdue_cutoff_time') as cutoff_at (names)
  cross join parse_ident('public.agencies.id') as id_at (names);
end;

revoke all on function jobs.clock_statement(uuid, text, time)
  from public, anon, authenticated, service_role;
grant execute on function jobs.clock_statement(uuid, text, time)
  to authenticated, service_role;

comment on function jobs.clock_statement(uuid, text, time) is
  'The statement that gives an agency this time zone and cut-off, to copy into the SQL editor: with the names that the '
  'project''s own table and columns have. It changes nothing.';

-- installments/overview/clock_changes.sql

create function jobs.clock_changes(
  as_of timestamptz default now(),
  only_agency uuid default null
)
returns table (
  agency_id uuid,
  name text,
  change jsonb
)
language sql
stable
set search_path = ''
set jit = off
begin atomic
  select distinct on (agency.id)
    agency.id,
    agency.name::text,
    jsonb_build_object(
      'agencyId', agency.id,
      'name', agency.name::text,
      'timezone', agency.timezone::text,
      'cutoffTime', coalesce(agency.overdue_cutoff_time, '17:00'),
      'formerTimezone', former.timezone,
      'formerCutoffTime', former.cutoff_time,
      'lastMarkedAt', former.last_marked_at,
      'statement', jobs.clock_statement(agency.id, former.timezone, former.cutoff_time)
    )
  from jobs.former_clocks(clock_changes.as_of, clock_changes.only_agency) as former
  join public.agencies as agency
    on agency.id = former.agency_id
  where agency.timezone::text is distinct from former.timezone
    or coalesce(agency.overdue_cutoff_time, '17:00') <> former.cutoff_time
  order by agency.id, former.last_marked_at desc;
end;

revoke all on function jobs.clock_changes(timestamptz, uuid)
  from public, anon, authenticated, service_role;
grant execute on function jobs.clock_changes(timestamptz, uuid)
  to authenticated, service_role;

comment on function jobs.clock_changes(timestamptz, uuid) is
  'Agencies whose zone or cut-off of today is not one by which installments were marked in the last seven days, or '
  'only_agency alone: change is an element of public.changed_clocks(). Callers see what the policies let them see.';

-- installments/overview/agency_report.sql

create function public.agency_report(
  agency_id uuid,
  as_of timestamptz default now()
)
returns jsonb
language sql
stable
set search_path = ''
begin atomic
  select jsonb_build_object(
    'agency', listed.overview,
    'preview', public.preview_overdue(as_of => agency_report.as_of, agency_id => listed.agency_id),
    'changedClock', (
      select changed.change
      from jobs.clock_changes(agency_report.as_of, listed.agency_id) as changed
    )
  )
  from jobs.agency_overviews(array[agency_report.agency_id], agency_report.as_of) as listed;
end;

revoke all on function public.agency_report(uuid, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.agency_report(uuid, timestamptz)
  to authenticated, service_role;

comment on function public.agency_report(uuid, timestamptz) is
  'One agency for its page in the dashboard, in one request: agency as in public.list_agencies(); preview, what a run at '
  'as_of (default now()) would mark there (public.preview_overdue()); and changedClock, its element of '
  'public.changed_clocks(), or null. Returns {agency, preview, changedClock}; null for an unknown id and for an agency that '
  'the caller may not see. Raises 22023 for an as_of that is no instant.';

-- installments/overview/changed_clocks.sql

create function public.changed_clocks(
  max_count int default 20,
  as_of timestamptz default now()
)
returns jsonb
language sql
stable
set search_path = ''
set jit = off
begin atomic
  select coalesce(
    jsonb_agg(
      page.change
      order by page.name, page.agency_id
    ),
    '[]'
  )
  from (
    select *
    from jobs.clock_changes(changed_clocks.as_of) as changed
    order by changed.name, changed.agency_id
    limit least(greatest(coalesce(changed_clocks.max_count, 20), 1), 100)
  ) as page;
end;

revoke all on function public.changed_clocks(int, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.changed_clocks(int, timestamptz)
  to authenticated, service_role;

comment on function public.changed_clocks(int, timestamptz) is
  'Agencies whose zone or cut-off of today is not one by which installments were marked in the last seven days, for the '
  'dashboard: a zone that is valid and wrong fails nowhere, and shows here. At most max_count (default 20, from 1 to 100), '
  'by name. Callers see what the policies let them see. Returns an array of {agencyId, name, timezone, cutoffTime, '
  'formerTimezone, formerCutoffTime, lastMarkedAt, statement}; statement is the SQL that gives the former clock back, with '
  'the names of the project''s own table.';

-- installments/overview/find_installments.sql

create function public.find_installments(
  search text,
  max_count int default 20
)
returns jsonb
language plpgsql
stable
set search_path = ''
set jit = off
as $function$
declare
  wanted text := lower(btrim(find_installments.search));
  wanted_count constant int := least(greatest(coalesce(find_installments.max_count, 20), 1), 100);
  max_plans constant int := 1000;
  installment_ids uuid[] := array[]::uuid[];
  plans uuid[] := array[]::uuid[];
  by_student boolean := true;
  found_rows jsonb;
begin
  if wanted ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    installment_ids := array[wanted::uuid];
    -- No student is called that.
    wanted := '';
  end if;

  begin
    -- No index helps a part of a name. So the search reads one column of the plans,
    -- and ends when more match than anybody would read. The column is named when it
    -- runs: a project's plans may lack it, and its linter would say so.
    execute format(
      $query$
        select array(
          select plan.id
          from public.payment_plans as plan
          where length($1) >= 2
            and strpos(lower(plan.%I::text), $1) > 0
          limit $2
        )
      $query$,
      'student_name'
    )
    into plans
    using wanted, max_plans + 1;
  exception
    when undefined_column then
      by_student := false;
  end;

  found_rows := (
    select coalesce(
      jsonb_agg(
        jsonb_build_object(
          'installmentId', listed.id,
          'studentName', listed.plan_attributes ->> 'student_name',
          'courseName', listed.plan_attributes ->> 'course_name',
          'agencyId', listed.agency_id,
          'agencyName', listed.agency_name,
          'amount', listed.amount,
          'currency', listed.plan_attributes ->> 'currency',
          'dueDate', listed.student_due_date,
          'status', listed.status,
          'planStatus', listed.plan_status
        )
        order by listed.is_overdue desc, listed.student_due_date desc, listed.id
      ),
      '[]'
    )
    from (
      select
        installment.id,
        installment.amount,
        installment.student_due_date,
        installment.status::text as status,
        installment.status::text = 'overdue' as is_overdue,
        plan.status::text as plan_status,
        to_jsonb(plan.*) as plan_attributes,
        agency.id as agency_id,
        agency.name::text as agency_name
      from (
        select by_id.id
        from public.installments as by_id
        where by_id.id = any (installment_ids)
        union
        select of_plan.id
        from public.installments as of_plan
        where of_plan.payment_plan_id = any (plans)
      ) as matching
      join public.installments as installment
        on installment.id = matching.id
      join public.payment_plans as plan
        on plan.id = installment.payment_plan_id
      join public.agencies as agency
        on agency.id = plan.agency_id
      order by
        installment.status::text = 'overdue' desc,
        installment.student_due_date desc,
        installment.id
      limit wanted_count + 1
    ) as listed
  );

  return jsonb_build_object(
    'installments', case
      when jsonb_array_length(found_rows) > wanted_count then found_rows - wanted_count
      else found_rows
    end,
    'complete', cardinality(plans) <= max_plans and jsonb_array_length(found_rows) <= wanted_count,
    'byStudent', by_student
  );
end
$function$;

revoke all on function public.find_installments(text, int)
  from public, anon, authenticated, service_role;
grant execute on function public.find_installments(text, int)
  to authenticated, service_role;

comment on function public.find_installments(text, int) is
  'Installments by their whole id, or by a part of the student''s name (two characters or more), for the dashboard: at most '
  'max_count (default 20, from 1 to 100), overdue ones first, then the latest due date. Callers see what the policies let '
  'them see. For a name, it reads the names of the plans that the caller may see, and stops at 1,000 that match. '
  'complete: whether all that match are listed. byStudent: false where the plans have no column student_name, so that only '
  'an id finds something. '
  'Returns {installments: [{installmentId, studentName, courseName, agencyId, agencyName, amount, currency, dueDate, status, '
  'planStatus}], complete, byStudent}.';

-- installments/overview/installment_report.sql

create function public.installment_report(
  installment_id uuid,
  as_of timestamptz default now()
)
returns jsonb
language sql
stable
set search_path = ''
begin atomic
  select jsonb_build_object(
    'installment', public.find_installments(installment.id::text, 1) -> 'installments' -> 0,
    'explanation', public.explain_installment(installment.id, installment_report.as_of),
    'history', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'changedAt', change.changed_at,
            'fromStatus', change.from_status,
            'toStatus', change.to_status,
            'runId', change.run_id,
            'asOf', change.as_of,
            'timezone', change.timezone,
            'localTime', to_char(change.local_time, 'YYYY-MM-DD"T"HH24:MI:SS'),
            'cutoffTime', change.cutoff_time,
            'effectiveDueDate', change.effective_due_date,
            'reason', change.reason
          )
          order by change.position
        ),
        '[]'
      )
      from public.installment_history(installment.id)
        with ordinality as change (
          changed_at, from_status, to_status, run_id, as_of, timezone, local_time, cutoff_time, effective_due_date, reason,
          position
        )
    )
  )
  from public.installments as installment
  where installment.id = installment_report.installment_id;
end;

revoke all on function public.installment_report(uuid, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.installment_report(uuid, timestamptz)
  to authenticated, service_role;

comment on function public.installment_report(uuid, timestamptz) is
  'One installment for its page in the dashboard, in one request: installment as in public.find_installments(), '
  'explanation of public.explain_installment() at as_of (default now()), and history of public.installment_history(), '
  'newest first, with its columns in camelCase. Returns {installment, explanation, history}; null for an unknown id and for '
  'an installment that the caller may not see. Raises 22023 for an as_of that is no instant.';

-- ==========================================================================
-- 33. Weekly digest
--
-- A mail cannot be unsent. One row per agency and week decides which run may send.
-- Locks: nothing that exists.
-- ==========================================================================

-- digest/overdue_digests.sql

create table jobs.overdue_digests (
  week text not null,
  agency_id uuid not null,
  state text not null default 'not_sent',
  key_number int not null default 0,
  run_id uuid,
  judged_at timestamptz,
  claimed_at timestamptz,
  uncertain_since timestamptz,
  lease uuid,
  leased_until timestamptz,
  sent_at timestamptz,
  mail_id text,
  constraint overdue_digests_pkey primary key (week, agency_id),
  constraint overdue_digests_week_check
    check (week ~ '^\d{4}-W\d{2}$'),
  constraint overdue_digests_state_check
    check (state in ('not_sent', 'claimed', 'sent')),
  constraint overdue_digests_claim_check
    check (
      state = 'not_sent'
      or (key_number > 0 and run_id is not null and judged_at is not null and claimed_at is not null)
    ),
  constraint overdue_digests_uncertain_check
    check (state <> 'not_sent' or uncertain_since is null),
  constraint overdue_digests_lease_check
    check ((lease is null) = (leased_until is null) and (state = 'claimed' or lease is null)),
  constraint overdue_digests_sent_check
    check ((state = 'sent') = (sent_at is not null) and (state = 'sent' or mail_id is null))
);

alter table jobs.overdue_digests enable row level security;

revoke all on table jobs.overdue_digests
  from public, anon, authenticated, service_role;

comment on table jobs.overdue_digests is
  'The ledger of weekly-overdue-digest: one row per agency and week that was claimed, kept for 90 days. '
  'No foreign key, so that an agency with mails can be deleted. '
  'Written by claim_overdue_digest() and complete_overdue_digest().';
comment on column jobs.overdue_digests.week is
  'The agency''s own ISO week, by its calendar at the start of the run: 2026-W48. It begins on Monday; mails from 08:00 on.';
comment on column jobs.overdue_digests.state is
  'not_sent: nothing was sent, so it can be claimed. claimed: a run is sending it, or its process ended while sending. '
  'sent: final.';
comment on column jobs.overdue_digests.key_number is
  'Counts the idempotency keys of the week. A definite refusal ends a key, because Resend has bound the refused mail to it.';
comment on column jobs.overdue_digests.run_id is
  'The run that claimed it last.';
comment on column jobs.overdue_digests.judged_at is
  'The instant at which the mail judges what is overdue. A repeated mail uses the same instant.';
comment on column jobs.overdue_digests.uncertain_since is
  'When the first claim with an unknown outcome was made; null while every outcome is known.';
comment on column jobs.overdue_digests.mail_id is
  'The id of the mail at Resend; null where Resend only answered that it has it already.';

-- digest/digest_time.sql

create function jobs.digest_time(
  as_of timestamptz,
  timezone text,
  out week text,
  out begins_at timestamp,
  out has_begun boolean
)
language sql
stable
set search_path = ''
as $function$
  select
    to_char(clock.local_time, 'IYYY-"W"IW'),
    date_trunc('week', clock.local_time) + interval '8 hours',
    clock.local_time >= date_trunc('week', clock.local_time) + interval '8 hours'
  from (
    select coalesce(
      jobs.local_time(digest_time.as_of, digest_time.timezone),
      digest_time.as_of at time zone 'UTC'
    ) as local_time
  ) as clock;
$function$;

revoke all on function jobs.digest_time(timestamptz, text)
  from public, anon, authenticated, service_role;

comment on function jobs.digest_time(timestamptz, text) is
  'The week of the digest in a time zone at an instant: week, the local ISO week, as 2026-W48, from Monday to Sunday; '
  'begins_at, 08:00 on its Monday, local time; has_begun, whether it is as late as that, so that a mail may be sent. '
  'In UTC for a zone that the server does not know.';

-- digest/digest_seen_at.sql

create function jobs.digest_seen_at(as_of timestamptz default now())
returns timestamptz
language sql
stable
set search_path = ''
as $function$
  select greatest(
    jobs.last_success_at('weekly-overdue-digest', digest_seen_at.as_of),
    (
      -- Nobody expects the mail of last Monday when it is turned on.
      select definition.enabled_at
      from jobs.definitions as definition
      where definition.job_name = 'weekly-overdue-digest'
        and definition.enabled_at <= digest_seen_at.as_of
    )
  );
$function$;

revoke all on function jobs.digest_seen_at(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.digest_seen_at(timestamptz) is
  'Up to when nothing is due any more: when the last successful run of the digest started, or when it was turned on, '
  'whichever is later. Null before both.';

-- digest/overdue_digest_is_due.sql

create function jobs.overdue_digest_is_due(as_of timestamptz)
returns boolean
language sql
stable
set search_path = ''
as $function$
  select exists (
    select 1
    from (
      select distinct agency.timezone::text as name
      from public.agencies as agency
    ) as zone
    cross join jobs.digest_seen_at(overdue_digest_is_due.as_of) as seen (at)
    cross join lateral jobs.digest_time(overdue_digest_is_due.as_of, zone.name) as current
    where current.has_begun
      and (
        seen.at is null
        or coalesce(jobs.local_time(seen.at, zone.name), seen.at at time zone 'UTC') < current.begins_at
      )
  );
$function$;

revoke all on function jobs.overdue_digest_is_due(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.overdue_digest_is_due(timestamptz) is
  'The due check of weekly-overdue-digest: whether it has become Monday, 08:00, in the time zone of any agency since the '
  'last successful run started. So each agency''s week is settled by one run, whether or not it has anything overdue.';

-- digest/overdue_candidates.sql

create view jobs.overdue_candidates
with (security_invoker = true)
as
select
  installment.id,
  installment.payment_plan_id,
  plan.agency_id,
  coalesce(installment.amount::numeric, 0) as amount,
  installment.student_due_date,
  installment.status = 'overdue' as is_marked
from public.installments as installment
join public.payment_plans as plan
  on plan.id = installment.payment_plan_id
where installment.status = 'overdue'
  -- As text, because an adopter's enum may lack it.
  or ((installment.status = 'pending' or installment.status::text = 'partial') and plan.status = 'active');

revoke all on table jobs.overdue_candidates
  from public, anon, authenticated, service_role;

comment on view jobs.overdue_candidates is
  'The installments that are overdue or will become overdue. One is overdue when it is marked, or when its '
  'student_due_date is before the overdue_before of its agency (jobs.agency_cutoffs()): the rule of '
  'public.installments_due at any instant. A missing amount counts as 0.';
comment on column jobs.overdue_candidates.is_marked is
  'Whether the main job has marked it. If not, it is pending or partly paid on an active plan.';

-- digest/amount_as_text.sql

create function jobs.amount_as_text(amount numeric)
returns text
language sql
immutable
set search_path = ''
as $function$
  select round(amount_as_text.amount, greatest(2, min_scale(amount_as_text.amount)))::text;
$function$;

revoke all on function jobs.amount_as_text(numeric)
  from public, anon, authenticated, service_role;

comment on function jobs.amount_as_text(numeric) is
  'An amount as text for JSON, because many readers treat JSON numbers as floating point. Two decimals, or as many as the '
  'amount has.';

-- digest/overdue_digest.sql

create function jobs.overdue_digest(
  agency_id uuid,
  as_of timestamptz default now()
)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  with agency as (
    select
      stored.id,
      nullif(btrim(stored.name::text, E' \t\r\n'), '') as name,
      nullif(btrim(stored.contact_email::text, E' \t\r\n'), '') as contact_email,
      stored.timezone::text as timezone,
      cutoff.local_time,
      cutoff.overdue_before
    from public.agencies as stored
    join jobs.agency_cutoffs(
      as_of => overdue_digest.as_of,
      only_agency => overdue_digest.agency_id
    ) as cutoff
      on cutoff.agency_id = stored.id
    where stored.id = overdue_digest.agency_id
  ),
  -- Read as JSON, because an adopter's plans may lack these columns.
  plan as materialized (
    select
      stored.id,
      nullif(upper(btrim(described.attributes ->> 'currency', E' \t\r\n')), '') as currency,
      nullif(btrim(described.attributes ->> 'student_name', E' \t\r\n'), '') as student_name,
      nullif(btrim(described.attributes ->> 'course_name', E' \t\r\n'), '') as course_name
    from public.payment_plans as stored
    cross join lateral (
      select to_jsonb(stored.*) as attributes
    ) as described
    where stored.agency_id = overdue_digest.agency_id
  ),
  installment as materialized (
    select
      overdue.id,
      overdue.amount,
      overdue.student_due_date,
      plan.currency,
      plan.student_name,
      plan.course_name,
      -- A date that is none, such as -infinity, is older than nothing.
      row_number() over (
        order by not isfinite(overdue.student_due_date), overdue.student_due_date, overdue.amount desc, overdue.id
      ) as by_age,
      row_number() over (
        partition by plan.currency
        order by overdue.amount desc, overdue.student_due_date, overdue.id
      ) as by_amount
    from jobs.overdue_candidates as overdue
    join plan
      on plan.id = overdue.payment_plan_id
    cross join agency
    -- By the argument, so that the index is used. A join would read every plan.
    where overdue.agency_id = overdue_digest.agency_id
      and (overdue.is_marked or overdue.student_due_date < agency.overdue_before)
  ),
  total as (
    select
      installment.currency,
      count(*) as installments,
      sum(installment.amount) as amount,
      row_number() over (order by count(*) desc, installment.currency) as by_count
    from installment
    group by installment.currency
  ),
  described as (
    select
      installment.by_age,
      installment.by_amount,
      total.by_count,
      jsonb_build_object(
        'id', installment.id,
        'student_name', installment.student_name,
        'course_name', installment.course_name,
        'amount', jobs.amount_as_text(installment.amount),
        'currency', installment.currency,
        'due_date', case when isfinite(installment.student_due_date) then installment.student_due_date end,
        -- A due date can be moved after the installment is marked.
        'days_overdue', case
          when isfinite(installment.student_due_date)
            then greatest(agency.local_time::date - installment.student_due_date, 0)
        end
      ) as details
    from installment
    join total
      on total.currency is not distinct from installment.currency
    cross join agency
    where installment.by_age = 1
      or (installment.by_amount <= 10 and total.by_count <= 5)
  )
  select jsonb_build_object(
    'agency', jsonb_build_object(
      'id', agency.id,
      'name', agency.name,
      'contact_email', agency.contact_email
    ),
    'judged_at', overdue_digest.as_of,
    'timezone', agency.timezone,
    'local_date', agency.local_time::date,
    'local_time', to_char(agency.local_time, 'HH24:MI'),
    'installments', (
      select sum(total.installments)
      from total
    ),
    'totals', (
      select jsonb_agg(
        jsonb_build_object(
          'currency', total.currency,
          'installments', total.installments,
          'amount', jobs.amount_as_text(total.amount)
        )
        order by total.by_count
      )
      from total
    ),
    'oldest', (
      select described.details
      from described
      where described.by_age = 1
    ),
    'largest', (
      select jsonb_agg(described.details order by described.by_count, described.by_amount)
      from described
      where described.by_amount <= 10
        and described.by_count <= 5
    )
  )
  from agency
  where exists (
    select 1
    from installment
  );
$function$;

revoke all on function jobs.overdue_digest(uuid, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.overdue_digest(uuid, timestamptz) is
  'The content of an agency''s digest as of an instant (default now()), in the agency''s own calendar; null when nothing is '
  'overdue. Amounts are exact decimal texts. The ten largest of each of the five currencies with most installments are '
  'listed, in the order of the totals. due_date and days_overdue are null where the due date is no date, such as infinity. '
  'Returns {agency: {id, name, contact_email}, judged_at, timezone, local_date, local_time, installments, '
  'totals: [{currency, installments, amount}], oldest, largest: [{id, student_name, course_name, amount, currency, '
  'due_date, days_overdue}]}; local_date is null for an agency whose time zone the database does not know.';

-- digest/list_overdue_digests.sql

create function public.list_overdue_digests(run_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
-- It reads every open installment. The Data API's own limit is 8 seconds.
set statement_timeout = '60s'
as $function$
declare
  run public.jobs_log := jobs.running_run(list_overdue_digests.run_id);
  settled_at timestamptz := jobs.last_success_at('weekly-overdue-digest', run.started_at);
begin
  return (
    with zone as materialized (
      select
        known.name,
        current.week,
        current.has_begun,
        -- A person may send at any time. Other runs settle each week once.
        coalesce(run.trigger_source, 'manual') = 'manual'
          or settled_at is null
          or coalesce(jobs.local_time(settled_at, known.name), settled_at at time zone 'UTC') < current.begins_at
          as is_awaited
      from (
        select distinct coalesce(agency.timezone::text, '') as name
        from public.agencies as agency
      ) as known
      cross join lateral jobs.digest_time(run.started_at, known.name) as current
    ),
    mailed as materialized (
      select agency.id
      from public.agencies as agency
      join zone
        on zone.name = coalesce(agency.timezone::text, '')
      join jobs.overdue_digests as digest
        on digest.week = zone.week
        and digest.agency_id = agency.id
      where digest.state = 'sent'
        -- A repeated run gets the same list.
        and digest.run_id <> run.id
    ),
    indebted as materialized (
      select
        agency.id,
        agency.name::text as name,
        nullif(btrim(agency.contact_email::text, E' \t\r\n'), '') is not null as has_address,
        zone.has_begun
          and (
            zone.is_awaited
            -- What was refused is tried again by every run of the week.
            or exists (
              select 1
              from jobs.overdue_digests as tried
              where tried.week = zone.week
                and tried.agency_id = agency.id
                and tried.key_number > 0
            )
          ) as is_listed
      from jobs.agency_cutoffs(run.started_at) as cutoff
      join public.agencies as agency
        on agency.id = cutoff.agency_id
      join zone
        on zone.name = coalesce(agency.timezone::text, '')
      where agency.id not in (
          select mailed.id
          from mailed
        )
        and exists (
          select 1
          from jobs.overdue_candidates as overdue
          where overdue.agency_id = cutoff.agency_id
            and (overdue.is_marked or overdue.student_due_date < cutoff.overdue_before)
        )
    ),
    numbers as (
      select count(*) as already_mailed
      from mailed
    )
    select jsonb_build_object(
      'week', (
        select coalesce(max(zone.week) filter (where zone.has_begun), (jobs.digest_time(run.started_at, 'UTC')).week)
        from zone
      ),
      'judged_at', run.started_at,
      'agencies', coalesce(
        jsonb_agg(
          jsonb_build_object('id', indebted.id, 'name', indebted.name)
          order by indebted.name, indebted.id
        ) filter (where indebted.is_listed and indebted.has_address),
        '[]'
      ),
      'agencies_without_address', count(*) filter (where indebted.is_listed and not indebted.has_address),
      'agencies_already_mailed', max(numbers.already_mailed),
      'agencies_of_the_week', max(numbers.already_mailed) + count(*) filter (where indebted.has_address)
    )
    from numbers
    left join indebted on true
  );
end
$function$;

revoke all on function public.list_overdue_digests(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.list_overdue_digests(uuid)
  to service_role;

comment on function public.list_overdue_digests(uuid) is
  'The agencies that a run of weekly-overdue-digest has to mail: those with an address and overdue installments at the '
  'instant the run started, where it is after 08:00 on Monday of their own week (jobs.digest_time), except those that '
  'another run has mailed in this week. A run that no person has started leaves out those whose week a successful run has '
  'settled, because it started after that, unless their mail was tried and not sent. Ordered by name. '
  'Idempotent: a repeated run gets the same list. It writes nothing. '
  'Raises PT404 for an unknown run and PT409 for one that is not running any more (reaped, for instance). '
  'Returns {week, judged_at, agencies: [{id, name}], agencies_without_address, agencies_already_mailed, agencies_of_the_week}; '
  'week is the newest week that has begun for any agency; agencies_of_the_week are all that have or would have a mail in '
  'their week, mailed and waiting ones included.';

-- digest/digest_obstacle.sql

create function jobs.digest_obstacle(
  digest jobs.overdue_digests,
  run_id uuid,
  as_of timestamptz default now()
)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select case
    when (digest_obstacle.digest).state = 'sent' then
      jsonb_build_object(
        'status', 'already_sent',
        'sent_at', (digest_obstacle.digest).sent_at,
        'mail_id', (digest_obstacle.digest).mail_id,
        'by_this_run', (digest_obstacle.digest).run_id = digest_obstacle.run_id
      )
    when (digest_obstacle.digest).leased_until > digest_obstacle.as_of then
      jsonb_build_object(
        'status', 'in_progress',
        'leased_until', (digest_obstacle.digest).leased_until,
        'retry_after_seconds', ceil(
          extract(epoch from (digest_obstacle.digest).leased_until - digest_obstacle.as_of)
        )::int
      )
    -- Resend keeps an idempotency key for 24 hours. Later it would send twice.
    when (digest_obstacle.digest).state = 'claimed'
      and coalesce((digest_obstacle.digest).uncertain_since, (digest_obstacle.digest).claimed_at)
        <= digest_obstacle.as_of - interval '23 hours' then
      jsonb_build_object(
        'status', 'unknown_end',
        'first_claimed_at', coalesce((digest_obstacle.digest).uncertain_since, (digest_obstacle.digest).claimed_at)
      )
  end;
$function$;

revoke all on function jobs.digest_obstacle(jobs.overdue_digests, uuid, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.digest_obstacle(jobs.overdue_digests, uuid, timestamptz) is
  'Why a run may not claim the digest of an agency and week at as_of (default now()): already_sent; in_progress, while '
  'another run has the lease; unknown_end, when it has been unknown for 23 hours whether it was sent. Null when it may.';

-- digest/claim_overdue_digest.sql

create function public.claim_overdue_digest(
  run_id uuid,
  agency_id uuid,
  lease_seconds int default 60,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
set statement_timeout = '60s'
as $function$
declare
  run public.jobs_log;
  current record;
  digest jobs.overdue_digests;
  obstacle jsonb;
  content jsonb;
  repeated boolean;
begin
  if (claim_overdue_digest.lease_seconds between 1 and 3600) is not true then
    raise exception 'lease_seconds is 1 to 3600'
      using errcode = 'invalid_parameter_value';
  end if;

  run := jobs.lock_running_run(claim_overdue_digest.run_id);

  select clock.*
  into current
  from public.agencies as agency
  cross join lateral jobs.digest_time(run.started_at, agency.timezone::text) as clock
  where agency.id = claim_overdue_digest.agency_id;

  if not found then
    return jsonb_build_object('status', 'nothing_overdue');
  elsif not current.has_begun then
    return jsonb_build_object('status', 'not_yet');
  end if;

  delete from jobs.overdue_digests as old
  where old.week < (jobs.digest_time(claim_overdue_digest.as_of - interval '90 days', 'UTC')).week;

  insert into jobs.overdue_digests (week, agency_id)
  values (current.week, claim_overdue_digest.agency_id)
  on conflict on constraint overdue_digests_pkey do nothing;

  select stored.*
  into digest
  from jobs.overdue_digests as stored
  where stored.week = current.week
    and stored.agency_id = claim_overdue_digest.agency_id
  for update;

  obstacle := jobs.digest_obstacle(digest, run.id, claim_overdue_digest.as_of);
  if obstacle is not null then
    return obstacle;
  end if;

  -- Under one key Resend accepts the same mail only.
  repeated := digest.state = 'claimed';
  if not repeated then
    digest.judged_at := run.started_at;
    digest.key_number := greatest(digest.key_number, 1);
  else
    digest.uncertain_since := coalesce(digest.uncertain_since, digest.claimed_at);
  end if;

  content := jobs.overdue_digest(claim_overdue_digest.agency_id, digest.judged_at);
  if content is null then
    return jsonb_build_object('status', 'nothing_overdue');
  elsif content -> 'agency' ->> 'contact_email' is null then
    return jsonb_build_object('status', 'no_address');
  elsif content ->> 'local_date' is null then
    return jsonb_build_object('status', 'no_time_zone');
  end if;

  update jobs.overdue_digests as stored
  set
    state = 'claimed',
    key_number = digest.key_number,
    run_id = run.id,
    judged_at = digest.judged_at,
    claimed_at = claim_overdue_digest.as_of,
    uncertain_since = digest.uncertain_since,
    lease = gen_random_uuid(),
    leased_until = claim_overdue_digest.as_of + make_interval(secs => claim_overdue_digest.lease_seconds)
  where stored.week = digest.week
    and stored.agency_id = digest.agency_id
  returning stored.*
  into digest;

  return jsonb_build_object(
    'status', 'claimed',
    'week', digest.week,
    'lease', digest.lease,
    'leased_until', digest.leased_until,
    'idempotency_key', concat_ws(
      '/',
      'weekly-overdue-digest',
      digest.week,
      digest.agency_id,
      case when digest.key_number > 1 then digest.key_number end
    ),
    'repeated', repeated
  )
    || content;
end
$function$;

revoke all on function public.claim_overdue_digest(uuid, uuid, int, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.claim_overdue_digest(uuid, uuid, int, timestamptz)
  to service_role;

comment on function public.claim_overdue_digest(uuid, uuid, int, timestamptz) is
  'Claims the mail of an agency for its own week at the start of the run (jobs.digest_time), with a lease (default 60 seconds). Until the lease ends or '
  'complete_overdue_digest() is called, no other run can claim it. What is overdue is judged at the instant the run started. '
  'A claim whose outcome is unknown can be claimed again with the same idempotency key and the same content for 23 hours, '
  'while Resend keeps the key. '
  'Raises PT404 for an unknown run, PT409 for one that is not running any more, 22023 for a lease_seconds outside 1 to 3600. '
  'Returns {status: claimed, week, lease, leased_until, idempotency_key, repeated} and the content as jobs.overdue_digest() '
  'has it, or a status that says why not: already_sent, in_progress, unknown_end, nothing_overdue, no_address, no_time_zone, '
  'and not_yet before 08:00 on Monday. Deletes rows of the ledger after 90 days.';

-- digest/complete_overdue_digest.sql

create function public.complete_overdue_digest(
  agency_id uuid,
  week text,
  lease uuid,
  outcome text,
  mail_id text default null,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
declare
  digest jobs.overdue_digests;
begin
  if complete_overdue_digest.outcome is null
    or complete_overdue_digest.outcome not in ('sent', 'refused', 'not_sent', 'unknown') then
    raise exception 'the outcome of a digest is sent, refused, not_sent or unknown, not %',
      coalesce(complete_overdue_digest.outcome, 'null')
      using errcode = 'invalid_parameter_value';
  end if;

  select stored.*
  into digest
  from jobs.overdue_digests as stored
  where stored.week = complete_overdue_digest.week
    and stored.agency_id = complete_overdue_digest.agency_id
    and stored.key_number > 0
  for update;

  if not found then
    raise exception 'the digest of % was not claimed for the agency %',
      complete_overdue_digest.week,
      complete_overdue_digest.agency_id
      using errcode = 'PT404';
  end if;

  -- A mail that was sent counts from any caller. Other outcomes count only from
  -- the holder of the lease.
  if complete_overdue_digest.outcome = 'sent' and digest.state <> 'sent' then
    digest.state := 'sent';
    digest.sent_at := complete_overdue_digest.as_of;
    digest.mail_id := complete_overdue_digest.mail_id;
    digest.lease := null;
  elsif complete_overdue_digest.outcome <> 'sent' and digest.lease = complete_overdue_digest.lease then
    digest.lease := null;
    if complete_overdue_digest.outcome = 'unknown' then
      digest.uncertain_since := coalesce(digest.uncertain_since, digest.claimed_at);
    elsif digest.uncertain_since is null then
      digest.state := 'not_sent';
      -- Resend may have stored this mail under its key, and would refuse a corrected one.
      if complete_overdue_digest.outcome = 'refused' then
        digest.key_number := digest.key_number + 1;
      end if;
    end if;
  end if;

  update jobs.overdue_digests as stored
  set
    state = digest.state,
    key_number = digest.key_number,
    uncertain_since = digest.uncertain_since,
    lease = digest.lease,
    leased_until = case when digest.lease is not null then digest.leased_until end,
    sent_at = digest.sent_at,
    mail_id = digest.mail_id
  where stored.week = digest.week
    and stored.agency_id = digest.agency_id;

  return jsonb_build_object(
    'state', digest.state,
    'sent_at', digest.sent_at,
    'mail_id', digest.mail_id
  );
end
$function$;

revoke all on function public.complete_overdue_digest(uuid, text, uuid, text, text, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.complete_overdue_digest(uuid, text, uuid, text, text, timestamptz)
  to service_role;

comment on function public.complete_overdue_digest(uuid, text, uuid, text, text, timestamptz) is
  'Records the outcome of a claimed mail. sent: Resend accepted it under the id mail_id; final, and accepted from any '
  'caller. refused: Resend rejected the mail; the agency can be claimed again under a new idempotency key. '
  'not_sent: the mail did not reach Resend, or Resend asked for a pause; it can be claimed again under the same key. '
  'Both change nothing while the outcome of an earlier attempt is unknown. '
  'unknown: it may have been sent; it can be claimed again under the same key for 23 hours. '
  'All but sent are accepted only from the holder of the lease. '
  'Raises PT404 for a digest that was never claimed and 22023 for another outcome. Returns {state, sent_at, mail_id}.';

-- digest/release_overdue_digest.sql

create function jobs.release_overdue_digest(
  agency_id uuid,
  week text default null,
  as_of timestamptz default now()
)
returns boolean
language plpgsql
set search_path = ''
as $function$
declare
  released_week text := coalesce(
    release_overdue_digest.week,
    (
      select (jobs.digest_time(release_overdue_digest.as_of, agency.timezone::text)).week
      from public.agencies as agency
      where agency.id = release_overdue_digest.agency_id
    )
  );
begin
  update jobs.overdue_digests as digest
  set
    state = 'not_sent',
    key_number = digest.key_number + 1,
    uncertain_since = null,
    lease = null,
    leased_until = null,
    sent_at = null,
    mail_id = null
  where digest.agency_id = release_overdue_digest.agency_id
    and digest.week = released_week
    and digest.state <> 'not_sent'
    and (digest.leased_until > release_overdue_digest.as_of) is not true;

  if found then
    -- A run that is dispatched before the end of this transaction would not see it.
    perform set_config('duewatch.uncommitted', 'jobs.overdue_digests', true);
    return true;
  end if;

  return false;
end
$function$;

revoke all on function jobs.release_overdue_digest(uuid, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.release_overdue_digest(uuid, text, timestamptz) is
  'Lets the digest of an agency and week (default: the agency''s own week now) be sent again, whatever its state, for a '
  'person who has checked what Resend has sent. The next run of the week sends it as a new mail: commit first, because '
  'jobs.dispatch() is refused in the transaction of the release. '
  'Idempotent. Returns whether there was anything to release: false while a run is sending it.';

-- ==========================================================================
-- 34. pg_cron schedule
--
-- The schedules of the jobs, and the entries that supervise them.
-- Locks: nothing that exists.
-- ==========================================================================

-- installments/marking/update_installment_statuses_job.sql

select jobs.register(
  job_name => 'update-installment-statuses',
  description => 'Marks pending installments overdue when their agency''s cut-off on the due date has passed.',
  impact => 'installments that have become overdue are still shown as pending',
  schedule => '0 7 * * *',
  cron_job_name => 'update-installment-statuses-daily',
  -- As it was: jobs.follow_cutoffs().
  due_check => (
    select definition.due_check
    from jobs.definitions as definition
    where definition.job_name = 'update-installment-statuses'
  )
);

-- digest/weekly_overdue_digest_job.sql

do $migration$
declare
  is_new boolean := not exists (
    select 1
    from jobs.definitions as definition
    where definition.job_name = 'weekly-overdue-digest'
  );
begin
  perform jobs.register(
    job_name => 'weekly-overdue-digest',
    description => 'Mails each agency its overdue installments, on its own Monday after 08:00.',
    impact => 'agencies have no mail that lists what is overdue',
    -- By then it is past Monday, 08:00, in every time zone.
    schedule => '0 21 * * 1',
    due_check => 'jobs.overdue_digest_is_due',
    expected_interval => '7 days 2 hours',
    max_runtime => '6 minutes',
    -- Three hundred mails at two a second take half of it.
    slow_after => '5 minutes'
  );

  -- It mails customers. Once it is turned on, it stays so.
  if is_new then
    perform jobs.pause(
      job_name => 'weekly-overdue-digest',
      reason => 'It mails agencies, and needs an account at Resend first: docs/how-to/send-the-weekly-digest.md.',
      requested_by => 'duewatch'
    );
  end if;
end
$migration$;

-- jobs/supervision/entries.sql

select jobs.schedule_supervision();
