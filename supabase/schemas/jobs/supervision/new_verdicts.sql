create function jobs.new_verdicts(as_of timestamptz default now())
returns table (
  job_name text,
  reasons jsonb,
  last_run_at text,
  hours_since_last_run jsonb
)
language sql
stable
set search_path = ''
as $function$
  select verdict.*
  from jobs.health_verdicts(
    jsonb_build_object(
      'jobs', jobs.job_health_report(as_of => new_verdicts.as_of, with_history => false),
      'system', jsonb_build_object(
        'reasons', (
          select coalesce(jsonb_agg(to_jsonb(reason)), '[]')
          from jobs.system_health_reasons(new_verdicts.as_of) as reason
        )
      )
    )
  ) as verdict
  left join jobs.incidents as incident
    on incident.job_name = verdict.job_name
    and incident.kind = 'job_unhealthy'
    and incident.closed_at is null
  where case
    when incident.id is null then
      verdict.reasons <> '[]'
      -- An installation is not complete before a channel was announced: its
      -- settings come after its migration.
      and (
        verdict.job_name <> 'duewatch'
        or exists (
          select 1
          from jobs.alert_channels
        )
      )
    else
      incident.last_alerted_at <= new_verdicts.as_of - interval '24 hours'
      or jsonb_path_query_array(verdict.reasons, '$[*].code')
        is distinct from jsonb_path_query_array(incident.details, '$.reasons[*].code')
  end;
$function$;

revoke all on function jobs.new_verdicts(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.new_verdicts(timestamptz) is
  'The verdicts of the health report (jobs.health_verdicts) that the open incidents job_unhealthy do not say yet: a '
  'problem is new, another joined, one is over, or a reminder is due. No row while nothing changes.';
