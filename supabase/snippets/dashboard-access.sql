-- What can the role of the dashboards access?
--
-- Answer:  one row per table, view or function that metrics_reader can use. After
--          an installation there are five: jobs_log, without errors and
--          metadata, and four functions of the schema jobs.
-- Columns: object, privileges, columns, with_rights_of_owner
-- To do:   a function of your own that is here is open to everybody, as Postgres
--          makes them. with_rights_of_owner: revoke execute on function <object>
--          from public; then grant it to those who need it.

select
  relation.oid::regclass::text as object,
  array_to_string(
    array(
      select asked.privilege
      from unnest(array['select', 'insert', 'update', 'references']) as asked (privilege)
      where has_any_column_privilege('metrics_reader', relation.oid, asked.privilege)
    )
    || array(
      select asked.privilege
      from unnest(array['delete', 'truncate', 'trigger']) as asked (privilege)
      where has_table_privilege('metrics_reader', relation.oid, asked.privilege)
    ),
    ', '
  ) as privileges,
  (
    select string_agg(attribute.attname, ', ' order by attribute.attnum)
    from pg_attribute as attribute
    where attribute.attrelid = relation.oid
      and attribute.attnum > 0
      and not attribute.attisdropped
      and has_column_privilege('metrics_reader', relation.oid, attribute.attnum, 'select')
  ) as columns,
  false as with_rights_of_owner
from pg_class as relation
where relation.relkind in ('r', 'p', 'v', 'm', 'f')
  and relation.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
  and has_schema_privilege('metrics_reader', relation.relnamespace, 'usage')
  and (
    has_any_column_privilege('metrics_reader', relation.oid, 'select, insert, update, references')
    or has_table_privilege('metrics_reader', relation.oid, 'delete, truncate, trigger')
  )

union all

select
  routine.oid::regprocedure::text,
  'execute',
  null,
  routine.prosecdef
from pg_proc as routine
where routine.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
  and has_schema_privilege('metrics_reader', routine.pronamespace, 'usage')
  and has_function_privilege('metrics_reader', routine.oid, 'execute')

order by object;
