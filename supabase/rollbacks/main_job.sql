-- Takes back the migrations 20261122100000 to 20261122101000: the main job.
--
-- What goes:  the pg_cron entries of registered jobs, the functions, triggers,
--             the schema jobs, jobs_log with its history, and what was added to
--             agencies and installments that existed before (the columns with
--             their values: copy them first if you need them).
-- What stays: the domain's rows, tables that hold any, an adopter's own objects,
--             the extensions, and Vault's secrets functions_url and jobs_api_key.
-- How:        psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f supabase/rollbacks/main_job.sql
--             One transaction. Something of yours that depends on an object
--             here (a view over jobs_log, say) stops it, by name, and nothing
--             is changed. `supabase db push` afterwards installs everything again,
--             jobs that were added since included.

begin;

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
drop function jobs.hold_running_run(uuid);

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
drop function jobs.readable_answer(text, text);
drop function jobs.checked_functions_url(text);
drop function jobs.record_dispatch_failure(text, uuid, text, timestamptz, text);
drop function jobs.notify_job_failure();
drop function jobs.mark_overdue_batch(timestamptz, int, date, uuid[]);
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
drop table jobs.timezone_names;
drop table jobs.installed_objects;
drop schema jobs;

-- The CLI is to apply them again.
do $rollback$
begin
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    delete from supabase_migrations.schema_migrations as applied
    where applied.version between '20261122100000' and '20261122101000'
      -- Of jobs that were added since: npm run new-job names them like this.
      or applied.name ~ '^jobs_(un)?register_';
  end if;
end
$rollback$;

commit;
