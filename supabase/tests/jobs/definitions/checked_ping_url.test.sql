begin;
\ir ../../arrange.psql
select no_plan();

select is(jobs.checked_ping_url(good.url), good.url, format('%s may be called', good.url))
from (
  values
    ('https://hc-ping.com/7c2f6a7e-0f59-4f4e-9f0f-6f0b6d1c2a11'),
    ('https://uptime.example.com:8443/api/push/x?status=up&msg=OK&ping='),
    ('HTTPS://Hc-Ping.com'),
    ('https://xn--80aswg.xn--p1ai/ping'),
    ('http://127.0.0.1:54399/ping'),
    ('http://localhost/ping'),
    ('http://[::1]:8080/ping')
) as good (url);

select throws_ok(
  format('select jobs.checked_ping_url(%L)', bad.url),
  '22023',
  bad.problem,
  format('%s is refused', bad.url)
)
from (
  values
    ('http://hc-ping.com/x', 'ping_url must begin with https://'),
    ('ftp://hc-ping.com/x', 'ping_url is not the plain address of a public host'),
    ('https://user:secret@hc-ping.com/x', 'ping_url is not the plain address of a public host'),
    ('https://hc-ping.com\@evil.example/x', 'ping_url is not the plain address of a public host'),
    ('https://hc-ping.com/x#y', 'ping_url is not the plain address of a public host'),
    ('https://hc-ping.com?x', 'ping_url is not the plain address of a public host'),
    ('https://10.0.0.1/x', 'ping_url is not the plain address of a public host'),
    ('https://169.254.169.254/latest', 'ping_url is not the plain address of a public host'),
    ('https://2130706433/x', 'ping_url is not the plain address of a public host'),
    ('https://0x7f.1/x', 'ping_url is not the plain address of a public host'),
    ('https://[fd00::1]/x', 'ping_url is not the plain address of a public host'),
    ('https://kong/x', 'ping_url is not the plain address of a public host'),
    ('https://db.internal/x', 'ping_url is not the plain address of a public host'),
    ('https://printer.local./x', 'ping_url is not the plain address of a public host'),
    ('https://hc-ping.com:0/x', 'ping_url is not the plain address of a public host'),
    ('https://hc-ping.com:70000/x', 'ping_url is not the plain address of a public host'),
    (E'https://hc-ping.com/x\r\nX: y', 'ping_url is not the plain address of a public host'),
    ('https://hc-ping.com/' || repeat('x', 1000), 'ping_url is not the plain address of a public host'),
    ('', 'ping_url is not the plain address of a public host')
) as bad (url, problem);

select is(jobs.checked_ping_url(null), null, 'No address is no problem');

-- A job's

select jobs.register('pgtap-ping', 'A job of the tests', '0 0 1 1 *', ping_url => '  https://hc-ping.com/x ');
select is(
  (select ping_url from jobs.definitions where job_name = 'pgtap-ping'), 'https://hc-ping.com/x',
  'It is registered without white space'
);
select throws_ok(
  $$select jobs.register('pgtap-ping', 'A job of the tests', '0 0 1 1 *', ping_url => 'https://10.0.0.1/')$$,
  '22023', 'ping_url is not the plain address of a public host',
  'A wrong one is refused'
);
select is(
  (select ping_url from jobs.definitions where job_name = 'pgtap-ping'), 'https://hc-ping.com/x', 'Nothing was changed'
);

create function pg_temp.ends(status text, metadata jsonb default '{}', items int default 3)
returns jsonb
language sql
as $$
  select public.finish_job_run(
    (public.start_job_run('pgtap-ping') ->> 'run_id')::uuid,
    ends.status,
    metadata => ends.metadata,
    items_total => 3,
    items_processed => ends.items
  );
$$;

select is(pg_temp.ends('success') ->> 'ping_url', 'https://hc-ping.com/x', 'A success is to be reported to it');
select is(pg_temp.ends('failed') ->> 'ping_url', null, 'A failure is not');
select is(
  pg_temp.ends('success', '{"continued": true}') ->> 'ping_url', null,
  'A success that is continued is not'
);

-- A ping that did not arrive

select pg_temp.ends('success', '{"attempts": 1}') ->> 'run_id' as run_id \gset
select is(
  public.report_ping_failure(:'run_id', 'The monitor answered 404.'),
  jsonb_build_object('run_id', :'run_id', 'ping_error', 'The monitor answered 404.'),
  'It is noted'
);
select results_eq(
  format('select status, metadata from public.jobs_log where id = %L', :'run_id'),
  $$values ('success', jsonb '{"attempts": 1, "ping_error": "The monitor answered 404."}')$$,
  'The run stays a success'
);
select pg_temp.ends('failed') ->> 'run_id' as failed_id \gset
select throws_ok(
  format('select public.report_ping_failure(%L, ''x'')', :'failed_id'), 'PT404',
  format('no run %s has succeeded', :'failed_id'),
  'Only a success has a ping'
);

select jobs.register('pgtap-ping', 'A job of the tests', '0 0 1 1 *');
select is(
  (select ping_url from jobs.definitions where job_name = 'pgtap-ping'), null, 'Registered without it, it has none'
);

select * from finish();
rollback;
