-- The checks are in plpgsql: prepared once a session, and not for each report.
create function jobs.system_health_reasons(as_of timestamptz default now())
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select * from jobs.check_database_copy()
    union all
    select * from jobs.check_scheduler_dead()
    union all
    select * from jobs.check_scheduler_full(system_health_reasons.as_of)
    union all
    select * from jobs.check_supervisor_silent(system_health_reasons.as_of)
    union all
    select * from jobs.check_supervisor_step_failing(system_health_reasons.as_of)
    union all
    select * from jobs.check_own_entry_differs()
    union all
    select * from jobs.check_own_entry_failing()
    union all
    select * from jobs.check_entry_without_job()
    union all
    select * from jobs.check_trigger_disabled()
    union all
    select * from jobs.check_setting_missing()
    union all
    select * from jobs.check_setting_unreadable()
    union all
    select * from jobs.check_no_alert_channel(system_health_reasons.as_of)
    union all
    select * from jobs.check_channel_misconfigured()
    union all
    select * from jobs.check_alerts_undelivered(system_health_reasons.as_of)
    union all
    select * from jobs.check_no_last_resort()
    union all
    select * from jobs.check_last_resort_differs();
end
$function$;

revoke all on function jobs.system_health_reasons(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.system_health_reasons(timestamptz) is
  'Runs every check of the system, in the order of the report. Returns no row when the system is ok.';
