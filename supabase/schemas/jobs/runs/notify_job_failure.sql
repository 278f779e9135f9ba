create function jobs.notify_job_failure(run public.jobs_log)
returns void
language sql
set search_path = ''
as $function$
  -- pg_notify() raises at 8000 bytes, which would undo the write. One character
  -- takes at most six bytes in JSON (\u001f), so 1000 and 200 of them fit.
  select pg_notify(
    'job_failure',
    json_build_object(
      'id', (notify_job_failure.run).id,
      'job_name', left((notify_job_failure.run).job_name, 200),
      'started_at', (notify_job_failure.run).started_at,
      'error_message', left(
        case
          -- Every role that can connect can listen: the error of an item stays out.
          when (notify_job_failure.run).error_message ~ '^[0-9]+ of [0-9]+ items failed' then
            regexp_replace((notify_job_failure.run).error_message, '(?s) The first: .*$', '')
          else (notify_job_failure.run).error_message
        end,
        1000
      ),
      'alert_time', clock_timestamp()
    )::text
  );
$function$;

revoke all on function jobs.notify_job_failure(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.notify_job_failure(public.jobs_log) is
  'Sends pg_notify on the channel job_failure with {id, job_name, started_at, error_message, alert_time}. '
  'job_name is cut to 200 and error_message to 1000 characters, without the error of an item; the row has all.';
