create function jobs.check_entry_without_job()
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select
      'entry_without_job',
      'critical',
      format(
        'The pg_cron entry %s starts a job that is not registered, and fails whenever it runs (%s). It executes: %s.',
        coalesce(entry.jobname, 'number ' || entry.jobid),
        entry.schedule,
        left(regexp_replace(entry.command, '\s+', ' ', 'g'), 200)
      )
    from cron.job as entry
    cross join lateral regexp_match(
      entry.command,
      '\mjobs\.dispatch\s*\(\s*(?:job_name\s*(?:=>|:=)\s*)?''([^'']+)'''
    ) as started (literals)
    where started.literals is not null
      and entry.active
      and entry.database = current_database()
      and not exists (
        select 1
        from jobs.definitions as definition
        where definition.job_name = started.literals[1]
          -- That the entry of a job starts another is command_differs.
          or (definition.cron_job_name = entry.jobname and entry.username = jobs.entry_owner())
      )
    order by entry.jobid;
end
$function$;

revoke all on function jobs.check_entry_without_job()
  from public, anon, authenticated, service_role;

comment on function jobs.check_entry_without_job() is
  'An active pg_cron entry dispatches a job that is not registered: its definition was deleted, or its name is misspelt. '
  'It fails at each tick, and only the history of pg_cron shows it. A row for each.';
