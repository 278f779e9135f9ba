create function jobs.record_dispatch_failure(
  job_name text,
  run_id uuid,
  trigger_source text,
  started_at timestamptz,
  error_message text
)
returns void
language sql
set search_path = ''
as $function$
  insert into public.jobs_log (
    id, job_name, started_at, completed_at, status, error_message, trigger_source
  )
  values (
    record_dispatch_failure.run_id,
    record_dispatch_failure.job_name,
    record_dispatch_failure.started_at,
    greatest(clock_timestamp(), record_dispatch_failure.started_at),
    'failed',
    record_dispatch_failure.error_message,
    record_dispatch_failure.trigger_source
  )
  -- The function may have logged the run since. Its row wins.
  on conflict (id) do nothing;
$function$;

revoke all on function jobs.record_dispatch_failure(text, uuid, text, timestamptz, text)
  from public, anon, authenticated, service_role;

comment on function jobs.record_dispatch_failure(text, uuid, text, timestamptz, text) is
  'Logs a run that did not reach its function as failed. Idempotent: a run that has a row keeps it.';
