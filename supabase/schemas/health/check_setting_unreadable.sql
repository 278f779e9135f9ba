create function jobs.check_setting_unreadable()
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select
      'setting_unreadable',
      'critical',
      format('No job can start: %s.', rtrim(state.problem, '.'))
    from unnest(array['functions_url', 'jobs_api_key']) as setting (name)
    cross join lateral jobs.setting_state(setting.name) as state
    where state.code = 'setting_unreadable';
end
$function$;

revoke all on function jobs.check_setting_unreadable()
  from public, anon, authenticated, service_role;

comment on function jobs.check_setting_unreadable() is
  'Vault cannot be read, and a setting without which no function can be called is nowhere else. A row for each.';
