create function jobs.is_unjudged(job_name text)
returns boolean
language sql
stable
set search_path = ''
as $function$
  select exists (
    select 1
    from jobs.incidents as incident
    join jobs.definitions as definition
      on definition.job_name = incident.job_name
    cross join jsonb_array_elements(incident.details -> 'reasons') as reason
    where incident.job_name = is_unjudged.job_name
      and incident.kind = 'job_unhealthy'
      and incident.closed_at is null
      and reason.value ->> 'code' in ('catch_up_given_up', 'due_check_failing')
      and (jobs.is_paused(definition.job_name) or not definition.enabled)
  );
$function$;

revoke all on function jobs.is_unjudged(text)
  from public, anon, authenticated, service_role;

comment on function jobs.is_unjudged(text) is
  'Whether the open incident job_unhealthy of a job is about something that the health report leaves out while the job is '
  'paused or disabled. That the reason is not there any more is then no recovery.';
