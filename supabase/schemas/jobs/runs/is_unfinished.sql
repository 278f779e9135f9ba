create function jobs.is_unfinished(
  job_name text,
  as_of timestamptz default now()
)
returns boolean
language plpgsql
stable
set search_path = ''
as $function$
begin
  return coalesce(
    (
      select run.status = 'success' and jobs.is_continued(run.metadata)
      from public.jobs_log as run
      -- As in jobs.last_success_at().
      where run.job_name = any (array[is_unfinished.job_name])
        and run.status <> 'running'
        and run.started_at <= is_unfinished.as_of
      order by run.job_name, run.started_at desc
      limit 1
    ),
    false
  );
end
$function$;

revoke all on function jobs.is_unfinished(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.is_unfinished(text, timestamptz) is
  'Whether the last run of a job that has ended was continued: it left work, which a further run takes up at once.';
