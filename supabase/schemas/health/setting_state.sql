create function jobs.setting_state(
  name text,
  out code text,
  out problem text
)
language plpgsql
stable
set search_path = ''
as $function$
declare
  found_value text;
begin
  found_value := jobs.setting(setting_state.name);
  if setting_state.name = 'functions_url' then
    found_value := jobs.checked_functions_url(found_value);
  end if;
exception
  when undefined_object or invalid_parameter_value or object_not_in_prerequisite_state then
    get stacked diagnostics
      problem = message_text;
    code := case
      when sqlstate = '55000' then 'setting_unreadable'
      else 'setting_missing'
    end;
end
$function$;

revoke all on function jobs.setting_state(text)
  from public, anon, authenticated, service_role;

comment on function jobs.setting_state(text) is
  'What is wrong with a setting (functions_url, jobs_api_key): the code of its health reason and a sentence that never '
  'contains a key. Both null when it can be used.';
