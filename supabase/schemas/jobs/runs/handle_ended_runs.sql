create function jobs.handle_ended_runs()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
declare
  ended uuid[];
  ended_first_time uuid[];
begin
  if tg_op = 'INSERT' then
    select array_agg(inserted.id)
    into ended
    from inserted_runs as inserted
    where inserted.status <> 'running'
      -- Created long before it was inserted: it comes from a backup. Not so what
      -- an application says itself when it logs a run, on its own clock.
      and (
        coalesce(inserted.created_at, now()) >= now() - interval '10 minutes'
        or current_setting('role') = 'service_role'
      );

    ended_first_time := ended;
  else
    select
      array_agg(updated.id),
      array_agg(updated.id) filter (where former.status = 'running')
    into ended, ended_first_time
    from updated_runs as updated
    join former_runs as former
      on former.id = updated.id
    where updated.status <> 'running'
      and updated.status <> former.status;
  end if;

  if ended is null then
    return null;
  end if;

  delete from jobs.run_workers as worker
  where worker.run_id = any (ended);

  -- First, because it locks the totals of the jobs in the order of their names.
  -- A statement that ends runs of the same jobs waits here, before it has locked
  -- an incident, so the two cannot deadlock.
  perform jobs.count_ended_runs(ended_first_time);

  perform jobs.notify_job_failure(run)
  from public.jobs_log as run
  where run.id = any (ended)
    and run.status = 'failed';

  perform jobs.raise_alerts_of_ended_runs(ended);

  return null;
end
$function$;

revoke all on function jobs.handle_ended_runs()
  from public, anon, authenticated, service_role;

comment on function jobs.handle_ended_runs() is
  'Trigger of public.jobs_log for runs that a statement ends, or whose result it corrects: adds them to the totals of '
  'their jobs (each run once, when it ends), notifies listeners of each failure, and raises alerts. A run that is inserted '
  'with a created_at of more than 10 minutes ago comes from a backup: it was counted and reported when it ended, so nothing '
  'follows. What is inserted through the Data API comes from no backup. '
  'Security definer, because roles that log runs have no access to the schema jobs.';

-- Two triggers, because transition tables allow one event each.
create trigger handle_ended_runs_on_insert
  after insert on public.jobs_log
  referencing new table as inserted_runs
  for each statement
  execute function jobs.handle_ended_runs();

create trigger handle_ended_runs_on_update
  after update on public.jobs_log
  referencing old table as former_runs new table as updated_runs
  for each statement
  execute function jobs.handle_ended_runs();
