create function jobs.take_over_run(
  run_id uuid,
  token uuid,
  as_of timestamptz default now()
)
returns boolean
language plpgsql
set search_path = ''
as $function$
declare
  worker jobs.run_workers;
begin
  select *
  into worker
  from jobs.run_workers as present
  where present.run_id = take_over_run.run_id
  for update;

  -- The starts of the job are locked, so nobody else comes in between.
  if worker.token is not null or take_over_run.token is null then
    return worker.token is not distinct from take_over_run.token;
  end if;

  insert into jobs.run_workers as present (run_id, token, heard_at)
  values (take_over_run.run_id, take_over_run.token, take_over_run.as_of)
  on conflict on constraint run_workers_pkey do update
  set
    token = excluded.token,
    heard_at = excluded.heard_at;

  update public.jobs_log as run
  set
    -- What waited for its function begins now.
    started_at = case
      when worker.dispatched_at is not null then greatest(run.started_at, take_over_run.as_of)
      else run.started_at
    end,
    last_progress_at = greatest(run.last_progress_at, take_over_run.as_of)
  where run.id = take_over_run.run_id
    and run.status = 'running';

  return found;
end
$function$;

revoke all on function jobs.take_over_run(uuid, uuid, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.take_over_run(uuid, uuid, timestamptz) is
  'Gives a running run to the worker with this token, if it has no worker yet, and says whether it is this worker''s. Without '
  'a token: whether the run has no worker with one. A run that waited for its function begins at as_of. '
  'The caller has locked the starts of the job (jobs.lock_starts).';
