create function jobs.check_scheduler_dead()
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select
      'scheduler_dead',
      'critical',
      'The pg_cron process is not running, so no job starts by itself. A restart of the database brings it back.'
    where not exists (
      select 1
      from pg_catalog.pg_stat_activity as process
      where process.backend_type like 'pg\_cron%'
        or process.application_name like 'pg\_cron%'
    );
end
$function$;

revoke all on function jobs.check_scheduler_dead()
  from public, anon, authenticated, service_role;

comment on function jobs.check_scheduler_dead() is
  'The process of pg_cron is not running.';
