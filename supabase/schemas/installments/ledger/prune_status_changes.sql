create function jobs.prune_status_changes(as_of timestamptz default now())
returns int
language plpgsql
set search_path = ''
as $function$
declare
  pruned int;
begin
  delete from jobs.status_changes as change
  where change.id in (
    -- The oldest have the lowest ids, so a night without any reads these alone.
    select oldest.id
    from jobs.status_changes as oldest
    order by oldest.id
    limit 50000
  )
    and change.changed_at < prune_status_changes.as_of - (
      select settings.keep_changes
      from jobs.ledger_settings as settings
    );
  get diagnostics pruned = row_count;
  return pruned;
end
$function$;

revoke all on function jobs.prune_status_changes(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.prune_status_changes(timestamptz) is
  'Deletes rows of the ledger that are older than its retention (jobs.keep_status_changes()), at most 50,000 a call; the '
  'next night takes the rest. Called by jobs.prune(). Returns how many.';

insert into jobs.retention_tasks (task_name, function_name)
values ('status_changes', 'jobs.prune_status_changes')
on conflict do nothing;
