create function jobs.lock_starts(job_name text)
returns interval
language plpgsql
set search_path = ''
as $function$
declare
  asked_at timestamptz;
begin
  perform 1
  from jobs.start_locks as start_lock
  where start_lock.job_name = lock_starts.job_name
  for update skip locked;

  if found then
    return interval '0';
  end if;

  asked_at := clock_timestamp();

  insert into jobs.start_locks (job_name)
  values (lock_starts.job_name)
  on conflict on constraint start_locks_pkey do nothing;

  -- The first start of the job: there was nothing to wait for.
  if found then
    return interval '0';
  end if;

  perform 1
  from jobs.start_locks as start_lock
  where start_lock.job_name = lock_starts.job_name
  for update;

  return clock_timestamp() - asked_at;
end
$function$;

revoke all on function jobs.lock_starts(text)
  from public, anon, authenticated, service_role;

comment on function jobs.lock_starts(text) is
  'Locks the starts of a job until the transaction ends: two callers that both see no running run would both start one. '
  'Returns how long it waited for another caller.';
