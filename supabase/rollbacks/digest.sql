-- Takes back the migrations 20261122130000 to 20261122130300: the weekly digest
-- of overdue installments.
--
-- What goes:  the job weekly-overdue-digest with its pg_cron entry, and the
--             ledger of what was mailed: installed again in the same week, it
--             mails everybody again. Let a run that is going on end first.
-- What stays: the runs of the job in jobs_log, and the other jobs.
-- How:        psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f supabase/rollbacks/digest.sql
--             One transaction. Run it before metrics.sql, alerts.sql and
--             main_job.sql when everything is to go. `supabase db push
--             --include-all` afterwards installs it again.

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

-- The CLI is to apply them again.
do $rollback$
begin
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    delete from supabase_migrations.schema_migrations as applied
    where applied.version between '20261122130000' and '20261122130300';
  end if;
end
$rollback$;

commit;
