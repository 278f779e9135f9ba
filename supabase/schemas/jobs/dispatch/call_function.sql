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
    perform jobs.assert_no_copy(functions_url);

    select answer.status, jobs.redact_response(answer.content, api_key), answer.problem
    into call_function.status, call_function.content, problem
    from jobs.send_request(
      method => call_function.method,
      url => rtrim(functions_url, '/') || '/' || call_function.slug,
      headers => jsonb_build_object(
        'X-API-Key', api_key,
        'X-Run-Id', call_function.run_id,
        'X-Database', jobs.database_fingerprint()
      ),
      body => call_function.body,
      connect_seconds => 5,
      timeout_ms => within_ms
    ) as answer;
  exception
    when others then
      get stacked diagnostics
        problem = message_text,
        problem_hint = pg_exception_hint;
  end;

  -- Who only looks, such as the doctor, cannot write.
  if status is not null and current_setting('transaction_read_only') = 'off' then
    begin
      perform jobs.note_answer(functions_url, status, content);
    exception
      -- The caller still has to log what the answer says of its run.
      when others then
        raise warning 'what the answer says of this database could not be noted: %', sqlerrm;
    end;
  end if;

  if problem is not null then
    problem := concat_ws(
      ' ',
      format('The function could not be called: %s.', rtrim(problem, '.')),
      nullif(problem_hint, '')
    );
  end if;
end
$function$;

revoke all on function jobs.call_function(text, text, uuid, text, int)
  from public, anon, authenticated, service_role;

comment on function jobs.call_function(text, text, uuid, text, int) is
  'Calls one of our Edge Functions with the job key and waits for the answer: timeout_ms at most (default 90 seconds), '
  'less under a shorter statement_timeout. Does not raise when the call fails. Says in the header X-Database which database '
  'calls, so that the functions of another one refuse it. '
  'Returns (status, content), or (problem), a sentence, when there is no answer.';
