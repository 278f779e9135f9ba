begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir ../arrange_runs.psql
select no_plan();

-- What is kept of a run: "agency transition count", in the order of its list.
create function pg_temp.kept(run_id uuid)
returns text[]
language sql
as $$
  select coalesce(
    array_agg(
      format('%s %s %s', result.agency_id, result.transition, result.updated_count)
      order by result.position
    ),
    '{}'
  )
  from jobs.agency_results as result
  where result.run_id = kept.run_id;
$$;

-- Runs that are logged when they are over

select pg_temp.log_run(
  'pgtap-a',
  '2001-03-10 12:00:00+00',
  metadata => '{
    "attempts": 1,
    "agencies": [
      {"agency_id": "south", "updated_count": 9, "transitions": {"sent": 2, "read": 7}},
      {"agency_id": "north", "transitions": {"sent": 0.5}},
      {"agency_id": "south", "transitions": {"sent": 4}}
    ]
  }',
  id => pg_temp.run_id(1)
);
select is(
  pg_temp.kept(pg_temp.run_id(1)),
  array['south read 7', 'south sent 2', 'north sent 0.5', 'south sent 4'],
  'Of a run that is logged as a success each transition is kept'
);
select is(
  array(
    select result.is_agencys_first
    from jobs.agency_results as result
    where result.run_id = pg_temp.run_id(1)
    order by result.position
  ),
  array[true, false, true, false],
  'One of them stands for the run, agency by agency'
);

insert into public.jobs_log (id, job_name, started_at, status, metadata)
select
  pg_temp.run_id(10 + number::int),
  'pgtap-a',
  '2001-03-10 12:00:00+00',
  status,
  pg_temp.changed('{"north": {"sent": 1}}')
from unnest(array['success', 'failed', 'running']) with ordinality as logged (status, number);
select is(
  array[
    pg_temp.kept(pg_temp.run_id(11)),
    pg_temp.kept(pg_temp.run_id(12))
  ],
  array[['north sent 1'], ['north sent 1']],
  'A statement that logs several keeps those of each, failed ones included'
);
select is(pg_temp.kept(pg_temp.run_id(13)), '{}', 'Of a run that is running nothing is kept');

-- Runs that are logged when they begin

select public.start_job_run('pgtap-b', pg_temp.run_id(2));
update public.jobs_log
set metadata = pg_temp.changed('{"north": {"sent": 1}}')
where id = pg_temp.run_id(2);
select is(pg_temp.kept(pg_temp.run_id(2)), '{}', 'Nor is it while the run gets on');
select public.finish_job_run(
  pg_temp.run_id(2),
  metadata => pg_temp.changed('{"north": {"sent": 3}, "south": {"sent": 1}}')
);
select is(
  pg_temp.kept(pg_temp.run_id(2)),
  array['north sent 3', 'south sent 1'],
  'When it ends, what its metadata then says is kept'
);

-- Runs that are corrected

update public.jobs_log
set
  error_message = 'Looked at by an engineer.',
  started_at = '2001-03-01 12:00:00+00'
where id = pg_temp.run_id(2);
select is(
  pg_temp.kept(pg_temp.run_id(2)),
  array['north sent 3', 'south sent 1'],
  'Another correction leaves them'
);

update public.jobs_log
set metadata = pg_temp.changed('{"east": {"sent": 5}}')
where id in (pg_temp.run_id(1), pg_temp.run_id(2));
select is(
  array[pg_temp.kept(pg_temp.run_id(1)), pg_temp.kept(pg_temp.run_id(2))],
  array[['east sent 5'], ['east sent 5']],
  'One of the metadata of runs that have ended replaces them'
);

update public.jobs_log
set id = pg_temp.run_id(3)
where id = pg_temp.run_id(2);
select is(pg_temp.kept(pg_temp.run_id(3)), array['east sent 5'], 'They follow the id of their run');

update public.jobs_log
set metadata = null
where id = pg_temp.run_id(1);
select is(pg_temp.kept(pg_temp.run_id(1)), '{}', 'They go with the metadata');

update public.jobs_log
set
  status = 'running',
  completed_at = null
where id = pg_temp.run_id(3);
select is(pg_temp.kept(pg_temp.run_id(3)), '{}', 'They go when a run is made to run again');
update public.jobs_log
set status = 'failed'
where id = pg_temp.run_id(3);
select is(pg_temp.kept(pg_temp.run_id(3)), array['east sent 5'], 'And come back when it ends');

delete from public.jobs_log
where id = pg_temp.run_id(3);
select is(pg_temp.kept(pg_temp.run_id(3)), '{}', 'They go with their run');

select pg_temp.log_run(
  'pgtap-old', '2000-03-10 12:00:00+00', metadata => pg_temp.changed('{"north": {"sent": 1}}'), id => pg_temp.run_id(4)
);
select pg_temp.log_run('pgtap-old', '2001-03-10 12:00:00+00');
select jobs.prune(as_of => '2001-03-20 12:00:00+00');
select is(pg_temp.kept(pg_temp.run_id(4)), '{}', 'Also when it is pruned');

-- What a job may write

select lives_ok(
  format(
    'select pg_temp.log_run(%L, %L, metadata => %L, id => %L)',
    'pgtap-other',
    '2001-03-10 12:00:00+00',
    metadata,
    pg_temp.run_id(100 + number::int)
  ),
  format('A job may log %s', left(metadata, 80))
)
from unnest(
  array[
    'null',
    '1',
    '"agencies"',
    '["agencies"]',
    '{"agencies": null}',
    '{"agencies": 12}',
    '{"agencies": {"agency_id": "north", "transitions": {"sent": 1}}}',
    '{"agencies": [1, null, "north", [], [{"agency_id": "north", "transitions": {"sent": 1}}]]}',
    '{"agencies": [{"agency_id": "north"}, {"transitions": {"sent": 1}}, {"agency_id": null, "transitions": {"sent": 1}}]}',
    '{"agencies": [{"agency_id": "north", "transitions": 5}, {"agency_id": "north", "transitions": [5]}]}',
    '{"agencies": [{"agency_id": "north", "transitions": {}}]}',
    '{"agencies": [{"agency_id": "north", "transitions": {"sent": "1", "read": null, "lost": {}, "held": true}}]}'
  ]
) with ordinality as logged (metadata, number);
select is_empty(
  $$
    select result.*
    from jobs.agency_results as result
    join public.jobs_log as run
      on run.id = result.run_id
    where run.job_name = 'pgtap-other'
  $$,
  'What has another form is passed over'
);

select lives_ok(
  format('select pg_temp.log_run(%L, %L, metadata => %s)', 'pgtap-large', '2001-03-10 12:00:00+00', metadata),
  description
)
from (
  values
    (
      $$pg_temp.changed(jsonb_build_object(
        (select string_agg(md5(n::text), '') from generate_series(1, 4000) as n),
        jsonb_build_object((select string_agg(md5(n::text), '') from generate_series(4001, 8000) as n), 1)
      ))$$,
      'Names may be longer than an index takes'
    ),
    (
      $$pg_temp.changed(jsonb_build_object('north', jsonb_build_object('sent', '9'::jsonb, 'read', repeat('9', 131072)::jsonb)))$$,
      'Numbers may be as large as they come'
    ),
    (
      $$pg_temp.changed(jsonb_build_object('', jsonb_build_object('', -1e-300)))$$,
      'Or below none, and names empty'
    )
) as logged (metadata, description);
select is(
  (
    select count(*)
    from jobs.agency_results as result
    join public.jobs_log as run
      on run.id = result.run_id
    where run.job_name = 'pgtap-large'
  ),
  4::bigint,
  'They are kept as they are'
);

-- Emptied

truncate table public.jobs_log;
select is(
  (select count(*) from jobs.agency_results),
  0::bigint,
  'They go with their runs when the log is emptied at once'
);
select lives_ok(
  'truncate table public.jobs_log, jobs.agency_results',
  'Both can be emptied in one command'
);

-- By whom

set local role service_role;
insert into public.jobs_log (id, job_name, started_at, status, metadata)
values
  ('00000000-0000-4000-8000-000000000201', 'pgtap-service', '2001-03-10 12:00:00+00', 'success', '{"agencies": [{"agency_id": "north", "transitions": {"sent": 1}}]}'),
  ('00000000-0000-4000-8000-000000000202', 'pgtap-service', '2001-03-10 13:00:00+00', 'running', '{"agencies": [{"agency_id": "south", "transitions": {"sent": 2}}]}');
update public.jobs_log
set status = 'failed'
where job_name = 'pgtap-service'
  and status = 'running';
reset role;
select is(
  array[pg_temp.kept(pg_temp.run_id(201)), pg_temp.kept(pg_temp.run_id(202))],
  array[['north sent 1'], ['south sent 2']],
  'What the service role logs and ends is kept, although it has no use of the schema jobs'
);

-- The cost of a run that goes on

select pg_temp.log_run(
  'pgtap-busy', '2001-03-10 12:00:00+00', 'running', metadata => pg_temp.changed('{"north": {"sent": 1}}'), id => pg_temp.run_id(5)
);
create or replace function jobs.keep_agency_results()
returns trigger
language plpgsql
as $$
begin
  raise exception 'called';
end
$$;
select lives_ok(
  format('update public.jobs_log set %s where id = %L', change, pg_temp.run_id(5)),
  format('While a run goes on nothing is called: %s', change)
)
from unnest(
  array[
    'records_updated = 3',
    $$metadata = metadata || '{"due_from": "2001-03-01"}'$$,
    $$metadata = '{"agencies": [{"agency_id": "north", "transitions": {"sent": 7}}]}'$$
  ]
) as change;
select throws_ok(
  format('update public.jobs_log set status = %L where id = %L', 'success', pg_temp.run_id(5)),
  'called',
  'It is when the run ends'
);
select lives_ok(
  $$select pg_temp.log_run('pgtap-busy', '2001-03-10 12:00:00+00', metadata => '{"attempts": 1}')$$,
  'And not for a run without agencies'
);

select * from finish();
rollback;
