create function jobs.uncommitted_changes()
returns text
language sql
stable
set search_path = ''
as $function$
  select string_agg(changed.name, ', ' order by changed.name)
  from (
    select format('%I.%I', namespace.nspname, relation.relname)
    from pg_catalog.pg_locks as held
    join pg_catalog.pg_class as relation
      on relation.oid = held.relation
    join pg_catalog.pg_namespace as namespace
      on namespace.oid = relation.relnamespace
    -- What a transaction writes to, it has locked so until it ends.
    where held.pid = pg_backend_pid()
      and held.locktype = 'relation'
      and held.mode = 'RowExclusiveLock'
      and held.granted
      and relation.relkind in ('r', 'p')
      and relation.relpersistence <> 't'
      -- What the kit writes concerns no function.
      and namespace.nspname not in ('jobs', 'cron', 'vault', 'net', 'pg_catalog')
      and relation.oid <> 'public.jobs_log'::regclass

    union

    select nullif(current_setting('duewatch.uncommitted', true), '')
  ) as changed (name)
  where changed.name is not null;
$function$;

revoke all on function jobs.uncommitted_changes()
  from public, anon, authenticated, service_role;

comment on function jobs.uncommitted_changes() is
  'The tables that the transaction has written to and a job''s function would read, for people; null when there are none. '
  'The function works in a transaction of its own and does not see them. A function of the schema jobs that prepares a run '
  'names its table in the setting duewatch.uncommitted, for the transaction.';
