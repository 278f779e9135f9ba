create function jobs.check_run_slow(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
declare
  limits constant jobs.health_thresholds := jobs.health_thresholds();
  slow_after constant interval := coalesce((job.definition).slow_after, (jobs.defaults()).slow_after);
  duration_ms constant bigint := (job.last_finished).duration_ms;
  successes constant bigint := job.finished_runs - job.failed_runs;
  median_ms bigint;
begin
  -- A continued run takes all the time there is.
  if (job.last_finished).status is distinct from 'success' or jobs.is_continued((job.last_finished).metadata) then
    return;
  end if;

  if duration_ms > 1000 * extract(epoch from slow_after) then
    return next (
      'run_slow',
      'warning',
      format(
        'The last run took %s seconds, longer than the %s seconds that a run should take.',
        round(duration_ms / 1000.0, 1),
        trim_scale(extract(epoch from slow_after)::numeric)
      )
    )::jobs.health_reason;
  elsif successes >= limits.slow_min_runs
    -- When half of them were much quicker, so was their median: no need to sort.
    and 2 * job.much_quicker_runs >= successes then
    median_ms := jobs.median_ms(job.job_name, job.as_of);
    return next (
      'run_slow',
      'warning',
      format(
        'The last run took %s seconds, %s times the median of the last 30 days (%s seconds).',
        round(duration_ms / 1000.0, 1),
        round(duration_ms / greatest(median_ms, 1)::numeric, 1),
        round(median_ms / 1000.0, 1)
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_run_slow(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_run_slow(jobs.job_stats) is
  'The last run that ended was a success that took longer than the job''s slow_after, or far longer than the median of '
  '30 days: more than slow_factor times as long, and slow_margin_ms longer.';
