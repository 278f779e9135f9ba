create function jobs.row_pointers_are_shared()
returns boolean
language sql
stable
set search_path = ''
as $function$
  select
    relation.relkind <> 'r'
    or relation.relhassubclass
    -- The shards of a table that Citus distributes.
    or to_regclass('pg_catalog.pg_dist_partition') is not null
  from pg_catalog.pg_class as relation
  where relation.oid = 'public.installments'::regclass;
$function$;

revoke all on function jobs.row_pointers_are_shared()
  from public, anon, authenticated, service_role;

comment on function jobs.row_pointers_are_shared() is
  'Whether two rows of public.installments can have the same ctid, because the table consists of several (partitions, '
  'shards): a row is then found by its id as well.';
