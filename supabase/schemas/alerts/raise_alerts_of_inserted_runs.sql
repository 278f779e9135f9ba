create function jobs.raise_alerts_of_inserted_runs()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
begin
  perform jobs.raise_run_alerts(run_id => ended.id, failures => ended.times)
  from (
    select distinct on (inserted.job_name, inserted.status)
      inserted.id,
      inserted.job_name,
      inserted.completed_at,
      (count(*) over (partition by inserted.job_name, inserted.status))::int as times
    from inserted_runs as inserted
    where inserted.status <> 'running'
    order by inserted.job_name, inserted.status, inserted.completed_at desc, inserted.id
  ) as ended
  order by ended.job_name, ended.completed_at;
  return null;
end
$function$;

revoke all on function jobs.raise_alerts_of_inserted_runs()
  from public, anon, authenticated, service_role;

comment on function jobs.raise_alerts_of_inserted_runs() is
  'Trigger of public.jobs_log for rows that are inserted as success or failed: calls jobs.raise_run_alerts() for the '
  'last of either per job, so that loading a history in one statement raises one alert. Runs with its owner''s '
  'rights: roles that may log a run may not use the schema jobs.';

create trigger raise_alerts_of_inserted_runs
  after insert on public.jobs_log
  referencing new table as inserted_runs
  for each statement
  execute function jobs.raise_alerts_of_inserted_runs();
