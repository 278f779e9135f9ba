create function jobs.covers_missed_run(run public.jobs_log)
returns boolean
language sql
stable
set search_path = ''
as $function$
  select not exists (
    select 1
    from jobs.definitions as definition
    where definition.job_name = (covers_missed_run.run).job_name
      and (covers_missed_run.run).started_at < now() - definition.expected_interval
  );
$function$;

revoke all on function jobs.covers_missed_run(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.covers_missed_run(public.jobs_log) is
  'Whether a success is recent enough to close run_missed: it started within the job''s expected_interval. An old run '
  'that is logged only now did not.';
