create function jobs.log_own_run(
  run_id uuid,
  job_name text,
  started_at timestamptz,
  metadata jsonb,
  errors jsonb
)
returns void
language plpgsql
set search_path = ''
as $function$
declare
  results jsonb := jobs.agency_results(log_own_run.run_id);
  agency_count int := (
    select count(*)
    from public.agencies
  );
begin
  insert into public.jobs_log (id, job_name, started_at, status, trigger_source, items_updated)
  values (
    log_own_run.run_id,
    log_own_run.job_name,
    log_own_run.started_at,
    'running',
    'manual',
    jsonb_array_length(results)
  );

  perform public.finish_job_run(
    run_id => log_own_run.run_id,
    metadata => log_own_run.metadata || jsonb_build_object(
      'agencies', results,
      'total_agencies_processed', agency_count
    ),
    records_updated => (
      select coalesce(sum(result.updated_count), 0)::int
      from jobs.run_results as result
      where result.run_id = log_own_run.run_id
    ),
    items_total => agency_count,
    items_processed => agency_count,
    errors => log_own_run.errors,
    as_of => clock_timestamp()
  );
end
$function$;

revoke all on function jobs.log_own_run(uuid, text, timestamptz, jsonb, jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.log_own_run(uuid, text, timestamptz, jsonb, jsonb) is
  'Logs a run that took place in this transaction, outside an Edge Function, with what jobs.run_results has of it: every '
  'change has a row in jobs_log. It ends as finish_job_run() ends a run: failed, where too many agencies failed.';
