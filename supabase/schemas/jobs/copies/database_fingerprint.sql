create function jobs.database_fingerprint()
returns text
language sql
stable
set search_path = ''
as $function$
  select left(
    encode(
      sha256(
        convert_to(
          concat_ws(
            ' ',
            extract(epoch from pg_postmaster_start_time()),
            (
              select this_one.oid
              from pg_catalog.pg_database as this_one
              where this_one.datname = current_database()
            )
          ),
          'UTF8'
        )
      ),
      'hex'
    ),
    16
  );
$function$;

revoke all on function jobs.database_fingerprint()
  from public, anon, authenticated, service_role;

comment on function jobs.database_fingerprint() is
  'What distinguishes the running database from every other one, copies of it included: 16 hex digits of when its server '
  'was started, to the microsecond, and its oid. It is the same in all connections, and another after each restart, so it is '
  'compared and never kept.';
