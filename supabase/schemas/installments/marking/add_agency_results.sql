create function jobs.add_agency_results()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
begin
  new.metadata := new.metadata || jsonb_build_object('agencies', jobs.agency_results(new.id));
  return new;
end
$function$;

revoke all on function jobs.add_agency_results()
  from public, anon, authenticated, service_role;

comment on function jobs.add_agency_results() is
  'Trigger of public.jobs_log for a run that ends between two batches (failed, reaped, or ended by hand): writes '
  'metadata.agencies, as the last batch would have done. '
  'Security definer, because roles that end runs have no access to the schema jobs.';

-- A run has a position only between two batches.
create trigger add_agency_results
  before update on public.jobs_log
  for each row
  when (
    old.status = 'running'
    and new.status <> 'running'
    and new.items_updated is not null
    and new.metadata ? 'due_from'
  )
  execute function jobs.add_agency_results();
