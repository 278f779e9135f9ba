create function jobs.raise_missed_run(
  job_name text,
  as_of timestamptz default now()
)
returns uuid
language sql
set search_path = ''
as $function$
  select jobs.raise_incident(
    job_name => expectation.job_name,
    kind => 'run_missed',
    details => jsonb_build_object(
      'last_run_at', expectation.last_run_at,
      'last_success_at', expectation.last_success_at,
      'hours_since_last_run', jobs.elapsed_hours(expectation.last_run_at, raise_missed_run.as_of),
      'hours_since_last_success', jobs.elapsed_hours(expectation.last_success_at, raise_missed_run.as_of),
      'expected_interval_hours', round(extract(epoch from expectation.expected_interval) / 3600, 1)
    ),
    as_of => raise_missed_run.as_of,
    since => expectation.overdue_since
  )
  from jobs.expectations(raise_missed_run.as_of, raise_missed_run.job_name) as expectation
  where expectation.is_missed
    -- Observing it again raises no alert; it would only write.
    and not exists (
      select 1
      from jobs.incidents as incident
      where incident.job_name = raise_missed_run.job_name
        and incident.kind = 'run_missed'
        and incident.closed_at is null
        and incident.last_alerted_at > raise_missed_run.as_of - interval '24 hours'
    );
$function$;

revoke all on function jobs.raise_missed_run(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_missed_run(text, timestamptz) is
  'Opens the incident run_missed when the job has missed a run, or raises a reminder after 24 hours. '
  'Idempotent. Returns the id of the alert, or null when none was due.';
