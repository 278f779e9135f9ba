-- Takes back the migrations 20261122110000 to 20261122110900: alerts, health
-- check and supervision.
--
-- What goes:  the outbox with what was not sent yet, the incidents, the triggers
--             that raise alerts, and the entries job-supervisor,
--             check-job-health-hourly and job-heartbeat-weekly of pg_cron.
-- What stays: the jobs, their runs, and pg_notify on the channel job_failure.
-- How:        psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f supabase/rollbacks/alerts.sql
--             Stop the alert listener first. One transaction. Run it after
--             metrics.sql, and before main_job.sql when everything is to go.
--             `supabase db push --include-all` afterwards installs it again.

begin;

-- Functions do not depend on what they call: nothing else would stop this.
do $rollback$
begin
  if to_regclass('jobs.run_totals') is not null then
    raise exception 'the metrics need what would go'
      using hint = 'Run supabase/rollbacks/metrics.sql first.';
  end if;
end
$rollback$;

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
drop function jobs.deliveries_wait(timestamptz);
drop function jobs.supervise(timestamptz);
drop function jobs.raise_reminders(timestamptz);

drop function public.get_job_health(timestamptz, boolean);
drop function jobs.open_incidents();
drop function jobs.raise_health_alerts(jsonb, timestamptz);
drop function jobs.health_of_channels(timestamptz);
drop function jobs.health_of_jobs(timestamptz, text);
drop function jobs.worst_severity(jsonb);
drop function jobs.reasons_of_scheduler(timestamptz);
drop function jobs.reasons_of_channels(timestamptz);
drop function jobs.setting_problem(text);
drop function jobs.reasons_of_job(jobs.job_facts, timestamptz);
drop function jobs.median_ms(text, timestamptz);
drop function jobs.facts_of_jobs(timestamptz, text);
drop function jobs.names_of_judged_jobs();
drop type jobs.health_reason;
drop type jobs.job_facts;
drop index public.idx_jobs_log_catch_ups;

drop function jobs.due_catch_ups(timestamptz);
drop function jobs.catch_up_delay(bigint);
drop function jobs.raise_missed_run(text, timestamptz);
drop function jobs.expectations(timestamptz, text);
drop function jobs.waiting_since(jobs.definitions, timestamptz);
drop function jobs.hours_between(timestamptz, timestamptz);
drop index public.idx_jobs_log_failed;
drop index public.idx_jobs_log_success;

drop function jobs.retire_channel(text, timestamptz);
drop function jobs.retry_deliveries(text, timestamptz);
drop function public.complete_job_alert(uuid, text, uuid, text, text, numeric, boolean, timestamptz);
drop function public.claim_job_alerts(jsonb, int, int, timestamptz);
drop function jobs.announce_channels(jsonb, timestamptz);

drop trigger raise_alerts_of_inserted_runs on public.jobs_log;
drop trigger raise_alerts_of_updated_runs on public.jobs_log;
drop function jobs.raise_alerts_of_updated_runs();
drop function jobs.raise_alerts_of_inserted_runs();
drop function jobs.raise_run_alerts(uuid, int);
drop function jobs.makes_up(public.jobs_log);
drop function jobs.is_degraded(public.jobs_log);
drop function jobs.run_facts(public.jobs_log);

drop trigger forget_unregistered_job on jobs.definitions;
drop function jobs.forget_unregistered_job();
drop function jobs.forget_incidents(text, timestamptz);
drop function jobs.close_incidents(text, text[], uuid, jsonb, timestamptz);
drop function jobs.raise_incident(text, text, jsonb, uuid, int, timestamptz);

drop function jobs.raise_alert(text, text, jsonb, uuid, uuid, int, timestamptz);
drop function jobs.add_missing_deliveries(text[], timestamptz);
drop table jobs.alert_deliveries;
drop table jobs.alert_channels;
drop table jobs.alerts;
drop table jobs.incidents;

-- The CLI is to apply them again.
do $rollback$
begin
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    delete from supabase_migrations.schema_migrations as applied
    where applied.version between '20261122110000' and '20261122110900';
  end if;
end
$rollback$;

commit;
