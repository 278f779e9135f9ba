create function jobs.job_health_reasons(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select * from jobs.check_run_stuck(job)
    union all
    select * from jobs.check_disabled_but_scheduled(job);

  -- Nothing else is expected of a disabled job.
  if not (job.definition).enabled then
    return;
  end if;

  return query
    select * from jobs.check_last_run_failed(job)
    union all
    select * from jobs.check_item_failing(job)
    union all
    select * from jobs.check_success_rate_low(job)
    union all
    select * from jobs.check_run_slow(job);

  -- The rest compares with what was registered.
  if (job.definition).job_name is null then
    return;
  end if;

  -- Nothing starts a paused job, and that is meant.
  if (job.pause).id is null then
    return query
      select * from jobs.check_run_missed(job)
      union all
      select * from jobs.check_catch_up_given_up(job)
      union all
      select * from jobs.check_never_ran(job)
      union all
      select * from jobs.check_due_check_failing(job)
      union all
      select * from jobs.check_schedule_inactive(job);
  else
    return query
      select * from jobs.check_not_turned_on(job)
      union all
      select * from jobs.check_paused_but_scheduled(job);
  end if;

  return query
    select * from jobs.check_schedule_missing(job)
    union all
    select * from jobs.check_command_differs(job)
    union all
    select * from jobs.check_schedule_differs(job)
    union all
    select * from jobs.check_schedule_duplicated(job);
end
$function$;

revoke all on function jobs.job_health_reasons(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.job_health_reasons(jobs.job_stats) is
  'Runs every check of a job, in the order of the report; of a paused job, none of those that compare its runs and entry '
  'with its schedule. Returns no row when the job is ok.';
