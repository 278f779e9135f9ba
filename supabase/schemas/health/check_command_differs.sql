create function jobs.check_command_differs(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  if job.entry_active and btrim(job.entry_command, E' ;\t\r\n') <> jobs.dispatch_command(job.job_name) then
    return next (
      'command_differs',
      'critical',
      format(
        'The pg_cron entry %s does not start the job as registered. It executes: %s. %s',
        (job.definition).cron_job_name,
        left(regexp_replace(job.entry_command, '\s+', ' ', 'g'), 200),
        jobs.last_run_text(job)
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_command_differs(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_command_differs(jobs.job_stats) is
  'The job''s entry in cron.job is active and executes something else than registered.';
