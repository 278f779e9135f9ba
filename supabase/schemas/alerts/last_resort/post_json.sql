create function jobs.post_json(
  url text,
  body jsonb,
  bearer text default null,
  idempotency_key text default null,
  timeout_ms int default 5000,
  out status int,
  out content text,
  out problem text
)
language plpgsql
set search_path = ''
as $function$
begin
  begin
    perform extensions.http_set_curlopt('CURLOPT_CONNECTTIMEOUT', '3');
    perform extensions.http_set_curlopt('CURLOPT_TIMEOUT_MS', post_json.timeout_ms::text);

    select answer.status, answer.content
    into post_json.status, post_json.content
    from extensions.http(
      (
        'POST',
        post_json.url,
        array_remove(
          array[
            case
              when post_json.bearer is not null then
                extensions.http_header('Authorization', 'Bearer ' || post_json.bearer)
            end,
            case
              when post_json.idempotency_key is not null then
                extensions.http_header('Idempotency-Key', post_json.idempotency_key)
            end
          ],
          null
        ),
        'application/json',
        post_json.body::text
      )::extensions.http_request
    ) as answer;
  exception
    when others then
      get stacked diagnostics
        problem = message_text;
  end;

  -- The options outlive the transaction, and the extension may not be there.
  if to_regprocedure('extensions.http_reset_curlopt()') is not null then
    perform extensions.http_reset_curlopt();
  end if;
end
$function$;

revoke all on function jobs.post_json(text, jsonb, text, text, int)
  from public, anon, authenticated, service_role;

comment on function jobs.post_json(text, jsonb, text, text, int) is
  'POSTs JSON to a service and waits for the answer, timeout_ms at most (default 5 seconds). Does not raise for what goes '
  'wrong with the call. Returns (status, content), or (problem) when there is no answer; either may repeat what was sent.';
