create function jobs.check_success_rate_low(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
declare
  limits constant jobs.health_thresholds := jobs.health_thresholds();
  -- A run that was caught up counts already.
  runs constant bigint := job.finished_runs - job.finished_catch_ups;
  failed_runs constant bigint := job.failed_runs - job.failed_catch_ups;
begin
  if 100 * (runs - failed_runs) < limits.min_success_rate * runs then
    return next (
      'success_rate_low',
      'warning',
      format(
        '%s %% of the %s runs of the last 30 days succeeded and %s failed%s; at least %s %% is expected.',
        -- Rounded, 94.96 % would be the 95 % that are expected.
        trunc(100.0 * (runs - failed_runs) / runs, 1),
        runs,
        failed_runs,
        case
          when job.finished_catch_ups > 0 then
            format(', catch-up runs not counted (%s)', job.finished_catch_ups)
        end,
        limits.min_success_rate
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_success_rate_low(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_success_rate_low(jobs.job_stats) is
  'Fewer runs of the last 30 days succeeded than min_success_rate. Catch-up runs and cancelled '
  'ones are not counted.';
