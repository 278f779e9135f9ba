create function jobs.send_request(
  method text,
  url text,
  headers jsonb,
  body text,
  connect_seconds int,
  timeout_ms int,
  out status int,
  out content text,
  out problem text
)
language plpgsql
set search_path = ''
as $function$
begin
  begin
    perform extensions.http_set_curlopt('CURLOPT_CONNECTTIMEOUT', send_request.connect_seconds::text);
    perform extensions.http_set_curlopt('CURLOPT_TIMEOUT_MS', send_request.timeout_ms::text);

    select
      answer.status,
      -- What follows takes time for each byte, and has to end before the
      -- statement does.
      case
        when octet_length(answer.content) > 10000000
          then format('(%s bytes, which are not read)', octet_length(answer.content))
        else answer.content
      end
    into send_request.status, send_request.content
    from extensions.http(
      (
        send_request.method,
        send_request.url,
        array(
          select extensions.http_header(header.field, header.value)
          from jsonb_each_text(jsonb_strip_nulls(send_request.headers)) as header (field, value)
        ),
        case when send_request.body is not null then 'application/json' end,
        send_request.body
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

revoke all on function jobs.send_request(text, text, jsonb, text, int, int)
  from public, anon, authenticated, service_role;

comment on function jobs.send_request(text, text, jsonb, text, int, int) is
  'Sends an HTTP request and waits for the answer: connect_seconds for the connection, timeout_ms in all. headers is '
  '{field: value}, those that are null left out; a body is JSON. Leaves the session''s curl options as pgsql-http has '
  'them by default. Does not raise for what goes wrong with the call. Returns (status, content), or (problem) when there '
  'is no answer; either may repeat what was sent. Of an answer of more than 10 MB the content is only its size.';
