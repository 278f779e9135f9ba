create function jobs.redact_secrets(
  content text,
  secrets text[]
)
returns text
language plpgsql
immutable
set search_path = ''
as $function$
declare
  secret text;
  clean text := redact_secrets.content;
begin
  foreach secret in array redact_secrets.secrets loop
    -- A shorter one would take ordinary words out.
    if length(secret) >= 8 then
      clean := jobs.redact_response(clean, secret);
    end if;
  end loop;
  return left(btrim(regexp_replace(clean, '[[:cntrl:]]+', ' ', 'g')), 300);
end
$function$;

revoke all on function jobs.redact_secrets(text, text[])
  from public, anon, authenticated, service_role;

comment on function jobs.redact_secrets(text, text[]) is
  'A service''s answer or an error as it may be stored: one line of 300 characters at most, without these secrets.';
