create function jobs.check_own_entry_failing()
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select
      'own_entry_failing',
      'critical',
      format(
        'The pg_cron entry %s fails whenever it runs. pg_cron reports: %s',
        own.name,
        left(coalesce(latest.message, 'nothing'), 300)
      )
    from jobs.own_entries() as own
    join cron.job as entry
      on entry.jobname = own.name
      and entry.username = jobs.entry_owner()
      and entry.database = current_database()
    cross join lateral (
      select
        count(*) as ticks,
        bool_and(tick.status = 'failed') as all_failed,
        (array_agg(tick.return_message order by tick.runid desc))[1] as message
      from (
        -- One may have met a lock or a restart. By the primary key, backwards.
        select recent.*
        from cron.job_run_details as recent
        where recent.jobid = entry.jobid
          and recent.status in ('succeeded', 'failed')
        order by recent.runid desc
        limit 2
      ) as tick
    ) as latest
    -- Of the supervisor, supervisor_silent says it sooner.
    where own.name <> 'job-supervisor'
      and latest.ticks = 2
      and latest.all_failed;
end
$function$;

revoke all on function jobs.check_own_entry_failing()
  from public, anon, authenticated, service_role;

comment on function jobs.check_own_entry_failing() is
  'A pg_cron entry of jobs.own_entries() has failed the last two times it ran. A row for each. For the supervisor there '
  'is supervisor_silent.';
