create function jobs.act_on_cancellation()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
declare
  cancelled text := jobs.cancellation_text(new.id);
begin
  if cancelled is null then
    return new;
  end if;

  new.status := 'failed';
  new.is_cancelled := true;
  new.completed_at := greatest(clock_timestamp(), new.started_at);
  new.error_message := format(
    'Run %s. %s records had been updated%s; those changes stay.',
    cancelled,
    coalesce(new.records_updated, 0),
    case
      when new.items_total is not null
        then format(' and %s of %s items processed', coalesce(new.items_processed, 0), new.items_total)
    end
  );

  update jobs.actions as cancellation
  set ended_at = greatest(new.completed_at, cancellation.requested_at)
  where cancellation.run_id = new.id
    and cancellation.action = 'cancel';
  return new;
end
$function$;

revoke all on function jobs.act_on_cancellation()
  from public, anon, authenticated, service_role;

comment on function jobs.act_on_cancellation() is
  'Trigger of public.jobs_log: whatever is written to the row of a running run that was cancelled ends it as failed. So a '
  'batch that has the row when the run is cancelled ends the run as it lets go of it. '
  'Security definer, because roles that log runs have no access to the schema jobs.';

-- Before all other triggers, which go by the name, because they look at the status.
create trigger act_on_cancellation
  before update on public.jobs_log
  for each row
  when (old.status = 'running')
  execute function jobs.act_on_cancellation();
