create function jobs.cancel_run(
  run_id uuid,
  reason text,
  requested_by text default session_user,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  checked_reason text := jobs.checked_reason(cancel_run.reason);
  -- Without its lock: a batch may have it for a minute.
  run public.jobs_log;
  cancellation jobs.actions;
  is_new boolean;
begin
  select *
  into run
  from public.jobs_log as logged
  where logged.id = cancel_run.run_id;

  if not found then
    raise exception 'there is no run %', coalesce(cancel_run.run_id::text, 'null')
      using errcode = 'PT404';
  end if;
  if run.status <> 'running' and not jobs.is_cancelled(run) then
    raise exception 'run % cannot be cancelled, because it has ended: %', run.id, run.status
      using errcode = 'PT409';
  end if;

  insert into jobs.actions (action, job_name, run_id, reason, requested_by, requested_at)
  values (
    'cancel', run.job_name, run.id, checked_reason, cancel_run.requested_by, cancel_run.as_of
  )
  on conflict do nothing;
  is_new := found;

  perform jobs.end_cancelled_run(run.id);

  select *
  into run
  from public.jobs_log as logged
  where logged.id = run.id;

  -- It has ended by itself in the meantime.
  if run.status = 'success' then
    raise exception 'run % cannot be cancelled, because it has ended: %', run.id, run.status
      using errcode = 'PT409';
  end if;

  select *
  into cancellation
  from jobs.actions as noted
  where noted.run_id = run.id
    and noted.action = 'cancel';

  return jobs.action_as_json(cancellation, changed => is_new);
end
$function$;

revoke all on function jobs.cancel_run(uuid, text, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.cancel_run(uuid, text, text, timestamptz) is
  'Cancels a running run. It is noted at once and ends the run as failed: at once, or when the batch in hand lets go of '
  'its row (then ended_at is null). The function stops at its next call, which is refused with PT409. What the run has '
  'changed stays. A cancelled run notifies job_failure, but alerts nobody and is not caught up: the next tick starts the '
  'job again. '
  'Idempotent: the first reason stays. Raises PT404 for an unknown run and PT409 for one that has ended. '
  'Returns the action, as jobs.action_as_json().';
