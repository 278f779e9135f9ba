create function jobs.raise_alerts_of_updated_runs()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
begin
  perform jobs.raise_run_alerts(run_id => ended.id, failures => ended.times)
  from (
    select distinct on (updated.job_name, updated.status)
      updated.id,
      updated.job_name,
      updated.completed_at,
      (count(*) over (partition by updated.job_name, updated.status))::int as times
    from updated_runs as updated
    join former_runs as former
      on former.id = updated.id
    where updated.status <> 'running'
      and updated.status is distinct from former.status
    order by updated.job_name, updated.status, updated.completed_at desc, updated.id
  ) as ended
  order by ended.job_name, ended.completed_at;
  return null;
end
$function$;

revoke all on function jobs.raise_alerts_of_updated_runs()
  from public, anon, authenticated, service_role;

comment on function jobs.raise_alerts_of_updated_runs() is
  'Trigger of public.jobs_log for rows whose status becomes success or failed: as jobs.raise_alerts_of_inserted_runs().';

create trigger raise_alerts_of_updated_runs
  after update on public.jobs_log
  referencing old table as former_runs new table as updated_runs
  for each statement
  execute function jobs.raise_alerts_of_updated_runs();
