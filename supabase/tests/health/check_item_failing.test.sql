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
  array['warning item_failing: INK failed in its last 2 runs: ink is broken'],
  'An item that failed in two runs is reported with its error'
);

select pg_temp.walk(3, 'ink', 'a', 'b', 'c', 'd', 'e', 'f');
select pg_temp.walk(4, 'ink', 'a', 'b', 'c', 'd', 'e', 'f');
select is(
  pg_temp.findings('pgtap-job'),
  array['warning item_failing: 7 items failed in at least two runs in a row: A, B, C, D, E and 2 more.'],
  'Of several items the first five are named, those that joined last before the others'
);

update jobs.failing_items
set
  name = case item_id when 'ink' then ' ' end,
  error = null
where job_name = 'pgtap-job';
delete from jobs.failing_items
where job_name = 'pgtap-job'
  and item_id <> 'ink';
select is(
  pg_temp.findings('pgtap-job'),
  array['warning item_failing: ink failed in its last 4 runs: it left no message.'],
  'An item without a name goes by its id'
);

select pg_temp.walk(5, variadic '{}');
select is(pg_temp.findings('pgtap-job'), '{}', 'The finding goes when the item has worked');

select * from finish();
rollback;
