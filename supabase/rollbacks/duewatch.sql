-- Removes everything that Duewatch added to a database.
--
-- Goes:  the pg_cron entries, the functions, triggers and tables, the schema
--        jobs, jobs_log with its history, the role metrics_reader, and what was
--        added to agencies and installments that existed before (the columns
--        with their values: copy them first if you need them).
-- Stays: the domain's rows, tables that hold any (without the policies that call
--        functions of ours: nobody reads them until you write others), your own
--        objects, the extensions, and the Vault secrets (functions_url, slack_webhook_url, …).
-- How:   psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f supabase/rollbacks/duewatch.sql
--        Stop the alert listener first. One transaction. It works on an
--        installation that stopped half-way, too, and a second run changes
--        nothing. An object of yours that depends on one of ours (a view over
--        jobs_log, say) stops it, by name, and nothing is changed.
--        `supabase db push` installs everything again.

begin;

do $rollback$
declare
  statement text;
  statements text[];
  created text[] := '{}';
  table_name text;
  has_rows boolean;
  created_role boolean := false;
begin
  -- The CLI is to apply the migrations again, and those of jobs that were added
  -- since: npm run new-job names them like this.
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    delete from supabase_migrations.schema_migrations as applied
    where applied.name ~ '^(duewatch(_next|_status_values|(_\d+){3})?$|jobs_(un)?register_)';
  end if;

  if to_regnamespace('jobs') is null then
    return;
  end if;

  if to_regprocedure('jobs.manifest()') is null then
    begin
      drop schema jobs;
    exception
      when dependent_objects_still_exist then
        raise notice 'The schema jobs stays: it is not one of Duewatch.';
    end;
    return;
  end if;

  -- Entries that call into the schema jobs: those of the jobs, and our own.
  perform cron.unschedule(entry.jobid)
  from cron.job as entry
  where entry.username = current_user
    and entry.database = current_database()
    and entry.command ~ '^(select jobs\.|do \$\w+\$.*\mjobs\.)';

  -- What was created last goes first, so that nothing of ours is in the way.
  statements := array(
    select
      case
        when object.kind in ('trigger', 'policy')
          then format('drop %s if exists %I on %s', object.kind, object.name, object.parent)
        else format('drop %s if exists %s', object.kind, object.name)
      end
    from jobs.manifest() with ordinality as object
      (kind, name, parent, source, privileges, definition, position)
    -- Before that table, nothing was created elsewhere: what has such a name is yours.
    where (
        to_regclass('jobs.installed_objects') is not null
        or (object.parent is null and object.name ~ '^jobs(\.|$)')
      )
      and object.source not like 'names/%'
      -- On Supabase, "drop trigger if exists" fails where the table is missing.
      and (object.kind not in ('trigger', 'policy') or to_regclass(object.parent) is not null)
    order by object.position desc
  );

  if to_regclass('jobs.installed_objects') is not null then
    -- Policies and views that call functions of ours, or read views of ours.
    statements := array(
      select format('drop policy %I on %I.%I', policy.policyname, policy.schemaname, policy.tablename)
      from pg_catalog.pg_policies as policy
      join jobs.installed_objects as installed
        on installed.kind = 'table'
        and to_regclass(installed.name)
          = to_regclass(format('%I.%I', policy.schemaname, policy.tablename))
      where concat(policy.qual, policy.with_check) ~ '\m(jobs|duewatch)\.'
    ) || array(
      select format('drop view if exists %I.%I', parsed.parts[1], parsed.parts[2])
      from jobs.installed_objects as installed
      cross join lateral parse_ident(installed.name) as parsed (parts)
      where installed.kind = 'view'
    ) || statements;

    -- What was added to an adopter's tables, and the views over them.
    statements := statements || array(
      select
        case added.kind
          when 'names' then format('drop view if exists %I.%I', added.parts[1], added.parts[2])
          when 'schema' then format('drop schema if exists %I', added.parts[1])
          when 'index' then format('drop index if exists %I.%I', added.parts[1], added.parts[2])
          when 'comment' then format('comment on column %I.%I.%I is null', added.parts[1], added.parts[2], added.parts[3])
          else format(
            'alter table if exists %I.%I drop %s if exists %I',
            added.parts[1], added.parts[2], added.kind, added.parts[3]
          )
        end
      from (
        select
          installed.kind,
          parse_ident(installed.name) as parts
        from jobs.installed_objects as installed
        where installed.kind in ('index', 'constraint', 'column', 'comment')

        union all

        -- The views through which an adopter's tables have our names.
        select
          case object.kind when 'view' then 'names' else object.kind end,
          parse_ident(object.name)
        from jobs.manifest() as object
        where object.source like 'names/%'
      ) as added
      where added.kind <> 'comment'
        or exists (
          select 1
          from pg_catalog.pg_attribute as commented
          where commented.attrelid = to_regclass(format('%I.%I', added.parts[1], added.parts[2]))
            and commented.attname = added.parts[3]
        )
      order by array_position(
        array['names', 'schema', 'index', 'constraint', 'comment', 'column'],
        added.kind
      )
    );

    created := array(
      select installed.name
      from jobs.installed_objects as installed
      where installed.kind = 'table' and to_regclass(installed.name) is not null
      order by to_regclass(installed.name)::oid
    );

    created_role := exists (
      select 1
      from jobs.installed_objects as installed
      where installed.kind = 'role'
    );
  end if;

  foreach statement in array statements loop
    execute statement;
  end loop;

  -- Tables that were created here go when they hold nothing and nothing needs
  -- them: all at once, because they depend on each other, or those that can.
  foreach table_name in array created loop
    execute format('select exists (select 1 from %s)', table_name) into has_rows;
    if has_rows then
      created := array_remove(created, table_name);
    end if;
  end loop;

  if created <> '{}' then
    begin
      execute format('drop table %s', array_to_string(created, ', '));
    exception
      when dependent_objects_still_exist then
        -- From the last one, which nothing of ours needs.
        for place in reverse cardinality(created) .. 1 loop
          begin
            execute format('drop table %s', created[place]);
          exception
            when dependent_objects_still_exist then
              raise notice 'The table % stays: other objects depend on it.', created[place];
          end;
        end loop;
    end;
  end if;

  if created_role then
    begin
      -- A restored database may lack it: a dump holds no roles.
      drop role if exists metrics_reader;
    exception
      when dependent_objects_still_exist then
        raise notice 'The role metrics_reader stays: something else was granted to it.';
    end;
  end if;
end
$rollback$;

commit;
