create function jobs.worst_severity(reasons jsonb)
returns text
language sql
immutable
set search_path = ''
as $function$
  select case
    when worst_severity.reasons @> '[{"severity": "critical"}]' then 'critical'
    when worst_severity.reasons @> '[{"severity": "warning"}]' then 'warning'
    else 'ok'
  end;
$function$;

revoke all on function jobs.worst_severity(jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.worst_severity(jsonb) is
  'ok, warning or critical: the status that follows from an array of reasons.';
