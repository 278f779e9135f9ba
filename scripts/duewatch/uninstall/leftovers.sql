-- What an uninstallation takes out of a database, as one jsonb. It changes
-- nothing.
select jsonb_build_object(
  -- An empty schema jobs is what an installation left that stopped at once.
  'is_installed', to_regprocedure('jobs.manifest()') is not null or (
    to_regnamespace('jobs') is not null
    and not exists (
      select 1
      from pg_catalog.pg_depend as within
      where within.refclassid = 'pg_catalog.pg_namespace'::regclass
        and within.refobjid = to_regnamespace('jobs')
    )
  ),
  'has_schema', to_regnamespace('jobs') is not null,
  'runs', case
    when to_regclass('public.jobs_log') is not null and to_regprocedure('jobs.manifest()') is not null
      then (xpath('/row/count/text()', query_to_xml('select count(*) from public.jobs_log', false, true, '')))[1]::text::bigint
    else 0
  end,
  'added', case
    when to_regclass('jobs.installed_objects') is not null then (
      select coalesce(jsonb_agg(added.kind || ' ' || added.name order by added.kind, added.name), '[]')
      from xmltable(
        '/table/row'
        passing query_to_xml(
          $$select kind, name from jobs.installed_objects where kind in ('column', 'table')$$,
          false, false, ''
        )
        columns kind text path 'kind', name text path 'name'
      ) as added
    )
    else '[]'
  end,
  'secrets', case
    when to_regclass('vault.secrets') is not null then (
      select coalesce(jsonb_agg(secret.name order by secret.name), '[]')
      from xmltable(
        '/table/row'
        passing query_to_xml(
          $$
            select name
            from vault.secrets
            where description like 'Duewatch%'
              -- Set by hand; beside a schema jobs of somebody else they are theirs.
              or (
                name in ('functions_url', 'jobs_api_key')
                and (to_regnamespace('jobs') is null or to_regprocedure('jobs.manifest()') is not null)
              )
          $$,
          false, false, ''
        )
        columns name text path 'name'
      ) as secret
    )
    else '[]'
  end,
  'entries_of_others', case
    when to_regclass('cron.job') is not null then (
      (xpath(
        '/row/count/text()',
        query_to_xml(
          $$select count(*) from cron.job where command !~ '^(select jobs\.|do \$\w+\$.*\mjobs\.)'$$,
          false, true, ''
        )
      ))[1]::text::int
    )
    else 0
  end,
  'extensions', (
    select coalesce(jsonb_agg(extension.extname), '[]')
    from pg_catalog.pg_extension as extension
    where extension.extname in ('pg_cron', 'http')
  )
) as leftovers;
