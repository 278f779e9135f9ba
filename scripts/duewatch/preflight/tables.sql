-- What a project's own tables are like, as one jsonb. It changes nothing. The first value is replaced by what is asked about.
with asked (question) as (
  select '{}'::jsonb -- asked
),
wanted as (
  select
    wanted.key as ours,
    wanted.value ->> 'schema' as schema_name,
    wanted.value ->> 'table' as table_name,
    wanted.value -> 'columns' as columns,
    to_regclass(format('%I.%I', wanted.value ->> 'schema', wanted.value ->> 'table')) as id
  from asked
  cross join lateral jsonb_each(asked.question -> 'tables') as wanted
),
columns as (
  select
    wanted.ours,
    named.key as our_column,
    present.attnum,
    present.attname,
    present.atttypid,
    present.attnotnull,
    format_type(present.atttypid, present.atttypmod) as type,
    types.base,
    types.base_kind
  from wanted
  cross join lateral jsonb_each_text(wanted.columns) as named
  join pg_catalog.pg_attribute as present
    on present.attrelid = wanted.id
    and present.attname = named.value
    and present.attnum > 0
    and not present.attisdropped
  -- A domain can stand on another one.
  cross join lateral (
    with recursive chain as (
      select
        declared.oid,
        declared.typtype,
        declared.typbasetype
      from pg_catalog.pg_type as declared
      where declared.oid = present.atttypid

      union all

      select
        underlying.oid,
        underlying.typtype,
        underlying.typbasetype
      from chain
      join pg_catalog.pg_type as underlying
        on underlying.oid = chain.typbasetype
    )
    select
      min(chain.oid) filter (where chain.typtype <> 'd') as base,
      min(chain.typtype) filter (where chain.typtype <> 'd') as base_kind
    from chain
  ) as types
),
tables as (
  select
    wanted.ours,
    jsonb_build_object(
      'exists', present.oid is not null,
      'kind', present.relkind,
      'rows', size.rows,
      'bytes', size.bytes,
      'rls', present.relrowsecurity,
      'is_ours_to_change', pg_has_role(current_user, present.relowner, 'usage'),
      'owner', present.relowner::regrole::text,
      'columns', (
        select coalesce(
          jsonb_object_agg(
            columns.our_column,
            jsonb_build_object(
              'name', columns.attname,
              'type', columns.type,
              'base_kind', columns.base_kind,
              'base', columns.base::regtype::text
            )
          ),
          '{}'
        )
        from columns
        where columns.ours = wanted.ours
      ),
      'triggers', (
        select coalesce(
          jsonb_agg(
            jsonb_build_object(
              'name', fired.tgname,
              'function', function.oid::regprocedure::text,
              'before', fired.tgtype & 2 <> 0,
              'each_row', fired.tgtype & 1 <> 0,
              'update', fired.tgtype & 16 <> 0,
              'enabled', fired.tgenabled <> 'D',
              'raises', function.prosrc ~* '\mraise\s+(exception\M|''|sqlstate\M|using\M)',
              'returns_null', function.prosrc ~* '\mreturn\s+null\M',
              'sets_status', function.prosrc ~* ('\mnew\s*\.\s*"?' || coalesce(
                (
                  select regexp_replace(columns.attname, '(\W)', '\\\1', 'g')
                  from columns
                  where columns.ours = wanted.ours and columns.our_column = 'status'
                ), 'status'
              ) || '"?\s*:?=[^=]')
            )
            order by fired.tgname
          ),
          '[]'
        )
        from pg_catalog.pg_trigger as fired
        join pg_catalog.pg_proc as function
          on function.oid = fired.tgfoid
        where fired.tgrelid = wanted.id and not fired.tgisinternal
      ),
      'deletion_columns', (
        select coalesce(jsonb_agg(present_column.attname order by present_column.attnum), '[]')
        from pg_catalog.pg_attribute as present_column
        where present_column.attrelid = wanted.id
          and present_column.attnum > 0
          and not present_column.attisdropped
          and present_column.attname ~* '^(is_?)?(soft_?)?(deleted|archived|removed)(_?(at|on|date))?$'
      ),
      'leading_index_columns', (
        select coalesce(jsonb_agg(distinct leading_column.attname), '[]')
        from pg_catalog.pg_index as present_index
        join pg_catalog.pg_attribute as leading_column
          on leading_column.attrelid = present_index.indrelid
          and leading_column.attnum = present_index.indkey[0]
        where present_index.indrelid = wanted.id and present_index.indisvalid
      ),
      'authenticated_reads', has_table_privilege('authenticated', present.oid, 'select')
        or has_any_column_privilege('authenticated', present.oid, 'select'),
      'service_role_reads', has_table_privilege('service_role', present.oid, 'select')
        and has_schema_privilege('service_role', present.relnamespace, 'usage'),
      'policies_to_read', (
        select count(*)
        from pg_catalog.pg_policy as policy
        where policy.polrelid = wanted.id and policy.polcmd in ('r', '*')
      ),
      'common_words', (
        select statistics.most_common_vals::text
        from pg_catalog.pg_stats as statistics
        join columns
          on columns.ours = wanted.ours
          and columns.our_column = 'status'
          and columns.attname = statistics.attname
        where statistics.schemaname = wanted.schema_name and statistics.tablename = wanted.table_name
      )
    ) as facts
  from wanted
  left join pg_catalog.pg_class as present
    on present.oid = wanted.id
  -- Of all partitions. A table that was never analyzed has no count: its pages say
  -- at least that it is large.
  cross join lateral (
    select
      sum(
        case
          when part.reltuples >= 0 then part.reltuples
          else greatest(pg_stat_get_live_tuples(part.oid), pg_relation_size(part.oid) / 150)
        end
      )::bigint as rows,
      sum(pg_total_relation_size(part.oid))::bigint as bytes
    from pg_catalog.pg_class as part
    where part.relkind in ('r', 'm')
      and (
        part.oid = wanted.id
        or part.oid in (
          select tree.relid
          from pg_catalog.pg_partition_tree(wanted.id) as tree
        )
      )
  ) as size
),
zones as (
  select
    count(*) as agencies,
    coalesce(jsonb_agg(counted.zone) filter (where not counted.is_known), '[]') as unknown
  from (
    select
      read.zone,
      exists (
        select 1
        from pg_catalog.pg_timezone_names as known
        where known.name = read.zone
      ) as is_known
    from columns
    join wanted
      on wanted.ours = columns.ours
    cross join lateral xmltable(
      '/table/row'
      passing query_to_xml(
        format('select distinct %I::text as zone from %s', columns.attname, wanted.id::regclass),
        true, false, ''
      )
      columns zone text path 'zone'
    ) as read
    where columns.ours = 'agencies' and columns.our_column = 'timezone'
  ) as counted
)
select jsonb_build_object(
  'tables', (
    select jsonb_object_agg(tables.ours, tables.facts)
    from tables
  ),
  'zones', (
    select to_jsonb(zones)
    from zones
  )
) as facts;
