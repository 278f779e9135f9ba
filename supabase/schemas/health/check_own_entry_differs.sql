create function jobs.check_own_entry_differs()
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    with entries as (
      select
        own.name,
        own.schedule,
        entry.jobid,
        entry.active,
        entry.schedule as present_schedule,
        left(regexp_replace(entry.command, '\s+', ' ', 'g'), 200) as present_command,
        btrim(entry.command, E' ;\t\r\n') = own.command as has_command,
        other.list as others
      from jobs.own_entries() as own
      left join cron.job as entry
        on entry.jobname = own.name
        and entry.username = jobs.entry_owner()
        and entry.database = current_database()
      cross join lateral (
        select string_agg(
          format('%s of %s', coalesce(second.jobname, 'entry ' || second.jobid), second.username),
          ', '
          order by second.jobid
        ) as list
        from cron.job as second
        where second.active
          and second.database = current_database()
          and (second.jobname = own.name or second.command = own.command)
          and second.jobid is distinct from entry.jobid
      ) as other
    )
    select
      'own_entry_differs',
      'critical',
      case
        when entries.jobid is null then
          format('The pg_cron entry %s is missing.', entries.name)
        when not entries.active then
          format('The pg_cron entry %s is inactive.', entries.name)
        when not entries.has_command then
          format('The pg_cron entry %s executes something else: %s.', entries.name, entries.present_command)
        else
          format(
            'The pg_cron entry %s runs at %s instead of %s.',
            entries.name,
            entries.present_schedule,
            entries.schedule
          )
      end
    from entries
    where case
      when entries.name in ('job-supervisor', 'check-job-health-hourly') then entries.active
      else true
    end
      and (entries.jobid is null
        or not entries.active
        or not entries.has_command
        or entries.present_schedule <> entries.schedule)

    union all

    select
      'own_entry_differs',
      'warning',
      format('The pg_cron entry %s exists a second time: %s.', entries.name, entries.others)
    from entries
    where entries.others is not null;
end
$function$;

revoke all on function jobs.check_own_entry_differs()
  from public, anon, authenticated, service_role;

comment on function jobs.check_own_entry_differs() is
  'A pg_cron entry of jobs.own_entries() is missing or inactive, has another schedule or another command, or exists a '
  'second time. A row for each. That the supervisor or the hourly check is missing or inactive is supervisor_silent.';
