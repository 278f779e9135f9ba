begin;
\ir ../../arrange.psql
select no_plan();

select is(jobs.checked_service_url('pgtap', url), url, format('%s is taken', url))
from unnest(array[
  'https://hooks.slack.com/services/T0/B0/secret',
  'HTTPS://api.resend.com',
  'https://api.resend.com:8443/emails',
  'http://127.0.0.1:40123/emails',
  'http://localhost/emails',
  'http://[::1]:40123'
]) as url;

select throws_ok(
  format('select jobs.checked_service_url(%L, %L)', 'pgtap', url),
  '22023',
  'pgtap is no https address',
  format('%s is refused', quote_nullable(regexp_replace(url, '\s', '?', 'g')))
)
from unnest(array[
  'http://hooks.slack.com/services/T0/B0/secret',
  'hooks.slack.com/services/T0/B0/secret',
  'ftp://127.0.0.1/',
  'file:///etc/passwd',
  'http://127.0.0.1@evil.example/',
  'http://127.0.0.1:80@evil.example/',
  'http://evil.example#.localhost/',
  'http://localhost.evil.example/',
  'http://localhost?@evil.example/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://127。0。0。1/',
  'https://user@hooks.slack.com/',
  'https://',
  E'https://hooks.slack.com/\r\nX-Injected: 1',
  'https://hooks.slack.com/a b',
  ''
]) as url;

select * from finish();
rollback;
