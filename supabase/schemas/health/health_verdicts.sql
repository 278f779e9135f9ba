create function jobs.health_verdicts(health jsonb)
returns table (
  job_name text,
  reasons jsonb,
  last_run_at text,
  hours_since_last_run jsonb
)
language sql
immutable
set search_path = ''
as $function$
  select
    job.value ->> 'job_name',
    jsonb_path_query_array(
      job.value -> 'reasons',
      '$[*] ? (@.severity == "critical" && @.code != "last_run_failed" && @.code != "run_missed")'
    ),
    job.value #>> '{last_run,started_at}',
    job.value -> 'hours_since_last_run'
  from jsonb_array_elements(health_verdicts.health -> 'jobs') as job

  union all

  select
    'duewatch',
    jsonb_path_query_array(
      health_verdicts.health #> '{system,reasons}',
      '$[*] ? (@.severity == "critical")'
    ),
    null,
    null;
$function$;

revoke all on function jobs.health_verdicts(jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.health_verdicts(jsonb) is
  'What the incident job_unhealthy is about, from a health report: the critical reasons of each job, and those of the '
  'system under the name duewatch. A failed and a missed run have incidents of their own.';
