begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
\ir ../../arrange_runs.psql
select no_plan();

select col_is_pk(
  'jobs', 'run_results', array['run_id', 'item_id', 'transition'],
  'A run has one count for each item and transition'
);

select throws_ok(
  format(
    'insert into jobs.run_results (run_id, item_id, transition, updated_count) values (%L, %L, %L, %s)',
    pg_temp.run_id(1), 'north', 'sent', updated_count
  ),
  '23514',
  null,
  format('A count of %s is refused', updated_count)
)
from (values (0), (-1)) as refused (updated_count);

-- Rows of deleted runs

create function pg_temp.kept()
returns int[]
language sql
as $$
  select coalesce(array_agg(distinct right(result.run_id::text, 12)::int order by right(result.run_id::text, 12)::int), '{}')
  from jobs.run_results as result;
$$;

select pg_temp.log_run(
  'pgtap-a', started_at, status, id => pg_temp.run_id(number), results => '{"north": {"sent": 1, "read": 2}, "south": {"sent": 3}}'
)
from (
  values
    (1, timestamptz '2000-03-10 12:00:00+00', 'success'),
    (2, '2001-03-10 12:00:00+00', 'success'),
    (3, '2001-03-10 13:00:00+00', 'running'),
    (4, '2001-03-10 14:00:00+00', 'failed')
) as logged (number, started_at, status);

delete from public.jobs_log
where id = pg_temp.run_id(4);
select is(pg_temp.kept(), array[1, 2, 3, 4], 'A run with results can be deleted');

select jobs.prune(as_of => '2001-03-20 12:00:00+00');
select is(pg_temp.kept(), array[2, 3], 'Retention deletes the results of pruned and deleted runs, and keeps the others');

select jobs.prune(as_of => '2001-03-20 12:00:00+00');
select is(pg_temp.kept(), array[2, 3], 'Pruning again deletes nothing');

select lives_ok('truncate public.jobs_log', 'The owner can truncate the log');
select jobs.prune(as_of => '2001-03-20 12:00:00+00');
select is(pg_temp.kept(), '{}', 'The results follow');

select * from finish();
rollback;
