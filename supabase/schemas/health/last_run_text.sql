create function jobs.last_run_text(job jobs.job_stats)
returns text
language plpgsql
stable
set search_path = ''
as $function$
begin
  return case
    when (job.last_run).id is null then 'It has never run.'
    else format('The last run was %s.', jobs.time_ago((job.last_run).started_at, job.as_of))
  end;
end
$function$;

revoke all on function jobs.last_run_text(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.last_run_text(jobs.job_stats) is
  'A sentence for the messages of the checks: when the job last ran.';
