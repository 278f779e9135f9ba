-- The call from the database to an Edge Function, and the proof that it arrived.
--
-- Why:       pg_cron's own history says only that the SQL ran. A run exists when
--            its row is in jobs_log; whoever triggers sees to that.
-- Locks:     nothing; the transaction stays open while the function works.
-- Take back: supabase/rollbacks/main_job.sql.

create function jobs.record_dispatch_failure(
  job_name text,
  run_id uuid,
  trigger_source text,
  started_at timestamptz,
  error_message text
)
returns void
language sql
set search_path = ''
as $function$
  insert into public.jobs_log (
    id, job_name, started_at, completed_at, status, error_message, trigger_source
  )
  values (
    record_dispatch_failure.run_id,
    record_dispatch_failure.job_name,
    record_dispatch_failure.started_at,
    greatest(clock_timestamp(), record_dispatch_failure.started_at),
    'failed',
    record_dispatch_failure.error_message,
    record_dispatch_failure.trigger_source
  )
  -- The function may have logged the run after we looked: its row is the truth.
  on conflict (id) do nothing;
$function$;

revoke all on function jobs.record_dispatch_failure(text, uuid, text, timestamptz, text)
  from public, anon, authenticated, service_role;

comment on function jobs.record_dispatch_failure(text, uuid, text, timestamptz, text) is
  'Logs a run that never reached its function as failed. Idempotent: a run that has a row keeps it.';

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
        'it cannot work as it is set up, or is not up.'
      when explain_response.status >= 500 then
        'it broke before it could log the run. Its own log says more.'
      else
        'it did not log the run. Does functions_url in Vault point to the functions of this project?'
    end,
    coalesce(nullif(btrim(left(explain_response.content, 500)), ''), '(empty)')
  );
$function$;

revoke all on function jobs.explain_response(int, text)
  from public, anon, authenticated, service_role;

comment on function jobs.explain_response(int, text) is
  'Says to an engineer what an HTTP status means for a run that was not logged, with the first 500 characters of the answer.';

create function jobs.checked_functions_url(url text)
returns text
language plpgsql
immutable
set search_path = ''
as $function$
begin
  if checked_functions_url.url ~* '^https://'
    or checked_functions_url.url ~* '^http://(localhost|127\.[0-9.]+|\[::1\]|[^./:]+|[^/:]+\.internal)(:[0-9]+)?(/|$)' then
    return checked_functions_url.url;
  end if;

  raise exception 'functions_url is %, and the key would travel in clear', checked_functions_url.url
    using
      errcode = 'invalid_parameter_value',
      hint = 'It has to begin with https://, or with http:// and a host of this machine or its container network.';
end
$function$;

revoke all on function jobs.checked_functions_url(text)
  from public, anon, authenticated, service_role;

comment on function jobs.checked_functions_url(text) is
  'Returns the address when a key may be sent to it: https, or http to loopback, to a name without a dot, or to *.internal. '
  'Raises 22023 otherwise; an address without a scheme would be called over http.';

create function jobs.readable_answer(
  content text,
  api_key text
)
returns text
language plpgsql
immutable
set search_path = ''
as $function$
begin
  -- A server that is not ours may send back what it got, and what is no text.
  return replace(
    convert_from(convert_to(readable_answer.content, 'UTF8'), 'UTF8'),
    readable_answer.api_key,
    '(key)'
  );
exception
  when character_not_in_repertoire or untranslatable_character then
    return format('(%s bytes that are no text)', octet_length(readable_answer.content));
end
$function$;

revoke all on function jobs.readable_answer(text, text)
  from public, anon, authenticated, service_role;

comment on function jobs.readable_answer(text, text) is
  'The body of an answer as it may be logged: without our key, and only if it is valid text.';

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
  -- Were the statement cancelled first, nobody would log that the call failed.
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

    select answer.status, jobs.readable_answer(answer.content, api_key)
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

  -- The options outlive the transaction, and the extension may not be there.
  if to_regprocedure('extensions.http_reset_curlopt()') is not null then
    perform extensions.http_reset_curlopt();
  end if;
end
$function$;

revoke all on function jobs.call_function(text, text, uuid, text, int)
  from public, anon, authenticated, service_role;

comment on function jobs.call_function(text, text, uuid, text, int) is
  'Calls one of our Edge Functions with the job key and waits for the answer: timeout_ms at most (default 90 seconds), '
  'less under a shorter statement_timeout. Does not raise for what goes wrong with the call. '
  'Returns (status, content), or (problem), a sentence, when there is no answer.';

create function jobs.dispatch(
  job_name text,
  trigger_source text default 'manual',
  timeout_ms int default 90000
)
returns uuid
language plpgsql
set search_path = ''
as $function$
declare
  run_id uuid := gen_random_uuid();
  sent_at timestamptz := clock_timestamp();
  slug text;
  answer record;
  running_run_id uuid;
begin
  if dispatch.trigger_source is null or dispatch.trigger_source not in ('cron', 'manual', 'catch_up') then
    raise exception 'trigger_source is cron, manual or catch_up, not %', coalesce(dispatch.trigger_source, 'null')
      using errcode = 'invalid_parameter_value';
  end if;

  select definition.function_slug
  into slug
  from jobs.definitions as definition
  where definition.job_name = dispatch.job_name;

  if not found then
    raise exception 'there is no job %', coalesce(dispatch.job_name, 'null')
      using
        errcode = 'undefined_object',
        hint = 'select job_name from jobs.definitions lists the registered jobs.';
  end if;

  answer := jobs.call_function(
    slug => slug,
    method => 'POST',
    run_id => run_id,
    body => json_build_object('triggerSource', dispatch.trigger_source)::text,
    timeout_ms => dispatch.timeout_ms
  );

  if exists (
    select 1
    from public.jobs_log as run
    where run.id = run_id
  ) then
    return run_id;
  end if;

  if answer.status = 409 then
    select run.id
    into running_run_id
    from public.jobs_log as run
    where run.job_name = dispatch.job_name
      and (
        run.status = 'running'
        -- It may have ended since.
        or run.id::text = substring(answer.content from '"runId"\s*:\s*"([0-9a-f-]{36})"')
      )
    order by run.status = 'running' desc, run.started_at desc
    limit 1;

    if found then
      return running_run_id;
    end if;
  end if;

  if answer.problem ~* 'timed out' and answer.problem !~* '(connect|resolv)' then
    -- Nobody knows yet: the function may have the call. The row is running until
    -- the function finishes it, or until it is older than max_runtime.
    return (
      public.start_job_run(
        job_name => dispatch.job_name,
        run_id => run_id,
        trigger_source => dispatch.trigger_source,
        as_of => sent_at
      ) ->> 'run_id'
    )::uuid;
  end if;

  perform jobs.record_dispatch_failure(
    job_name => dispatch.job_name,
    run_id => run_id,
    trigger_source => dispatch.trigger_source,
    started_at => sent_at,
    error_message => coalesce(answer.problem, jobs.explain_response(answer.status, answer.content))
  );
  return run_id;
end
$function$;

revoke all on function jobs.dispatch(text, text, int)
  from public, anon, authenticated, service_role;

comment on function jobs.dispatch(text, text, int) is
  'Triggers a registered job: POSTs to its Edge Function and waits for the answer, timeout_ms at most (default 90 '
  'seconds; less under a shorter statement_timeout). Default trigger_source manual. '
  'Guarantees a row in jobs_log: the function''s own, or a failed one that says why the function did not run. '
  'After a time-out the row is running, for the function to finish or to be reaped. '
  'Raises only for a job that is not registered or a bad trigger_source. '
  'Returns the run id; when the job is running already, the id of that run.';
