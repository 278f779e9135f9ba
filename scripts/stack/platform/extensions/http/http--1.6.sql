-- A stand-in for pgsql-http 1.6: the same types, functions and answers, over
-- libcurl through PL/Python. README.md says what matches and what is left out.

\echo Use "create extension http" to load this file. \quit

-- Types ----------------------------------------------------------------------

create domain http_method as text;

create domain content_type as text
  check (value ~ '^\S+\/\S+');

create type http_header as (
  field varchar,
  value varchar
);

create type http_request as (
  method http_method,
  uri varchar,
  headers http_header[],
  content_type varchar,
  content varchar
);

create type http_response as (
  status integer,
  content_type varchar,
  headers http_header[],
  content varchar
);

-- text and bytea -------------------------------------------------------------

-- Both types are the same bytes behind a length, and byteasend copies its
-- argument unchanged: a cast without conversion. An answer may hold bytes that
-- are no valid text (an image), and pgsql-http hands those over as they are.
create function text_to_bytea(data text)
returns bytea
language internal
immutable
strict
as 'byteasend';

create function bytea_to_text(data bytea)
returns text
language internal
immutable
strict
as 'byteasend';

-- Encoding of parameters -----------------------------------------------------

create function urlencode(string bytea)
returns text
language plpython3u
immutable
strict
as $python$
from urllib.parse import quote_plus

return quote_plus(string.split(b"\0", 1)[0], safe="")
$python$;

create function urlencode(string varchar)
returns text
language sql
immutable
strict
return @extschema@.urlencode(@extschema@.text_to_bytea(string));

create function urlencode(data jsonb)
returns text
language plpgsql
immutable
strict
set search_path = ''
as $$
begin
  if jsonb_typeof(data) <> 'object' then
    raise exception 'cannot call urlencode_jsonb on a non-object'
      using errcode = 'invalid_parameter_value';
  end if;

  -- Nested values have no place in a form, and are passed over in silence.
  return (
    select string_agg(
      @extschema@.urlencode(pair.key::varchar)
        || '='
        || @extschema@.urlencode(
          case jsonb_typeof(pair.value)
            when 'number' then trim_scale((pair.value #>> '{}')::numeric)::text
            else coalesce(pair.value #>> '{}', '')
          end::varchar
        ),
      '&'
      order by pair.position
    )
    from jsonb_each(data) with ordinality as pair (key, value, position)
    where pair.key <> ''
      and jsonb_typeof(pair.value) not in ('object', 'array')
  );
end;
$$;

-- Session options ------------------------------------------------------------

-- Returns what libcurl objects to, null when the option is set. PL/Python would
-- put "plpy.Error: " before a message that it raises itself, so the functions
-- in Python report, and those in PL/pgSQL raise.
create function http_curlopt_objection(curlopt text, value text)
returns text
language plpython3u
strict
as $python$
import re

import pycurl

# In the order in which they are applied: a later one overrides an earlier one
# that sets the same thing (TIMEOUT, TIMEOUT_MS).
SETTABLE = [
    f"CURLOPT_{name}"
    for name in (
        "CAINFO TIMEOUT TIMEOUT_MS CONNECTTIMEOUT USERAGENT USERPWD IPRESOLVE "
        "SSLCERTTYPE PROXY PROXYPORT PROXYUSERNAME PROXYPASSWORD "
        "TLSAUTH_USERNAME TLSAUTH_PASSWORD TLSAUTH_TYPE DNS_SERVERS "
        "TCP_KEEPALIVE TCP_KEEPIDLE SSL_VERIFYHOST SSL_VERIFYPEER SSLCERT "
        "SSLKEY PRE_PROXY PROXY_CAINFO PROXY_TLSAUTH_USERNAME "
        "PROXY_TLSAUTH_PASSWORD PROXY_TLSAUTH_TYPE"
    ).split()
]

name = curlopt.upper()
option = getattr(pycurl, name.removeprefix("CURLOPT_"), None)
if name not in SETTABLE or option is None:
    return (
        f"curl option '{curlopt}' is not available for run-time configuration"
    )

parsed = value
try:
    try:
        pycurl.Curl().setopt(option, parsed)
    except TypeError:
        # Numbers are read as C's strtol reads them: as far as there are digits.
        number = re.match(r"\s*[+-]?\d+", value)
        parsed = int(number.group()) if number else 0
        pycurl.Curl().setopt(option, parsed)
except pycurl.error as error:
    return error.args[1]

options = GD.setdefault("http.curlopt", {})
options[name] = (option, parsed, value)
GD["http.curlopt"] = {
    name: options[name] for name in SETTABLE if name in options
}
return None
$python$;

create function http_set_curlopt(curlopt varchar, value varchar)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  objection text;
begin
  if http_set_curlopt.curlopt is null or http_set_curlopt.value is null then
    return false;
  end if;

  objection := @extschema@.http_curlopt_objection(
    curlopt => http_set_curlopt.curlopt,
    value => http_set_curlopt.value
  );
  if objection is not null then
    raise exception using
      errcode = 'internal_error',
      message = objection;
  end if;
  return true;
end;
$$;

create function http_reset_curlopt()
returns boolean
language plpython3u
as $python$
GD.pop("http.curlopt", None)
return True
$python$;

create function http_list_curlopt()
returns table (
  curlopt text,
  value text
)
language plpython3u
as $python$
options = GD.get("http.curlopt", {})
return [(name, value) for name, (_, _, value) in options.items()]
$python$;

-- The transfer ---------------------------------------------------------------

-- Postgres acts on a cancel or statement_timeout between statements only. So the
-- transfer executes an empty one every 50 ms, and hangs up when that fails.
create function http_perform(
  request http_request,
  timeout_msec integer,
  out cancelled boolean,
  out error text,
  out status integer,
  out content_type text,
  out charset text,
  out headers http_header[],
  out content bytea
)
language plpython3u
as $python$
import ctypes
import re
import time
from io import BytesIO

import pycurl

TURN_SECONDS = 0.05


def octets(text):
    return text.encode("utf-8")


def header_lines(request):
    lines = [b"Connection: close", b"Charsets: utf-8"]
    for header in request["headers"] or []:
        if header is None or header["field"] is None:
            continue
        field = header["field"]
        if field == "" or field.lower().startswith("content-type"):
            plpy.notice(
                "'Content-Type' is not supported as an optional header"
            )
            continue
        # A line without a value makes libcurl leave the header out.
        lines.append(octets(f"{field}: {header['value'] or ''}"))
    if request["content"] is not None:
        lines.append(octets(f"Content-Type: {request['content_type']}"))
    return lines


def set_method(curl, method, content):
    verb = method.upper()
    if verb != "HEAD":
        curl.setopt(pycurl.FOLLOWLOCATION, 1)
        curl.setopt(pycurl.MAXREDIRS, 5)
    if content is None:
        if verb == "HEAD":
            curl.setopt(pycurl.NOBODY, 1)
        elif verb != "GET":
            curl.setopt(pycurl.CUSTOMREQUEST, octets(method))
        return
    body = octets(content)
    if verb in ("GET", "POST", "DELETE"):
        curl.setopt(pycurl.POST, 1)
        curl.setopt(pycurl.POSTFIELDS, body)
    else:
        curl.setopt(pycurl.UPLOAD, 1)
        curl.setopt(pycurl.READDATA, BytesIO(body))
        curl.setopt(pycurl.INFILESIZE_LARGE, len(body))
    if verb not in ("POST", "PUT"):
        known = verb in ("GET", "DELETE", "PATCH")
        curl.setopt(pycurl.CUSTOMREQUEST, octets(verb if known else method))


def user_agent():
    if "http.user_agent" not in GD:
        rows = plpy.execute("select pg_catalog.version() as version")
        GD["http.user_agent"] = rows[0]["version"]
    return GD["http.user_agent"]


def error_text(code):
    """What libcurl says of an error for which it left no message."""
    libcurl = ctypes.CDLL(pycurl.__file__)
    libcurl.curl_easy_strerror.restype = ctypes.c_char_p
    return libcurl.curl_easy_strerror(code).decode()


def finish(multi):
    """Returns libcurl's error, None after an answer."""
    checked = time.monotonic()
    while True:
        while multi.perform()[0] == pycurl.E_CALL_MULTI_PERFORM:
            pass
        _, done, failed = multi.info_read()
        if done:
            return None
        if failed:
            _, code, message = failed[0]
            return message or error_text(code)
        left = checked + TURN_SECONDS - time.monotonic()
        if left <= 0:
            plpy.execute("select")
            checked = time.monotonic()
            continue
        due = multi.timeout()
        if due >= 0:
            left = min(left, due / 1000)
        if multi.select(max(left, 0.001)) == -1:
            # Nothing to wait on yet, as during a name look-up in a thread.
            time.sleep(min(left, 0.002))


def charset_of(content_type):
    for parameter in (content_type or "").split(";"):
        name, equals, value = parameter.strip().partition("=")
        if equals and name.lower() == "charset":
            return value
    return None


def headers_of(text):
    return re.findall(
        r"^([^ \t\r\n\v\f]+): ?([^ \t\r\n\v\f]+.*)$",
        text.replace("\r", ""),
        re.MULTILINE,
    )


curl = pycurl.Curl()
multi = pycurl.CurlMulti()
raw_headers = BytesIO()
content = BytesIO()
settings = [
    (pycurl.CONNECTTIMEOUT, 1),
    (pycurl.TIMEOUT_MS, 5000),
    (pycurl.USERAGENT, user_agent()),
    *[chosen[:2] for chosen in GD.get("http.curlopt", {}).values()],
    (pycurl.URL, octets(request["uri"])),
    # A file:// address would read the server's own files.
    (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
    (pycurl.FORBID_REUSE, 1),
    (pycurl.NOSIGNAL, 1),
    (pycurl.ACCEPT_ENCODING, ""),
    (pycurl.WRITEDATA, content),
    (pycurl.WRITEHEADER, raw_headers),
    (pycurl.HTTPHEADER, header_lines(request)),
]
if timeout_msec > 0:
    settings.append((pycurl.TIMEOUT_MS, timeout_msec))
try:
    for option, value in settings:
        curl.setopt(option, value)
    set_method(curl, request["method"], request["content"])
    multi.add_handle(curl)
    error = finish(multi)
    content_type = curl.getinfo(pycurl.CONTENT_TYPE)
    return (
        False,
        error,
        curl.getinfo(pycurl.RESPONSE_CODE),
        content_type,
        charset_of(content_type),
        headers_of(raw_headers.getvalue().decode("utf-8", "replace")) or None,
        content.getvalue() or None,
    )
except pycurl.error as failure:
    return (False, failure.args[1], None, None, None, None, None)
except plpy.SPIError as failure:
    return (True, str(failure), None, None, None, None, None)
finally:
    curl.close()
    multi.close()
$python$;

-- What the session was asked to end, it still has to end: Postgres raises 57014
-- at the next statement, as after a call of the real one. Nothing may come
-- between this function and the error whose text it returns.
create function http_cancelled()
returns text
language plpython3u
as $python$
import os
import signal

os.kill(os.getpid(), signal.SIGINT)
return "HTTP request cancelled"
$python$;

create function http(request @extschema@.http_request)
returns http_response
language plpgsql
set search_path = ''
as $$
declare
  outcome record;
  complaint constant text := case
    when http.request is null
      then 'An http_request must be provided'
    when (http.request).uri is null
      then 'http_request.uri is NULL'
    when (http.request).method is null
      then 'http_request.method is NULL'
    when (http.request).content is null
      and upper((http.request).method) in ('PUT', 'POST')
      then 'http_request.content is NULL'
    when (http.request).content is not null
      and (http.request).content_type is null
      then 'http_request.content_type is NULL'
  end;
begin
  if complaint is not null then
    raise exception using
      errcode = 'internal_error',
      message = complaint;
  end if;

  outcome := @extschema@.http_perform(
    request => http.request,
    timeout_msec => coalesce(
      nullif(current_setting('http.timeout_msec', true), '')::integer,
      0
    )
  );
  if outcome.cancelled then
    raise exception using
      errcode = 'internal_error',
      message = @extschema@.http_cancelled();
  elsif outcome.error is not null then
    raise exception using
      errcode = 'internal_error',
      message = outcome.error;
  end if;

  return row(
    outcome.status,
    outcome.content_type,
    outcome.headers,
    case
      when pg_char_to_encoding(outcome.charset) >= 0
        then convert_from(outcome.content, outcome.charset)
      else @extschema@.bytea_to_text(outcome.content)
    end
  )::@extschema@.http_response;
end;
$$;

-- Short forms ----------------------------------------------------------------

create function http_header(field varchar, value varchar)
returns http_header
language sql
return row(field, value)::@extschema@.http_header;

do $do$
declare
  method text;
begin
  foreach method in array array['GET', 'DELETE', 'HEAD'] loop
    execute format(
      $sql$
        create function http_%s(uri varchar)
        returns http_response
        language sql
        return @extschema@.http(
          (%L, uri, null, null, null)::@extschema@.http_request
        )
      $sql$,
      lower(method),
      method
    );
  end loop;
  foreach method in array array['POST', 'PUT', 'PATCH', 'DELETE'] loop
    execute format(
      $sql$
        create function http_%s(
          uri varchar,
          content varchar,
          content_type varchar
        )
        returns http_response
        language sql
        return @extschema@.http(
          (%L, uri, null, content_type, content)::@extschema@.http_request
        )
      $sql$,
      lower(method),
      method
    );
  end loop;
end;
$do$;

create function http_get(uri varchar, data jsonb)
returns http_response
language sql
return @extschema@.http_get(uri || '?' || @extschema@.urlencode(data));

-- A form, not JSON: the trap that the real one sets too.
create function http_post(uri varchar, data jsonb)
returns http_response
language sql
return @extschema@.http_post(
  uri,
  @extschema@.urlencode(data)::varchar,
  'application/x-www-form-urlencoded'
);
