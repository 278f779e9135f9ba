begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
select no_plan();

-- One run after the other: each call is a run that starts an hour after the one
-- before it. failing names the items that fail, out of total.

create table pg_temp.clock as
select timestamptz '2001-03-01 07:00:00+00' as stands_at;

create function pg_temp.walk(
  failing text[] default '{}',
  total int default 22,
  processed int default null,
  status text default 'success',
  job_name text default 'pgtap-a',
  after interval default '1 hour',
  failed int default null
)
returns text[]
language plpgsql
as $$
declare
  instant timestamptz;
begin
  update pg_temp.clock
  set stands_at = stands_at + walk.after
  where true
  returning stands_at
  into instant;

  insert into public.jobs_log (
    job_name, started_at, completed_at, status, items_total, items_processed, items_failed, errors
  )
  values (
    walk.job_name,
    instant,
    instant + interval '3 seconds',
    walk.status,
    walk.total,
    coalesce(walk.processed, walk.total),
    walk.failed,
    (
      select jsonb_agg(jsonb_build_object('id', item.id, 'name', upper(item.id), 'error', item.id || ' is broken'))
      from unnest(walk.failing) as item (id)
    )
  );
  return pg_temp.new_alerts();
end
$$;

create function pg_temp.items()
returns text
language sql
as $$
  select string_agg(item ->> 'id' || ' ' || (item ->> 'failures'), ', ' order by position)
  from jsonb_array_elements((pg_temp.last_alert()).details -> 'items') with ordinality as listed (item, position);
$$;

-- The same item, run after run

select is(pg_temp.walk(), '{}', 'A run in which every item works raises no alert');
select is(pg_temp.walk('{ink}'), '{}', 'One of 22 items that fails once raises no alert');
select is(pg_temp.walk('{ink}'), array['item_failing of pgtap-a'], 'The same item failing in the next run does');

select results_eq(
  $$
    select
      (details ->> 'items_failing')::int,
      details -> 'items' -> 0,
      details #>> '{run,items_total}',
      run_id is not null
    from pg_temp.last_alert()
  $$,
  $$
    values (
      1,
      jsonb_build_object(
        'id', 'ink', 'name', 'INK', 'error', 'ink is broken', 'failures', 2,
        'failing_since', timestamptz '2001-03-01 09:00:00+00'
      ),
      '22',
      true
    )
  $$,
  'The alert has the item, its error, in how many runs it failed and since when, and the run'
);

select is(pg_temp.walk('{ink}'), '{}', 'The third run is the same problem');
select is(pg_temp.walk('{ink,paper}'), '{}', 'An item that fails for the first time does not join yet');
select is(pg_temp.walk('{ink,paper}'), array['item_failing of pgtap-a'], 'In the run after that it joins: an alert at once');
select is(pg_temp.items(), 'paper 2, ink 5', 'The item that joined is at the top');

select is(pg_temp.walk('{ink}'), '{}', 'An item that leaves raises no alert');
select is(pg_temp.walk('{ink,paper}'), '{}', 'It begins anew when it fails again');
select is(pg_temp.walk('{ink,paper}'), array['item_failing of pgtap-a'], 'It joins again when it fails in the next run, too');

select is(pg_temp.walk('{ink}', after => '23:59:59.999999'), '{}', 'The 24 hours begin with the last alert');
select is(
  pg_temp.walk('{ink}', after => '0.000001 seconds'),
  array['item_failing of pgtap-a, reminder 1'],
  'After them there is a reminder'
);
select is(pg_temp.items(), 'ink 10', 'It lists what is failing by then');

select is(pg_temp.walk('{}'), array['job_recovered of pgtap-a'], 'When no item fails any more, the job has recovered');
select is(
  (pg_temp.last_alert()).details #>> '{problems,0,kind}',
  'item_failing',
  'job_recovered names the problem'
);
select is(pg_temp.walk('{}'), '{}', 'The recovery is reported once');
select is_empty($$select 1 from jobs.failing_items where job_name = 'pgtap-a'$$, 'No item is remembered');

-- Two different items

select is(pg_temp.walk('{ink}'), '{}', 'One item fails');
select is(pg_temp.walk('{paper}'), '{}', 'Another one in the next run: neither failed twice in a row');
select is(pg_temp.walk('{ink}'), '{}', 'Every other run is not in a row');
select is(pg_temp.walk('{ink,paper}', status => 'failed', total => 3),
  array['run_failed of pgtap-a', 'item_failing of pgtap-a'],
  'A run that fails because of its items counts as any other'
);
select is(pg_temp.walk('{}'), array['job_recovered of pgtap-a'], 'A success without failed items ends both problems in one message');
select set_eq(
  $$select jsonb_path_query((pg_temp.last_alert()).details, '$.problems[*].kind') #>> '{}'$$,
  array['run_failed', 'item_failing'],
  'It names both'
);

-- An item that was not tried

select is(pg_temp.walk('{ink}'), '{}', 'An item fails');
select is(
  pg_temp.walk('{}', processed => 5, status => 'failed'),
  array['run_failed of pgtap-a'],
  'The next run ends before it comes to the item'
);
select is(
  pg_temp.walk('{}', total => null, status => 'failed'),
  '{}',
  'The one after that fails before it has a list'
);
select is(pg_temp.walk('{}', total => 0), array['job_recovered of pgtap-a'], 'A run with an empty list ends the failures of runs');
select is(pg_temp.walk('{}', total => null), '{}', 'So does a run without items');
select is(
  pg_temp.walk('{ink}'),
  array['item_failing of pgtap-a'],
  'None of them tried the item, so it has now failed in two runs in a row'
);
select is(pg_temp.walk('{}', total => 0), '{}', 'An empty list is no recovery');
select is(
  pg_temp.walk('{}', processed => 21, status => 'failed'),
  array['run_failed of pgtap-a'],
  'Nor is a run that ended before the item'
);
select is(
  pg_temp.walk('{}', total => null),
  array['job_recovered of pgtap-a'],
  'A success without items ends the failed runs'
);
select is(
  jsonb_path_query_array((pg_temp.last_alert()).details, '$.problems[*].kind'),
  jsonb '["run_failed"]',
  'It does not end the failing item'
);
select pg_temp.walk('{ink}', processed => 3, status => 'failed');
select results_eq(
  $$select failures from jobs.failing_items where job_name = 'pgtap-a'$$,
  $$values (3)$$,
  'In a run that ended early the items that it names were tried'
);
select is(pg_temp.walk('{}'), array['job_recovered of pgtap-a'], 'A run that came to the end of its list without it is');
select is(pg_temp.walk('{}'), '{}', 'This recovery is reported once, too');

-- More failed items than a row names

select pg_temp.walk('{ink,paper}');
select pg_temp.walk('{ink,paper}');
select is(
  pg_temp.walk('{pens}', total => 5000, failed => 1200),
  array['run_degraded of pgtap-a'],
  'A run names only the first of its failed items'
);
select is(
  (select string_agg(item_id || ' ' || failures, ', ' order by item_id) from jobs.failing_items where job_name = 'pgtap-a'),
  'ink 2, paper 2, pens 1',
  'Whether the others failed is not known, so they stay as they are'
);
select pg_temp.walk('{}');
select pg_temp.new_alerts();

-- Runs out of order, corrected, and written by hand

select pg_temp.walk('{ink}', job_name => 'pgtap-late');
select is(
  pg_temp.walk('{ink}', job_name => 'pgtap-late', after => '-1 hour'),
  '{}',
  'A run that is logged late is not the next one'
);
select is(
  pg_temp.walk('{ink}', job_name => 'pgtap-late', after => '1 hour'),
  array['item_failing of pgtap-late'],
  'Of two runs that started at the same instant the second one is'
);

select pg_temp.walk('{ink}', job_name => 'pgtap-fixed', status => 'failed');
update public.jobs_log
set status = 'success'
where job_name = 'pgtap-fixed';
select results_eq(
  $$select failures from jobs.failing_items where job_name = 'pgtap-fixed'$$,
  $$values (1)$$,
  'A run whose result is corrected is not counted twice'
);
select pg_temp.new_alerts();

select lives_ok(
  format(
    $$
      insert into public.jobs_log (job_name, started_at, status, errors)
      values (%L, '2001-04-01 07:00:00+00', 'success', %L)
    $$,
    case when errors like '%long name%' then repeat(md5('long') || md5('name'), 30) else 'pgtap-odd' end,
    errors
  ),
  'A run can be logged with the errors ' || left(errors, 60)
)
from (
  values
    ('["It broke.", 7, null, [1], {}]'),
    ('[{"id": null, "name": null, "error": null}]'),
    ('[{"id": 7, "error": {"code": 1}}, {"id": "7"}, {"id": "7"}]'),
    ('[{"name": "without an id"}]'),
    ('[{"id": "' || repeat('é💥', 20000) || '"}]'),
    ('[{"id": "' || repeat('long name', 100) || '"}]')
) as odd (errors);

select results_eq(
  $$select item_id, failures from jobs.failing_items where job_name = 'pgtap-odd' order by length(item_id), item_id$$,
  $$values (repeat('é💥', 100), 1)$$,
  'An item is known by its id, or its name, as far as it has one; the last list counts'
);
select pg_temp.new_alerts();

-- Of many items the first ten

select pg_temp.walk(array(select 'item-' || number from generate_series(10, 30) as number), total => 1000, job_name => 'pgtap-many');
select is(
  pg_temp.walk(array(select 'item-' || number from generate_series(10, 30) as number), total => 1000, job_name => 'pgtap-many'),
  array['item_failing of pgtap-many'],
  'Twenty-one items that fail together are one alert'
);
select results_eq(
  $$select (details ->> 'items_failing')::int, jsonb_array_length(details -> 'items') from pg_temp.last_alert()$$,
  $$values (21, 10)$$,
  'It lists ten of them and says how many there are'
);

-- Reminders without a run, and the end of a job

select is(jobs.raise_reminders('2001-07-01 00:00:00+00'), 0, 'A job that is not registered gets no reminder without a run');
select pg_temp.register('pgtap-many');
select pg_temp.new_alerts();
select jobs.raise_reminders('2001-07-01 00:00:00+00');
select is(pg_temp.new_alerts(), array['item_failing of pgtap-many, reminder 1'], 'A registered one gets it');

select jobs.unregister('pgtap-many');
select is(pg_temp.new_alerts(), '{}', 'Unregistering the job closes the incident without an alert');
select is_empty($$select 1 from jobs.failing_items where job_name = 'pgtap-many'$$, 'Its items are forgotten');
select is(
  pg_temp.walk(array['item-10'], total => 1000, job_name => 'pgtap-many'),
  '{}',
  'They have to fail in two runs again'
);

-- Retention

select jobs.prune(as_of => '2003-01-01 00:00:00+00');
select is_empty(
  $$select 1 from jobs.failing_items where job_name = 'pgtap-many'$$,
  'An item that failed once, long ago, is forgotten'
);

select * from finish();
rollback;
