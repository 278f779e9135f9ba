create function jobs.setting_problem(name text)
returns text
language plpgsql
stable
set search_path = ''
as $function$
declare
  found_value text;
  problem text;
begin
  found_value := jobs.setting(setting_problem.name);
  if setting_problem.name = 'functions_url' then
    found_value := jobs.checked_functions_url(found_value);
  end if;
  return null;
exception
  when undefined_object or invalid_parameter_value then
    get stacked diagnostics
      problem = message_text;
    return problem;
end
$function$;

revoke all on function jobs.setting_problem(text)
  from public, anon, authenticated, service_role;

comment on function jobs.setting_problem(text) is
  'What is wrong with a setting (functions_url, jobs_api_key), or null. Never contains a key.';
