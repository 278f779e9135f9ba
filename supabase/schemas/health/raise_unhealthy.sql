create function jobs.raise_unhealthy(
  job_name text,
  reasons jsonb,
  last_run_at text default null,
  hours_since_last_run jsonb default null,
  as_of timestamptz default now()
)
returns uuid
language plpgsql
set search_path = ''
as $function$
begin
  if raise_unhealthy.reasons = '[]' and jobs.is_unjudged(raise_unhealthy.job_name) then
    return null;
  elsif raise_unhealthy.reasons = '[]' then
    return jobs.close_incidents(
      job_name => raise_unhealthy.job_name,
      kinds => array['job_unhealthy'],
      as_of => raise_unhealthy.as_of
    );
  end if;

  return jobs.raise_incident(
    job_name => raise_unhealthy.job_name,
    kind => 'job_unhealthy',
    details => jsonb_build_object(
      'reasons', raise_unhealthy.reasons,
      'last_run_at', raise_unhealthy.last_run_at,
      'hours_since_last_run', raise_unhealthy.hours_since_last_run
    ),
    as_of => raise_unhealthy.as_of,
    since => case
      when raise_unhealthy.reasons @> '[{"code": "run_stuck"}]' then
        jobs.stuck_since(raise_unhealthy.job_name, raise_unhealthy.as_of)
    end
  );
end
$function$;

revoke all on function jobs.raise_unhealthy(text, jsonb, text, jsonb, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_unhealthy(text, jsonb, text, jsonb, timestamptz) is
  'Opens the incident job_unhealthy of a job for these critical reasons, or closes it when there are none. '
  'To pause a job is no recovery (jobs.is_unjudged). Idempotent. '
  'Returns the id of the alert, or null when none was due.';
