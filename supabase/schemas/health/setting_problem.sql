create function jobs.setting_problem(name text)
returns text
language sql
stable
set search_path = ''
as $function$
  select state.problem
  from jobs.setting_state(setting_problem.name) as state;
$function$;

revoke all on function jobs.setting_problem(text)
  from public, anon, authenticated, service_role;

comment on function jobs.setting_problem(text) is
  'What is wrong with a setting (functions_url, jobs_api_key), or null. Never contains a key.';
