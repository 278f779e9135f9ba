create function jobs.dispatch(
  job_name text,
  trigger_source text default 'manual',
  timeout_ms int default 10000
)
returns uuid
language plpgsql
set search_path = ''
as $function$
declare
  run_id uuid := gen_random_uuid();
  sent_at timestamptz := clock_timestamp();
  slug text;
  answer record;
  running_run_id uuid;
  uncommitted text := jobs.uncommitted_changes();
begin
  if dispatch.trigger_source is null or dispatch.trigger_source not in ('cron', 'manual', 'catch_up', 'due') then
    raise exception 'trigger_source is cron, manual, catch_up or due, not %', coalesce(dispatch.trigger_source, 'null')
      using errcode = 'invalid_parameter_value';
  end if;

  select definition.function_slug
  into slug
  from jobs.definitions as definition
  where definition.job_name = dispatch.job_name;

  if not found then
    raise exception 'there is no job %', coalesce(dispatch.job_name, 'null')
      using
        errcode = 'undefined_object',
        hint = 'select job_name from jobs.definitions lists the registered jobs.';
  end if;

  if uncommitted is not null then
    raise exception 'this transaction has changed %, which the function would not see: commit first, '
      'and send the dispatch on its own', uncommitted
      using
        errcode = 'active_sql_transaction',
        hint = 'Statements that are sent as one text are one transaction. Nothing has been changed or started.';
  end if;

  -- In an older snapshot there would be no row of the run that the function logs.
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception 'jobs.dispatch needs the isolation level read committed, not %',
      current_setting('transaction_isolation')
      using
        errcode = 'invalid_transaction_state',
        hint = 'Send the dispatch on its own. Nothing has been started.';
  end if;

  answer := jobs.call_function(
    slug => slug,
    method => 'POST',
    run_id => run_id,
    body => json_build_object('triggerSource', dispatch.trigger_source)::text,
    timeout_ms => dispatch.timeout_ms
  );

  if exists (
    select 1
    from public.jobs_log as run
    where run.id = run_id
  ) then
    return run_id;
  end if;

  if answer.status = 409 then
    select run.id
    into running_run_id
    from public.jobs_log as run
    where run.job_name = dispatch.job_name
      and (
        run.status = 'running'
        -- It may have ended in the meantime.
        or run.id::text = substring(answer.content from '"runId"\s*:\s*"([0-9a-f-]{36})"')
      )
    order by run.status = 'running' desc, run.started_at desc
    limit 1;

    if found then
      return running_run_id;
    end if;
  end if;

  if answer.problem ~* 'timed out' and answer.problem !~* '(connect|resolv)' then
    return jobs.await_function(
      job_name => dispatch.job_name,
      run_id => run_id,
      trigger_source => dispatch.trigger_source,
      as_of => sent_at
    );
  end if;

  perform jobs.record_dispatch_failure(
    job_name => dispatch.job_name,
    run_id => run_id,
    trigger_source => dispatch.trigger_source,
    started_at => sent_at,
    error_message => coalesce(answer.problem, jobs.explain_response(answer.status, answer.content))
  );
  return run_id;
end
$function$;

revoke all on function jobs.dispatch(text, text, int)
  from public, anon, authenticated, service_role;

comment on function jobs.dispatch(text, text, int) is
  'Triggers a registered job: POSTs to its Edge Function and waits for the answer, timeout_ms at most (default 10 '
  'seconds; less under a shorter statement_timeout). A run that takes longer goes on by itself, and its row says how it '
  'ends. Default trigger_source manual. '
  'Guarantees a row in jobs_log: the one of the function, or a failed one that says why the function did not run. '
  'A function that has neither answered nor begun within that time leaves a running row, which it takes over when it '
  'begins; after two minutes the supervisor ends it as failed. '
  'Raises only for a job that is not registered, a bad trigger_source, with 25001 in a transaction that has changed '
  'what the function would not see (jobs.uncommitted_changes), and with 25000 in one that is repeatable read or '
  'serializable. '
  'Returns the run id; when the job is running already, the id of that run.';
