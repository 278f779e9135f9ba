create function jobs.check_schedule_duplicated(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  if job.other_entries is not null then
    return next (
      'schedule_duplicated',
      'warning',
      format(
        'The job is registered with one pg_cron entry, %s, and there are others: %s.',
        (job.definition).cron_job_name,
        job.other_entries
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_schedule_duplicated(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_schedule_duplicated(jobs.job_stats) is
  'Another active entry in cron.job starts the job too, or has the name of its entry under another owner.';
