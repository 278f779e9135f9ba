create function jobs.explain_response(
  status int,
  content text
)
returns text
language sql
immutable
set search_path = ''
as $function$
  select format(
    'The function answered %s: %s The answer began: %s',
    explain_response.status,
    case
      when explain_response.status in (401, 403) then
        'it does not accept the key. Vault''s jobs_api_key has to be one of the keys in the function''s JOBS_API_KEY.'
      when explain_response.status = 404 then
        'there is no such function at that address. Is it deployed, and is functions_url in Vault right?'
      when explain_response.status = 503 then
        'it is not set up completely, or not running.'
      when explain_response.status = 421 then
        'it belongs to another database. This one is a copy, or functions_url in Vault is the address of another project.'
      when explain_response.status >= 500 then
        'it failed before it could log the run. See the log of the function.'
      else
        'it did not log the run. Does functions_url in Vault point to the functions of this project?'
    end,
    coalesce(nullif(btrim(left(explain_response.content, 500)), ''), '(empty)')
  );
$function$;

revoke all on function jobs.explain_response(int, text)
  from public, anon, authenticated, service_role;

comment on function jobs.explain_response(int, text) is
  'What an HTTP status means for a run that was not logged, for an engineer, with the first 500 characters of the answer.';
