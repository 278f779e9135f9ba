create function jobs.ask_due_check(
  job_name text,
  as_of timestamptz default now()
)
returns boolean
language plpgsql
set search_path = ''
as $function$
declare
  is_due boolean;
  is_slow boolean := false;
  problem text;
  role_before constant text := current_setting('role');
begin
  -- The supervisor ends a question by its name: jobs.end_slow_due_checks().
  perform
    set_config('lock_timeout', '5s', true),
    set_config('application_name', 'duewatch due check', true);

  begin
    -- A check that is ended while pgsql-http waits raises twice: first an error
    -- of its own, and the cancellation when that has been caught.
    begin
      is_due := jobs.is_due(ask_due_check.job_name, ask_due_check.as_of);
    exception
      when assert_failure or others then
        problem := format('%s (%s)', left(sqlerrm, 500), sqlstate);
    end;
  exception
    when query_canceled then
      is_slow := true;
      problem := format('It was ended after more than %s.', jobs.duration_text(jobs.due_check_limit()));
  end;

  -- A check that has changed its role does not take the next ones with it.
  perform
    set_config('role', role_before, true),
    set_config('application_name', 'duewatch', true);

  if problem is null then
    delete from jobs.due_check_failures as failing
    where failing.job_name = ask_due_check.job_name;
    return is_due;
  end if;

  insert into jobs.due_check_failures as failing (job_name, failing_since, last_failed_at, slow, error)
  select
    definition.job_name,
    ask_due_check.as_of,
    greatest(clock_timestamp(), ask_due_check.as_of),
    is_slow,
    problem
  from jobs.definitions as definition
  where definition.job_name = ask_due_check.job_name
  on conflict on constraint due_check_failures_pkey do update
  set
    failures = failing.failures + 1,
    last_failed_at = excluded.last_failed_at,
    slow = excluded.slow,
    error = excluded.error;
  return false;
end
$function$;

revoke all on function jobs.ask_due_check(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.ask_due_check(text, timestamptz) is
  'Asks the due check of a job whether a run is due at as_of (default now()). A check that raises an error, or is ended '
  'because it takes too long, is noted in jobs.due_check_failures, and counts as false; one that answers is not failing '
  'any more.';
