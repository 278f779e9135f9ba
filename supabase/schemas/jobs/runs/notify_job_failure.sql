create function jobs.notify_job_failure()
returns trigger
language plpgsql
set search_path = ''
as $function$
begin
  -- A payload of 8000 bytes would undo the write. The worst character takes six
  -- bytes in JSON (\u001f): 1000 and 200 of them stay below it.
  perform pg_notify(
    'job_failure',
    json_build_object(
      'id', new.id,
      'job_name', left(new.job_name, 200),
      'started_at', new.started_at,
      'error_message', left(new.error_message, 1000),
      'alert_time', clock_timestamp()
    )::text
  );
  return null;
end
$function$;

revoke all on function jobs.notify_job_failure()
  from public, anon, authenticated, service_role;

comment on function jobs.notify_job_failure() is
  'Trigger of public.jobs_log: pg_notify on the channel job_failure with {id, job_name, started_at, error_message, '
  'alert_time} when a run of any job fails. job_name is cut to 200 and error_message to 1000 characters; the row has all.';

create trigger notify_job_failure_on_insert
  after insert on public.jobs_log
  for each row
  when (new.status = 'failed')
  execute function jobs.notify_job_failure();

create trigger notify_job_failure_on_update
  after update of status on public.jobs_log
  for each row
  when (new.status = 'failed' and old.status is distinct from 'failed')
  execute function jobs.notify_job_failure();
