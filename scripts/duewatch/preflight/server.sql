-- What there is in a database besides the project's tables, as one jsonb. It
-- changes nothing. The first value is replaced by what is asked about.
with asked (question) as (
  select '{}'::jsonb -- asked
)
select jsonb_build_object(
  'server_version', current_setting('server_version_num')::int,
  'user', current_user,
  'may_create', has_database_privilege(current_database(), 'create')
    and has_schema_privilege('public', 'create'),
  'extensions', (
    select coalesce(
      jsonb_object_agg(
        available.name,
        (
          select extension.extnamespace::regnamespace::text
          from pg_catalog.pg_extension as extension
          where extension.extname = available.name
        )
      ),
      '{}'
    )
    from pg_catalog.pg_available_extensions as available
    where available.name in ('pg_cron', 'http', 'supabase_vault')
  ),
  'has_auth_users', to_regclass('auth.users') is not null,
  'schemas', (
    select coalesce(jsonb_agg(schema.nspname), '[]')
    from pg_catalog.pg_namespace as schema
    where schema.nspname in ('jobs', 'duewatch')
  ),
  'secrets', case
    when to_regclass('vault.secrets') is not null then (
      select coalesce(jsonb_agg(secret.name order by secret.name), '[]')
      from xmltable(
        '/table/row'
        passing query_to_xml(
          $$
            select name
            from vault.secrets
            where name in ('functions_url', 'jobs_api_key')
              and coalesce(description, '') not like 'Duewatch%'
          $$,
          false, false, ''
        )
        columns name text path 'name'
      ) as secret
    )
    else '[]'
  end,
  'has_manifest', to_regprocedure('jobs.manifest()') is not null,
  'version', case
    when to_regprocedure('jobs.version()') is not null
      then (xpath('/row/version/text()', query_to_xml('select jobs.version() as version', false, true, '')))[1]::text
  end,
  'jobs_are_registered', case
    when to_regclass('jobs.definitions') is not null
      then query_to_xml('select exists (select 1 from jobs.definitions) as ok', false, false, '')::text like '%<ok>true</ok>%'
    else false
  end,
  'applied', case
    when to_regclass('supabase_migrations.schema_migrations') is not null then (
      select coalesce(jsonb_agg(applied.version || '_' || applied.name order by applied.version), '[]')
      from xmltable(
        '/table/row'
        passing query_to_xml('select version, name from supabase_migrations.schema_migrations', false, false, '')
        columns version text path 'version', name text path 'name'
      ) as applied
    )
    else '[]'
  end,
  'taken', (
    select coalesce(jsonb_agg(object.value), '[]')
    from asked
    cross join lateral jsonb_array_elements(asked.question -> 'objects') as object
    where case object.value ->> 'kind'
      when 'function' then exists (
        select 1
        from pg_catalog.pg_proc as present
        where present.pronamespace = 'public'::regnamespace
          and 'public.' || present.proname = split_part(object.value ->> 'name', '(', 1)
      )
      -- One with our settings is left of an earlier attempt.
      when 'role' then exists (
        select 1
        from pg_catalog.pg_roles as present
        where present.rolname = object.value ->> 'name'
          and not coalesce(present.rolconfig, '{}') @> array['default_transaction_read_only=on']
      )
      else to_regclass(object.value ->> 'name') is not null
    end
  ),
  'entries', case
    when to_regclass('cron.job') is not null then (
      select coalesce(
        jsonb_agg(jsonb_build_object('name', entry.name, 'command', entry.command, 'owner', entry.owner)),
        '[]'
      )
      from xmltable(
        '/table/row'
        passing query_to_xml('select jobname, command, username from cron.job', false, false, '')
        columns name text path 'jobname', command text path 'command', owner text path 'username'
      ) as entry
      join asked
        on asked.question -> 'entries' ? entry.name
    )
    else '[]'
  end,
  'zone_is_known', (
    select exists (
      select 1
      from pg_catalog.pg_timezone_names as known
      where known.name = asked.question ->> 'zone'
    )
    from asked
  )
) as facts;
