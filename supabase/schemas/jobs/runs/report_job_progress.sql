create function public.report_job_progress(
  run_id uuid,
  items_total int default null,
  items_processed int default null,
  items_failed int default 0,
  errors jsonb default null,
  records_updated int default null,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
declare
  run public.jobs_log;
begin
  if num_nonnulls(
    report_job_progress.items_total,
    report_job_progress.items_processed,
    report_job_progress.records_updated,
    report_job_progress.errors
  ) = 0 then
    run := jobs.hear_from_run(report_job_progress.run_id, report_job_progress.as_of);
  else
    run := jobs.lock_running_run(report_job_progress.run_id);

    -- A report that arrives late lowers no count.
    update public.jobs_log as logged
    set
      items_total = greatest(run.items_total, report_job_progress.items_total),
      items_processed = greatest(run.items_processed, report_job_progress.items_processed),
      items_failed = greatest(run.items_failed, report_job_progress.items_failed),
      records_updated = greatest(run.records_updated, report_job_progress.records_updated),
      last_progress_at = greatest(run.last_progress_at, report_job_progress.as_of),
      errors = case
        when jsonb_array_length(report_job_progress.errors) > coalesce(jsonb_array_length(run.errors), 0)
          then report_job_progress.errors
        else run.errors
      end
    where logged.id = run.id
    returning *
    into run;
  end if;

  return jsonb_build_object(
    'items_total', run.items_total,
    'items_processed', run.items_processed,
    'items_failed', run.items_failed,
    'records_updated', coalesce(run.records_updated, 0)
  );
end
$function$;

revoke all on function public.report_job_progress(uuid, int, int, int, jsonb, int, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.report_job_progress(uuid, int, int, int, jsonb, int, timestamptz)
  to service_role;

comment on function public.report_job_progress(uuid, int, int, int, jsonb, int, timestamptz) is
  'Writes the progress of a running run to its log row. The counts cover the run so far, not the last step, and never go '
  'down: a report may be repeated or arrive late. errors is the list of the run so far, too. '
  'Report at least every 30 seconds, also without a change: a run that has reported and is then silent for a minute is '
  'ended as failed. Defaults: no item failed, everything else stays as it is. Without any count the report only says that '
  'the run is at work, and does not wait for a batch that holds its row. '
  'Raises PT404 for an unknown run and PT409 for one that is not running any more (reaped, for instance). '
  'Returns {items_total, items_processed, items_failed, records_updated} after the report.';
