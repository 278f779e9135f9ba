create function jobs.keep_agency_results()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
begin
  if tg_op = 'TRUNCATE' then
    -- Whoever empties both tables in one command holds this one.
    delete from jobs.agency_results;
    return null;
  end if;

  if tg_op <> 'INSERT' then
    delete from jobs.agency_results as result
    where result.run_id = old.id;
  end if;

  if tg_op <> 'DELETE' and new.status <> 'running' then
    insert into jobs.agency_results (
      run_id, position, agency_id, transition, updated_count, is_agencys_first
    )
    select
      new.id,
      result.position,
      result.agency_id,
      result.transition,
      result.updated_count,
      result.is_agencys_first
    from jobs.agency_results_in(new.metadata) as result;
  end if;
  return null;
end
$function$;

revoke all on function jobs.keep_agency_results()
  from public, anon, authenticated, service_role;

comment on function jobs.keep_agency_results() is
  'Trigger of public.jobs_log: keeps jobs.agency_results what the metadata of the runs that have ended say, and takes '
  'it out again with the run. '
  'Runs with its owner''s rights, because whoever may log a run has no use of the schema jobs.';

-- Their conditions are judged without a call: a run that goes on costs nothing.
create trigger keep_agency_results_of_inserted_run
  after insert on public.jobs_log
  for each row
  when (new.status <> 'running' and new.metadata ? 'agencies')
  execute function jobs.keep_agency_results();

create trigger keep_agency_results_of_updated_run
  after update on public.jobs_log
  for each row
  when (
    (old.status <> 'running' or new.status <> 'running')
    and (old.metadata ? 'agencies' or new.metadata ? 'agencies')
    and (
      (old.status = 'running') <> (new.status = 'running')
      or old.metadata is distinct from new.metadata
      or old.id <> new.id
    )
  )
  execute function jobs.keep_agency_results();

create trigger keep_agency_results_of_deleted_run
  after delete on public.jobs_log
  for each row
  when (old.status <> 'running' and old.metadata ? 'agencies')
  execute function jobs.keep_agency_results();

create trigger keep_agency_results_of_no_run
  after truncate on public.jobs_log
  for each statement
  execute function jobs.keep_agency_results();
