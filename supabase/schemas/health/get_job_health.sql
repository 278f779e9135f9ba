create function public.get_job_health(
  as_of timestamptz default now(),
  raise_alerts boolean default false,
  with_details boolean default true
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
declare
  jobs_report jsonb := jobs.job_health_report(get_job_health.as_of);
  system_reasons jsonb;
  every_reason jsonb;
  health jsonb;
begin
  select coalesce(jsonb_agg(to_jsonb(reason)), '[]')
  into system_reasons
  from jobs.system_health_reasons(get_job_health.as_of) as reason;

  every_reason := system_reasons || jsonb_path_query_array(jobs_report, '$[*].reasons[*]');

  health := jsonb_build_object(
    'status', jobs.worst_severity(every_reason),
    'version', jobs.version(),
    'checked_at', get_job_health.as_of,
    'jobs', jobs_report,
    'system', jsonb_build_object(
      'status', jobs.worst_severity(system_reasons),
      'reasons', system_reasons
    ),
    'incidents', jobs.open_incidents(),
    'channels', jobs.channel_health_report(get_job_health.as_of)
  );

  if get_job_health.raise_alerts then
    perform jobs.raise_health_alerts(
      health => health,
      as_of => get_job_health.as_of
    );
  end if;

  return case
    when get_job_health.with_details then health
    else jobs.health_without_details(health)
  end;
end
$function$;

revoke all on function public.get_job_health(timestamptz, boolean, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.get_job_health(timestamptz, boolean, boolean)
  to service_role;

comment on function public.get_job_health(timestamptz, boolean, boolean) is
  'The health report of all jobs, for the function check-job-health, the SQL editor and the metrics. Defaults: now, '
  'nothing is written, and everything is in it. Without with_details it is what a read key gets: no items, no errors, no '
  'words of people. raise_alerts raises run_missed and job_unhealthy where they are due and closes incidents '
  'that are over; a second call raises nothing new. Returns {status, version, checked_at, jobs: [{job_name, '
  'paused, snoozed, status, reasons: [{code, severity, message}], last_run, last_success, hours_since_last_run, …}], '
  'system: {status, reasons}, incidents: […], channels: […]}; status is ok, warning or critical.';
