-- Takes back the migrations 20261122120000 to 20261122120400: metrics, history
-- and retention.
--
-- What goes:  the totals since the beginning, what is kept per agency, two
--             generated columns of jobs_log, the entry jobs-retention of
--             pg_cron, and the role metrics_reader (unless another database of
--             the server uses it).
-- What stays: the jobs, their runs, alerts and health.
-- How:        psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f supabase/rollbacks/metrics.sql
--             One transaction. Run it after digest.sql, and before alerts.sql
--             and main_job.sql when everything is to go. `supabase db push
--             --include-all` afterwards installs it again; the totals then begin
--             with the runs that are still logged.

begin;

-- `supabase db push` applies nothing that is older than what is there.
do $rollback$
begin
  if to_regclass('jobs.overdue_digests') is not null then
    raise exception 'the digest was installed after the metrics'
      using hint = 'Run supabase/rollbacks/digest.sql first.';
  end if;
end
$rollback$;

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

drop function public.list_job_runs(text, text, uuid, timestamptz, uuid, int);
drop index public.idx_jobs_log_history;
alter table public.jobs_log
  drop column metadata_without_agencies,
  drop column agencies_updated;

drop function public.get_job_counters(timestamptz);
drop function public.get_job_metrics(text, timestamptz, timestamptz, int, timestamptz);
drop function jobs.alert_backlog(timestamptz);
drop function jobs.latest_runs(text, timestamptz, timestamptz, int);
drop function jobs.agency_totals(text, timestamptz, timestamptz);
drop function jobs.numbers_of_runs(text, timestamptz, timestamptz, timestamptz);
drop function jobs.names_of_jobs();
drop index public.idx_jobs_log_agencies;
drop index public.idx_jobs_log_numbers;

drop trigger keep_agency_results_of_inserted_run on public.jobs_log;
drop trigger keep_agency_results_of_updated_run on public.jobs_log;
drop trigger keep_agency_results_of_deleted_run on public.jobs_log;
drop trigger keep_agency_results_of_no_run on public.jobs_log;
drop function jobs.keep_agency_results();
drop function jobs.agency_results_in(jsonb);
drop table jobs.agency_results;

drop trigger count_inserted_runs on public.jobs_log;
drop trigger count_updated_runs on public.jobs_log;
drop function jobs.count_updated_runs();
drop function jobs.count_inserted_runs();
drop function jobs.count_ended_runs(uuid[]);
drop table jobs.run_totals;

-- The CLI is to apply them again.
do $rollback$
begin
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    delete from supabase_migrations.schema_migrations as applied
    where applied.version between '20261122120000' and '20261122120400';
  end if;
end
$rollback$;

commit;
