create function jobs.alert_summary(
  kind text,
  job_name text,
  details jsonb
)
returns text
language sql
immutable
set search_path = ''
as $function$
  select concat_ws(
    ': ',
    replace(initcap(replace(alert_summary.kind, '_', ' ')), 'Run ', 'Job '),
    alert_summary.job_name,
    left(
      coalesce(
        alert_summary.details #>> '{run,error_message}',
        alert_summary.details #>> '{reasons,0,message}',
        'no success for ' || (alert_summary.details ->> 'hours_since_last_success') || ' hours'
      ),
      300
    )
  );
$function$;

revoke all on function jobs.alert_summary(text, text, jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.alert_summary(text, text, jsonb) is
  'An alert in one line, for the list of an operator: Job Failed: <job>: <error>.';
