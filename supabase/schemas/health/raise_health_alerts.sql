create function jobs.raise_health_alerts(
  health jsonb,
  as_of timestamptz default now()
)
returns void
language plpgsql
set search_path = ''
as $function$
declare
  judged record;
begin
  for judged in
    select
      job.value ->> 'job_name' as job_name,
      jsonb_path_query_array(
        job.value -> 'reasons',
        '$[*] ? (@.severity == "critical" && @.code != "last_run_failed" && @.code != "run_missed")'
      ) as reasons,
      job.value #>> '{last_run,started_at}' as last_run_at,
      job.value -> 'hours_since_last_run' as hours_since_last_run
    from jsonb_array_elements(raise_health_alerts.health -> 'jobs') as job

    union all

    select
      'duewatch',
      jsonb_path_query_array(
        raise_health_alerts.health #> '{system,reasons}',
        '$[*] ? (@.severity == "critical")'
      ),
      null,
      null
  loop
    if judged.reasons <> '[]' then
      perform jobs.raise_incident(
        job_name => judged.job_name,
        kind => 'job_unhealthy',
        details => jsonb_build_object(
          'reasons', judged.reasons,
          'last_run_at', judged.last_run_at,
          'hours_since_last_run', judged.hours_since_last_run
        ),
        as_of => raise_health_alerts.as_of
      );
    else
      perform jobs.close_incidents(
        job_name => judged.job_name,
        kinds => array['job_unhealthy'],
        as_of => raise_health_alerts.as_of
      );
    end if;

    perform jobs.raise_missed_run(
      job_name => judged.job_name,
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
