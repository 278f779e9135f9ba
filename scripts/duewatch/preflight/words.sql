-- Which words for a status the columns of a project refuse, as one jsonb. It
-- changes nothing. The first value is replaced by what is asked about.
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
    types.base_kind,
    types.domains
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
      min(chain.typtype) filter (where chain.typtype <> 'd') as base_kind,
      array_agg(chain.oid) filter (where chain.typtype = 'd') as domains
    from chain
  ) as types
),
words as (
  select
    asked_for.value ->> 'table' as ours,
    asked_for.value ->> 'column' as our_column,
    asked_for.value ->> 'word' as word
  from asked
  cross join lateral jsonb_array_elements(asked.question -> 'words') as asked_for
),
-- A word that the column refuses, and by what.
refused as (
  select
    words.ours,
    words.our_column,
    words.word,
    refusal.kind,
    refusal.name
  from words
  join columns
    on columns.ours = words.ours
    and columns.our_column = words.our_column
  join wanted
    on wanted.ours = words.ours
  cross join lateral (
    select
      'enum' as kind,
      columns.base::regtype::text as name
    where columns.base_kind = 'e'
      and not exists (
        select 1
        from pg_catalog.pg_enum as label
        where label.enumtypid = columns.base and label.enumlabel = words.word
      )

    union all

    select
      'check',
      checked.conname
    from pg_catalog.pg_constraint as checked
    where checked.contype = 'c'
      and columns.base_kind <> 'e'
      and (
        (checked.conrelid = wanted.id and checked.conkey = array[columns.attnum])
        or checked.contypid = any (columns.domains)
      )
      and query_to_xml(
        format(
          'select (%s) is not false as ok from (select %L::text as %I) as judged',
          pg_get_expr(checked.conbin, checked.conrelid),
          words.word,
          case when checked.conrelid = 0 then 'value' else columns.attname end
        ),
        false, false, ''
      )::text not like '%<ok>true</ok>%'

    union all

    select
      'foreign key',
      reference.conname
    from pg_catalog.pg_constraint as reference
    join pg_catalog.pg_attribute as referenced
      on referenced.attrelid = reference.confrelid
      and referenced.attnum = reference.confkey[1]
    where reference.contype = 'f'
      and reference.conrelid = wanted.id
      and reference.conkey = array[columns.attnum]
      and query_to_xml(
        format(
          'select exists (select 1 from %s where %I::text = %L) as ok',
          reference.confrelid::regclass,
          referenced.attname,
          words.word
        ),
        false, false, ''
      )::text not like '%<ok>true</ok>%'
  ) as refusal
)
select jsonb_build_object(
  'refused', (
    select coalesce(jsonb_agg(to_jsonb(refused)), '[]')
    from refused
  )
) as facts;
