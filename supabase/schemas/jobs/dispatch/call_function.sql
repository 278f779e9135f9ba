create function jobs.call_function(
  slug text,
  method text,
  run_id uuid default null,
  body text default null,
  timeout_ms int default 90000,
  out status int,
  out content text,
  out problem text
)
language plpgsql
set search_path = ''
as $function$
declare
  functions_url text;
  api_key text;
  within_ms int;
  problem_hint text;
begin
  -- If the statement were cancelled first, the failure would not be logged.
  select coalesce(
    least(
      call_function.timeout_ms,
      greatest(nullif(setting.setting::int, 0) - 2000, nullif(setting.setting::int, 0) / 2)
    ),
    call_function.timeout_ms
  )
  into within_ms
  from pg_catalog.pg_settings as setting
  where setting.name = 'statement_timeout';

  begin
    api_key := jobs.setting('jobs_api_key');
    functions_url := jobs.checked_functions_url(jobs.setting('functions_url'));

    perform extensions.http_set_curlopt('CURLOPT_CONNECTTIMEOUT', '5');
    perform extensions.http_set_curlopt('CURLOPT_TIMEOUT_MS', within_ms::text);

    select answer.status, jobs.redact_response(answer.content, api_key)
    into call_function.status, call_function.content
    from extensions.http(
      (
        call_function.method,
        rtrim(functions_url, '/') || '/' || call_function.slug,
        array_remove(
          array[
            extensions.http_header('X-API-Key', api_key),
            case
              when call_function.run_id is not null then
                extensions.http_header('X-Run-Id', call_function.run_id::text)
            end
          ],
          null
        ),
        case when call_function.body is not null then 'application/json' end,
        call_function.body
      )::extensions.http_request
    ) as answer;

  exception
    when others then
      get stacked diagnostics
        problem = message_text,
        problem_hint = pg_exception_hint;
      problem := concat_ws(
        ' ',
        format('The function could not be called: %s.', rtrim(problem, '.')),
        nullif(problem_hint, '')
      );
  end;

  -- The options outlive the transaction. The extension may be missing.
  if to_regprocedure('extensions.http_reset_curlopt()') is not null then
    perform extensions.http_reset_curlopt();
  end if;
end
$function$;

revoke all on function jobs.call_function(text, text, uuid, text, int)
  from public, anon, authenticated, service_role;

comment on function jobs.call_function(text, text, uuid, text, int) is
  'Calls one of our Edge Functions with the job key and waits for the answer: timeout_ms at most (default 90 seconds), '
  'less under a shorter statement_timeout. Does not raise when the call fails. '
  'Returns (status, content), or (problem), a sentence, when there is no answer.';
