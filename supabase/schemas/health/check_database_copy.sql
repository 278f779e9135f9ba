create function jobs.check_database_copy()
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  if jobs.is_copy() then
    return query
      select
        'database_copy',
        'critical',
        format(
          'This database is a copy. The functions at %s belong to another database, and have refused it since %s. It '
          'starts no run and sends no alert.',
          refused.functions_url,
          to_char(refused.refused_since at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')
        )
      from jobs.refused_address as refused;
  end if;
end
$function$;

revoke all on function jobs.check_database_copy()
  from public, anon, authenticated, service_role;

comment on function jobs.check_database_copy() is
  'The functions at functions_url work on another database, so this one is a copy (jobs.is_copy).';
