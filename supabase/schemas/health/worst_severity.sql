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
  'The status of an array of reasons: the worst severity among them, or ok when there are none. '
  'A reason that is info counts as none.';
