create function jobs.due_checks_to_ask(as_of timestamptz default now())
returns setof text
language sql
stable
set search_path = ''
as $function$
  select definition.job_name
  from jobs.definitions as definition
  left join jobs.due_check_failures as failing
    on failing.job_name = definition.job_name
  where definition.due_check is not null
    and not (select jobs.is_copy())
    and definition.enabled
    and not jobs.is_paused(definition.job_name)
    and (
      failing.job_name is null
      or failing.last_failed_at + jobs.due_check_delay(failing) <= due_checks_to_ask.as_of
    )
    and not exists (
      select 1
      from public.jobs_log as run
      where run.job_name = definition.job_name
        and run.status = 'running'
    )
    -- After a failure the catch-up decides, with its back-off and its end.
    and (
      select since_success.failures = 0
      from jobs.failures_in_a_row(
        job_name => definition.job_name,
        last_success_at => jobs.last_success_at(definition.job_name, due_checks_to_ask.as_of),
        as_of => due_checks_to_ask.as_of
      ) as since_success
    )
  -- One that was slow may take the time of the others.
  order by coalesce(failing.slow, false), definition.job_name;
$function$;

revoke all on function jobs.due_checks_to_ask(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.due_checks_to_ask(timestamptz) is
  'The jobs whose due check is to be asked: enabled, not paused, not running, and without a failure since their last '
  'success. After a failure their catch-up runs go on, or, when those have ended, the next tick or a person. '
  'None in a copy of the database (jobs.is_copy). Returns their names.';
