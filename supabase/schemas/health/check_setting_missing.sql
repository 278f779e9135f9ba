create function jobs.check_setting_missing()
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select
      'setting_missing',
      'critical',
      format('No job can start: %s.', state.problem)
    from unnest(array['functions_url', 'jobs_api_key']) as setting (name)
    cross join lateral jobs.setting_state(setting.name) as state
    where state.code = 'setting_missing';
end
$function$;

revoke all on function jobs.check_setting_missing()
  from public, anon, authenticated, service_role;

comment on function jobs.check_setting_missing() is
  'A setting without which no function can be called is missing or unusable. A row for each.';
