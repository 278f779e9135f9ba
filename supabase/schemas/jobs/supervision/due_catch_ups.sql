create function jobs.due_catch_ups(as_of timestamptz default now())
returns setof text
language sql
stable
set search_path = ''
as $function$
  select definition.job_name
  from jobs.definitions as definition
  join jobs.expectations(due_catch_ups.as_of) as expectation
    on expectation.job_name = definition.job_name
  cross join lateral jobs.failures_in_a_row(
    job_name => definition.job_name,
    last_success_at => expectation.last_success_at,
    as_of => due_catch_ups.as_of
  ) as since_success
  where definition.catch_up
    and not (select jobs.is_copy())
    and (
      jobs.is_unfinished(definition.job_name, due_catch_ups.as_of)
      or (
        (expectation.is_missed or since_success.failures > 0)
        and since_success.failures < definition.max_catch_ups
        and due_catch_ups.as_of >= coalesce(since_success.last_failed_at, '-infinity')
          + jobs.catch_up_delay(since_success.failures)
      )
    )
    and not exists (
      select 1
      from public.jobs_log as run
      where run.job_name = definition.job_name
        and run.status = 'running'
    )
    -- Somebody has ended its last run. The next tick starts it again.
    and not exists (
      select 1
      from jobs.actions as cancellation
      join public.jobs_log as cancelled
        on cancelled.id = cancellation.run_id
      where cancellation.action = 'cancel'
        and cancellation.job_name = definition.job_name
        and cancelled.completed_at > due_catch_ups.as_of - definition.expected_interval
        and not exists (
          select 1
          from public.jobs_log as later
          where later.job_name = cancelled.job_name
            and later.started_at > cancelled.started_at
        )
    )
  -- Time may run out: those that have waited longest come first.
  order by since_success.last_failed_at nulls first, definition.job_name;
$function$;

revoke all on function jobs.due_catch_ups(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.due_catch_ups(timestamptz) is
  'The enabled jobs with catch_up for which a catch-up run is due, while none is running; none in a copy of the database '
  '(jobs.is_copy): the last run was continued, '
  'which is due at once; or the last run failed or was missed, was not cancelled, fewer than max_catch_ups have failed in '
  'a row, and the back-off after the last failure (jobs.catch_up_delay) is over. Returns their names.';
