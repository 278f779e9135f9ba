create function jobs.count_inserted_runs()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
begin
  perform jobs.count_ended_runs(array_agg(inserted.id))
  from inserted_runs as inserted
  where inserted.status <> 'running'
  having count(*) > 0;
  return null;
end
$function$;

revoke all on function jobs.count_inserted_runs()
  from public, anon, authenticated, service_role;

comment on function jobs.count_inserted_runs() is
  'Trigger of public.jobs_log: counts runs that are logged as success or failed at once. '
  'Runs with its owner''s rights, because whoever may log a run has no use of the schema jobs.';

create trigger count_inserted_runs
  after insert on public.jobs_log
  referencing new table as inserted_runs
  for each statement
  execute function jobs.count_inserted_runs();
