create function jobs.redact_response(
  content text,
  api_key text
)
returns text
language plpgsql
stable
set search_path = ''
as $function$
begin
  -- A foreign server may echo our key, or send bytes that are not text.
  return replace(
    convert_from(convert_to(redact_response.content, 'UTF8'), 'UTF8'),
    redact_response.api_key,
    '(key)'
  );
exception
  when character_not_in_repertoire or untranslatable_character then
    return format('(%s bytes that are not text)', octet_length(redact_response.content));
end
$function$;

revoke all on function jobs.redact_response(text, text)
  from public, anon, authenticated, service_role;

comment on function jobs.redact_response(text, text) is
  'The body of an answer as it may be logged: without our key, and only if it is valid text.';
