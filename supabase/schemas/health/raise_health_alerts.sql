create function jobs.raise_health_alerts(
  health jsonb,
  as_of timestamptz default now()
)
returns void
language plpgsql
set search_path = ''
as $function$
declare
  verdict record;
begin
  for verdict in
    select *
    from jobs.health_verdicts(raise_health_alerts.health)
  loop
    perform jobs.raise_unhealthy(
      job_name => verdict.job_name,
      reasons => verdict.reasons,
      last_run_at => verdict.last_run_at,
      hours_since_last_run => verdict.hours_since_last_run,
      as_of => raise_health_alerts.as_of
    );
    perform jobs.raise_missed_run(
      job_name => verdict.job_name,
      as_of => raise_health_alerts.as_of
    );
  end loop;
end
$function$;

revoke all on function jobs.raise_health_alerts(jsonb, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_health_alerts(jsonb, timestamptz) is
  'Opens and closes the incidents job_unhealthy for critical reasons, those of the system under the name duewatch, and '
  'raises run_missed. A failed run raises its own alert when it ends. A second call raises nothing new.';
