create function jobs.alerted_job(
  job_name text,
  as_of timestamptz default now()
)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select jsonb_build_object(
    'description', definition.description,
    'impact', definition.impact,
    'schedule', definition.schedule,
    'next', started_by.what,
    'catch_up_at', case
      when started_by.what = 'catch_up' then
        greatest(
          alerted_job.as_of,
          since_success.last_failed_at + jobs.catch_up_delay(since_success.failures)
        )
    end
  )
  from jobs.definitions as definition
  cross join lateral jobs.failures_in_a_row(
    job_name => definition.job_name,
    last_success_at => jobs.last_success_at(definition.job_name, alerted_job.as_of),
    as_of => alerted_job.as_of
  ) as since_success
  left join lateral jobs.expectations(alerted_job.as_of, definition.job_name) as expectation on true
  cross join lateral (
    select case
      when not definition.enabled then 'disabled'
      when jobs.is_paused(definition.job_name) then 'paused'
      when not definition.catch_up then 'schedule'
      when since_success.failures >= definition.max_catch_ups then 'given_up'
      when since_success.failures > 0 or expectation.is_missed then 'catch_up'
      else 'schedule'
    end
  ) as started_by (what)
  where definition.job_name = alerted_job.job_name;
$function$;

revoke all on function jobs.alerted_job(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.alerted_job(text, timestamptz) is
  'What an alert says of its job: {description, impact, schedule, next, catch_up_at}. next is what starts the next run: '
  'catch_up (not before catch_up_at), given_up (the supervisor has stopped trying, the schedule has not), schedule, '
  'paused or disabled. Null for a job that is not registered.';
