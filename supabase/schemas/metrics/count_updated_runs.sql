create function jobs.count_updated_runs()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
begin
  perform jobs.count_ended_runs(array_agg(updated.id))
  from updated_runs as updated
  join former_runs as former
    on former.id = updated.id
  where updated.status <> 'running'
    and former.status = 'running'
  having count(*) > 0;
  return null;
end
$function$;

revoke all on function jobs.count_updated_runs()
  from public, anon, authenticated, service_role;

comment on function jobs.count_updated_runs() is
  'Trigger of public.jobs_log: counts runs that end. A run counts once, also when its status is corrected afterwards.';

create trigger count_updated_runs
  after update on public.jobs_log
  referencing old table as former_runs new table as updated_runs
  for each statement
  execute function jobs.count_updated_runs();
