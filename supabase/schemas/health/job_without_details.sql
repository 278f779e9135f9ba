create function jobs.job_without_details(job jsonb)
returns jsonb
language sql
immutable
set search_path = ''
as $function$
  select job_without_details.job || jsonb_build_object(
    'paused', jobs.action_without_details(job_without_details.job -> 'paused'),
    'snoozed', jobs.action_without_details(job_without_details.job -> 'snoozed'),
    'reasons', (
      select coalesce(
        jsonb_agg(
          jobs.reason_without_details(
            reason.value,
            case
              when reason.value ->> 'code' = 'last_run_failed' then job_without_details.job ->> 'failure_cause'
            end
          )
          order by reason.position
        ),
        '[]'
      )
      from jsonb_array_elements(job_without_details.job -> 'reasons') with ordinality as reason (value, position)
    ),
    'last_run', case
      when jsonb_typeof(job_without_details.job -> 'last_run') = 'object' then
        (job_without_details.job -> 'last_run') || jsonb_build_object(
          'error_message', case
            when job_without_details.job #>> '{last_run,status}' = 'failed' then
              job_without_details.job -> 'failure_cause'
          end,
          'errors', jsonb '[]'
        )
    end,
    'last_success', case
      when jsonb_typeof(job_without_details.job -> 'last_success') = 'object' then
        (job_without_details.job -> 'last_success') || '{"error_message": null, "errors": []}'
    end,
    'failing_items', jsonb '[]'
  );
$function$;

revoke all on function jobs.job_without_details(jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.job_without_details(jsonb) is
  'The report on a job (jobs.job_health_report) for dashboards and read keys: with the cause of a failure in place of its '
  'message, and without items, the errors of items, and what people wrote.';
