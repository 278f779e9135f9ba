-- Is this installation complete? Run it in the SQL editor, with psql -f, or with
-- `supabase db query --file supabase/verify.sql --remote`.
--
-- One row per check that fails, with what to do, and one row that sums up. Do
-- what the first row says, and run it again. It changes nothing. To see every
-- check: set duewatch.verify = 'all'; before it. How the jobs are, and whether
-- alerts reach people: select public.get_job_health().
--
-- One statement, because the CLI sends no more. What may be missing is asked for
-- as text, by query_to_xml(), once it is known to be there.

with manifest as (
  select object.*
  from xmltable(
    '/table/row'
    passing case
      when to_regprocedure('jobs.manifest()') is not null then query_to_xml(
        $$
          select position, kind, name, parent, source, array_to_string(privileges, ',') as privileges, definition
          from jobs.manifest() with ordinality
            as object (kind, name, parent, source, privileges, definition, position)
        $$,
        false, false, ''
      )
    end
    columns
      position int path 'position',
      kind text path 'kind',
      name text path 'name',
      parent text path 'parent',
      source text path 'source',
      privileges text path 'privileges',
      definition text path 'definition'
  ) as object
),
-- Each object of ours as it is in the catalog, if it is there.
objects as (
  select
    manifest.*,
    manifest.name || coalesce(' on ' || manifest.parent, '') as full_name,
    case
      when manifest.kind = 'schema' then to_regnamespace(manifest.name)::oid
      when manifest.kind = 'type' then to_regtype(manifest.name)::oid
      when manifest.kind in ('table', 'view', 'index') then to_regclass(manifest.name)::oid
      when manifest.kind = 'trigger' then (
        select present.oid
        from pg_catalog.pg_trigger as present
        where present.tgrelid = to_regclass(manifest.parent) and present.tgname = manifest.name
      )
      when manifest.kind = 'policy' then (
        select present.oid
        from pg_catalog.pg_policy as present
        where present.polrelid = to_regclass(manifest.parent) and present.polname = manifest.name
      )
      -- An argument of a type that is missing is an error before Postgres 16.
      when not exists (
        select 1
        from regexp_split_to_table(substring(manifest.name from '\((.+)\)'), ', ') as argument (type)
        where to_regtype(argument.type) is null
      ) then to_regprocedure(manifest.name)::oid
    end as id
  from manifest
),
grantable as (
  select
    objects.position,
    format('%s %s', case objects.kind when 'view' then 'table' else objects.kind end, objects.name) as full_name,
    objects.privileges,
    coalesce(
      namespace.nspacl,
      relation.relacl,
      routine.proacl,
      acldefault(
        case objects.kind when 'schema' then 'n' when 'function' then 'f' else 'r' end::"char",
        coalesce(namespace.nspowner, relation.relowner, routine.proowner)
      )
    ) as acl,
    coalesce(namespace.nspowner, relation.relowner, routine.proowner) as owner
  from objects
  left join pg_catalog.pg_namespace as namespace
    on objects.kind = 'schema' and namespace.oid = objects.id
  left join pg_catalog.pg_class as relation
    on objects.kind in ('table', 'view') and relation.oid = objects.id
  left join pg_catalog.pg_proc as routine
    on objects.kind = 'function' and routine.oid = objects.id
  where objects.kind in ('schema', 'table', 'view', 'function')
    and objects.id is not null
),
privileges (position, full_name, role_name, privilege, wanted) as (
  select
    grantable.position,
    grantable.full_name,
    split_part(wanted.text, ' ', 1),
    split_part(wanted.text, ' ', 2),
    true
  from grantable
  cross join lateral string_to_table(grantable.privileges, ',') as wanted (text)
  where wanted.text <> ''

  union all

  select
    grantable.position,
    grantable.full_name,
    coalesce(role.rolname, 'public'),
    lower(held.privilege_type),
    false
  from grantable
  cross join lateral aclexplode(grantable.acl) as held
  left join pg_catalog.pg_roles as role
    on role.oid = held.grantee
  where held.grantee <> grantable.owner
    -- Roles of your own may have what you gave them.
    and coalesce(role.rolname, 'public') in ('public', 'anon', 'authenticated', 'service_role', 'metrics_reader')
),
wrong_privileges as (
  select
    privileges.position,
    case
      when bool_or(privileges.wanted)
        then format('grant %s on %s to %s;', privileges.privilege, privileges.full_name, privileges.role_name)
      else format('revoke %s on %s from %s;', privileges.privilege, privileges.full_name, privileges.role_name)
    end as what_to_do
  from privileges
  group by privileges.position, privileges.full_name, privileges.role_name, privileges.privilege
  having count(*) = 1
),
domain_tables (name) as (
  values
    ('public.agencies'),
    ('public.agency_closed_days'),
    ('public.user_roles'),
    ('public.payment_plans'),
    ('public.installments')
),
-- A condition is asked for where all that it needs is there, and fails elsewhere.
conditions (position, check_name, needs, condition, what_to_do) as (
  values
    (
      50,
      'every agency lives in a time zone that the database knows',
      array['public.agencies'],
      $$not exists (
        select 1
        from public.agencies as agency
        where not exists (
          select 1
          from pg_catalog.pg_timezone_names as zone
          where zone.name = to_jsonb(agency) ->> 'timezone'
        )
      )$$,
      $$update public.agencies set timezone = '<zone>' where timezone is null or timezone not in (select name from pg_timezone_names);$$
    ),
    (
      70,
      'job update-installment-statuses is registered',
      array['jobs.definitions'],
      $$exists (select 1 from jobs.definitions where job_name = 'update-installment-statuses')$$,
      'run supabase/schemas/installments/marking/update_installment_statuses_job.sql'
    ),
    (
      71,
      'every registered job is scheduled in pg_cron as registered',
      array['jobs.definitions', 'cron.job', 'jobs.dispatch_command(text)', 'jobs.entry_owner()', 'jobs.is_paused(text)'],
      $$not exists (
        select 1
        from jobs.definitions as definition
        where not exists (
          select 1
          from cron.job as entry
          where entry.jobname = definition.cron_job_name
            and entry.schedule = definition.schedule
            and entry.command = jobs.dispatch_command(definition.job_name)
            and entry.active = (definition.enabled and not jobs.is_paused(definition.job_name))
            and entry.username = jobs.entry_owner()
            and entry.database = current_database()
        )
      )$$,
      $$select cron.alter_job(cron.schedule(cron_job_name, schedule, jobs.dispatch_command(job_name)), active => enabled and not jobs.is_paused(job_name)) from jobs.definitions;$$
    ),
    (
      72,
      'pg_cron watches over the jobs: supervisor, hourly health check, retention, and the heartbeat if it is on',
      array['cron.job', 'jobs.own_entries()', 'jobs.entry_owner()'],
      $$not exists (
        select 1
        from jobs.own_entries() as own
        where not exists (
          select 1
          from cron.job as entry
          where (entry.jobname, entry.schedule, entry.command) = (own.name, own.schedule, own.command)
            and entry.active
            and entry.username = jobs.entry_owner()
            and entry.database = current_database()
        )
      )$$,
      'select jobs.schedule_supervision();'
    ),
    (
      90,
      'setting functions_url can be read and used',
      array['jobs.setting_problem(text)'],
      $$jobs.setting_problem('functions_url') is null$$,
      $$delete from vault.secrets where name = 'functions_url'; select vault.create_secret('<value>', 'functions_url');$$
    ),
    (
      91,
      'setting jobs_api_key can be read and used',
      array['jobs.setting_problem(text)'],
      $$jobs.setting_problem('jobs_api_key') is null$$,
      $$delete from vault.secrets where name = 'jobs_api_key'; select vault.create_secret('<value>', 'jobs_api_key');$$
    )
),
checks (position, place, check_name, ok, what_to_do) as (
  select
    0,
    0,
    'Duewatch is installed',
    to_regprocedure('jobs.manifest()') is not null,
    case
      when to_regnamespace('jobs') is null
        then 'push the migrations. If nothing is pending, run supabase/rollbacks/duewatch.sql and push again'
      when to_regclass('jobs.definitions') is null
        then 'the schema jobs is not one of Duewatch, or an installation has stopped. Rename it if it is yours, otherwise run supabase/rollbacks/duewatch.sql. Then install'
      else 'run supabase/schemas/manifest.sql'
    end

  union all

  select
    10,
    0,
    'extension ' || wanted.extname || ' is installed',
    exists (
      select 1
      from pg_catalog.pg_extension as extension
      where extension.extname = wanted.extname
    ),
    wanted.what_to_do
  from (
    values
      ('pg_cron', 'create extension pg_cron;'),
      ('http', 'create extension http with schema extensions;')
  ) as wanted (extname, what_to_do)

  union all

  select
    11,
    0,
    'extension http is in the schema extensions',
    extension.extnamespace = to_regnamespace('extensions'),
    'drop extension http; create extension http with schema extensions;'
  from pg_catalog.pg_extension as extension
  where extension.extname = 'http'

  union all

  select
    20,
    0,
    format('table %s exists', domain_tables.name),
    to_regclass(domain_tables.name) is not null,
    'restore it from a backup; without one, run supabase/rollbacks/duewatch.sql, then supabase db push'
  from domain_tables

  union all

  select
    21,
    0,
    'the table of agencies has every column that was added to it',
    (
      select bool_and(present.attname is not null)
      from (
        values
          ('public.agencies.timezone'),
          ('public.agencies.overdue_cutoff_time'),
          ('public.agencies.due_soon_threshold_days'),
          ('public.agencies.grace_days'),
          ('public.agencies.closed_weekdays'),
          ('public.agencies.contact_email')
      ) as needed (name)
      cross join lateral parse_ident(needed.name) as parsed (parts)
      left join pg_catalog.pg_attribute as present
        on present.attrelid = to_regclass(format('%I.%I', parsed.parts[1], parsed.parts[2]))
        and present.attname = parsed.parts[3]
        and not present.attisdropped
    ),
    'run supabase/schemas/installments/tables/agency_fields.sql'

  union all

  -- It calls functions.
  select
    45,
    0,
    'view public.installments_due exists',
    to_regclass('public.installments_due') is not null,
    'run supabase/schemas/installments/due/installments_due.sql'

  union all

  select
    30,
    0,
    'role metrics_reader exists',
    to_regrole('metrics_reader') is not null,
    'run supabase/schemas/metrics/metrics_reader.sql'

  union all

  -- What belongs to a missing object comes back with its file.
  select
    40,
    objects.position,
    format('%s %s exists', objects.kind, objects.full_name),
    objects.id is not null,
    case
      when objects.parent is not null then objects.definition || ';'
      when objects.kind = 'table'
        then 'restore it from a backup; without one, run supabase/rollbacks/duewatch.sql, then supabase db push: '
          || 'the history of the runs is lost'
      else 'run supabase/schemas/' || objects.source
    end
  from objects
  where objects.parent is null
    or not exists (
      select 1
      from objects as missing
      where missing.id is null
        and missing.parent is null
        and (missing.source = objects.source or missing.name = objects.parent)
    )

  union all

  select
    41,
    objects.position,
    format('trigger %s is enabled', objects.full_name),
    present.tgenabled <> 'D',
    format('alter table %s enable trigger %I;', objects.parent, objects.name)
  from objects
  join pg_catalog.pg_trigger as present
    on objects.kind = 'trigger' and present.oid = objects.id

  union all

  select
    42,
    0,
    format('table %s has row level security', wanted.name),
    present.relrowsecurity,
    format(
      'alter table %s enable row level security; -- If it is your own: it needs policies, too.',
      wanted.name
    )
  from (
    select objects.name
    from objects
    where objects.kind = 'table'
    union all
    select domain_tables.name
    from domain_tables
  ) as wanted
  join pg_catalog.pg_class as present
    on present.oid = to_regclass(wanted.name)

  union all

  select
    43,
    grantable.position,
    format('the right roles can use %s, and no others', grantable.full_name),
    count(wrong_privileges.what_to_do) = 0,
    string_agg(wrong_privileges.what_to_do, ' ' order by wrong_privileges.what_to_do)
  from grantable
  left join wrong_privileges
    on wrong_privileges.position = grantable.position
  group by grantable.position, grantable.full_name

  union all

  select
    44,
    0,
    'users may read public.user_roles, so that admins can read jobs_log',
    has_table_privilege('authenticated', to_regclass('public.user_roles'), 'select'),
    'grant select on table public.user_roles to authenticated;'

  union all

  select
    45,
    0,
    'a policy of public.user_roles shows users their own rows, so that admins can read jobs_log',
    not present.relrowsecurity or exists (
      select 1
      from pg_catalog.pg_policy as policy
      where policy.polrelid = present.oid and policy.polcmd in ('r', '*')
    ),
    'create policy "Users can see their own roles" on public.user_roles for select to authenticated '
      || 'using (user_id = (select auth.uid()));'
  from pg_catalog.pg_class as present
  where present.oid = to_regclass('public.user_roles')

  union all

  select
    46,
    0,
    'metrics_reader can read the runs for dashboards, and neither their errors nor their metadata',
    case
      when to_regrole('metrics_reader') is null or to_regclass('public.jobs_log') is null then false
      else has_column_privilege(to_regrole('metrics_reader'), to_regclass('public.jobs_log'), 'duration_ms', 'select')
        and not has_column_privilege(to_regrole('metrics_reader'), to_regclass('public.jobs_log'), 'errors', 'select')
        and not has_column_privilege(to_regrole('metrics_reader'), to_regclass('public.jobs_log'), 'error_message', 'select')
        and not has_column_privilege(to_regrole('metrics_reader'), to_regclass('public.jobs_log'), 'metadata', 'select')
    end,
    'run supabase/schemas/metrics/metrics_reader.sql'

  union all

  select
    60,
    0,
    wanted.check_name,
    exists (
      select 1
      from pg_catalog.pg_index as present
      join pg_catalog.pg_attribute as leading_column
        on leading_column.attrelid = present.indrelid
        and leading_column.attnum = present.indkey[0]
      where present.indrelid = to_regclass(format('%I.%I', parsed.parts[1], parsed.parts[2]))
        and present.indisvalid
        and leading_column.attname = parsed.parts[3]
        and case
          when wanted.what_to_do not like '% where %' then present.indpred is null
          else position(
            substring(wanted.what_to_do from '= (''.*'');$')
            in pg_get_expr(present.indpred, present.indrelid)
          ) > 0
        end
    ),
    wanted.what_to_do
  from (
    values
      (
        'installments.student_due_date is indexed where status = ''pending''',
        'public.installments.student_due_date',
        'create index concurrently on public.installments (student_due_date) where status = ''pending'';'
      ),
      (
        'installments.payment_plan_id is indexed',
        'public.installments.payment_plan_id',
        'create index concurrently on public.installments (payment_plan_id);'
      ),
      (
        'payment_plans.agency_id is indexed',
        'public.payment_plans.agency_id',
        'create index concurrently on public.payment_plans (agency_id);'
      )
  ) as wanted (check_name, indexed, what_to_do)
  cross join lateral parse_ident(wanted.indexed) as parsed (parts)

  union all

  select
    conditions.position,
    0,
    conditions.check_name,
    case
      when exists (
        select 1
        from unnest(conditions.needs) as needed (name)
        where case
          when needed.name like '%)' then to_regprocedure(needed.name) is null
          else to_regclass(needed.name) is null
        end
      ) then false
      else (
        xpath('/row/ok/text()', query_to_xml(format('select (%s) as ok', conditions.condition), false, true, ''))
      )[1]::text = 'true'
    end,
    conditions.what_to_do
  from conditions

  union all

  select
    80,
    0,
    'the process of pg_cron is running',
    exists (
      select 1
      from pg_catalog.pg_stat_activity as process
      where process.backend_type like 'pg\_cron%' or process.application_name like 'pg\_cron%'
    ),
    'restart the database; where you run it yourself: shared_preload_libraries has to name pg_cron'
),
judged as materialized (
  select
    checks.position,
    checks.place,
    checks.check_name,
    coalesce(checks.ok, false) as ok,
    checks.what_to_do
  from checks
  where checks.position < 20
    or to_regprocedure('jobs.manifest()') is not null
),
report (part, position, place, check_name, ok, what_to_do) as (
  select
    case when judged.ok then 3 else 1 end,
    judged.position,
    judged.place,
    judged.check_name,
    judged.ok,
    case when not judged.ok then judged.what_to_do end
  from judged
  where not judged.ok
    or current_setting('duewatch.verify', true) = 'all'

  union all

  select
    2,
    0,
    0,
    format('%s checks, %s failed', count(*), count(*) filter (where not judged.ok)),
    bool_and(judged.ok),
    case when not bool_and(judged.ok) then 'do what the first row says, and run this again' end
  from judged
)
select
  report.check_name as "check",
  report.ok,
  report.what_to_do
from report
order by report.part, report.position, report.place, report.check_name;
