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
language sql
set search_path = ''
as $function$
  select
    answer.status,
    answer.content,
    answer.problem
  from jobs.send_request(
    method => 'POST',
    url => post_json.url,
    headers => jsonb_build_object(
      'Authorization', 'Bearer ' || post_json.bearer,
      'Idempotency-Key', post_json.idempotency_key
    ),
    body => post_json.body::text,
    connect_seconds => 3,
    timeout_ms => post_json.timeout_ms
  ) as answer;
$function$;

revoke all on function jobs.post_json(text, jsonb, text, text, int)
  from public, anon, authenticated, service_role;

comment on function jobs.post_json(text, jsonb, text, text, int) is
  'POSTs JSON to a service and waits for the answer, timeout_ms at most (default 5 seconds). Does not raise for what goes '
  'wrong with the call. Returns (status, content), or (problem) when there is no answer; either may repeat what was sent.';
