begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_job_checks.psql
select no_plan();

create function pg_temp.walk(minutes int, variadic failing text[])
returns void
language sql
as $$
  insert into public.jobs_log (job_name, started_at, status, items_total, errors)
  values (
    'pgtap-job',
    timestamptz '2001-03-10 12:00:00+00' + walk.minutes * interval '1 minute',
    'success',
    22,
    (
      select jsonb_agg(jsonb_build_object('id', item.id, 'name', upper(item.id), 'error', item.id || ' is broken'))
      from unnest(walk.failing) as item (id)
    )
  );
$$;

select pg_temp.register('pgtap-job');
select pg_temp.walk(0, variadic '{}');
select is(pg_temp.findings('pgtap-job'), '{}', 'A job whose items work is well');

select pg_temp.walk(1, 'ink');
select is(pg_temp.findings('pgtap-job'), '{}', 'So is one with an item that failed once');

select pg_temp.walk(2, 'ink');
select is(
  pg_temp.findings('pgtap-job'),
  array['warning item_failing: One item failed in its last 2 runs.'],
  'An item that failed in two runs is reported, without its name and its error'
);

select pg_temp.walk(3, 'ink', 'a', 'b', 'c', 'd', 'e', 'f');
select pg_temp.walk(4, 'ink', 'a', 'b', 'c', 'd', 'e', 'f');
select is(
  pg_temp.findings('pgtap-job'),
  array['warning item_failing: 7 items failed in their last 2 runs or more.'],
  'Several are counted'
);

select is(
  jsonb_path_query_array(jobs.job_health_report('2001-03-10 13:00:00+00', 'pgtap-job'), '$[*].failing_items[*].name'),
  jsonb '["A", "B", "C", "D", "E", "F", "INK"]',
  'The report names them, those that joined last at the top'
);
select results_eq(
  $$
    select jsonb_path_query(jobs.job_health_report('2001-03-10 13:00:00+00', 'pgtap-job'), '$[*].failing_items[6]')
  $$,
  $$
    values (
      jsonb_build_object(
        'id', 'ink', 'name', 'INK', 'error', 'ink is broken', 'failures', 4,
        'failing_since', timestamptz '2001-03-10 12:01:00+00'
      )
    )
  $$,
  'Each with its error, in how many runs it failed and since when'
);

select pg_temp.walk(5, variadic '{}');
select is(pg_temp.findings('pgtap-job'), '{}', 'The finding goes when the items have worked');
select is(
  jobs.job_health_report('2001-03-10 13:00:00+00', 'pgtap-job') #> '{0,failing_items}',
  '[]',
  'None is named then'
);

select * from finish();
rollback;
