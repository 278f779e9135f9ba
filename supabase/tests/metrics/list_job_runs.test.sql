begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir ../arrange_runs.psql
select no_plan();

-- The numbers of the runs in the order of the answer.
create function pg_temp.numbers(page jsonb)
returns int[]
language sql
as $$
  select coalesce(array_agg(right(run.value ->> 'id', 12)::int order by run.position), '{}')
  from jsonb_array_elements(numbers.page) with ordinality as run (value, position);
$$;

select is(public.list_job_runs(), '[]', 'Without a run the list is empty');

-- The fields of a run

insert into public.jobs_log (id, job_name, started_at, status)
values (pg_temp.run_id(1), 'pgtap-a', '2001-03-10 12:00:00+00', 'running');
select is(
  public.list_job_runs(),
  jsonb_build_array(
    jsonb_build_object(
      'id', pg_temp.run_id(1),
      'job_name', 'pgtap-a',
      'started_at', timestamptz '2001-03-10 12:00:00+00',
      'completed_at', null,
      'status', 'running',
      'records_updated', 0,
      'items_updated', null,
      'items_total', null,
      'items_processed', null,
      'items_failed', 0,
      'errors', jsonb '[]',
      'error_message', null,
      'duration_ms', null,
      'trigger_source', null,
      'metadata', jsonb '{}',
      'created_at', now()
    )
  ),
  'A run with few values has every key'
);

insert into public.jobs_log (
  id, job_name, started_at, completed_at, status, records_updated, items_total, items_processed, items_failed, errors, error_message,
  trigger_source, metadata, created_at
)
values (
  pg_temp.run_id(2), 'pgtap-b', '2001-03-10 13:00:00+00', '2001-03-10 13:00:01.5+00', 'failed', null, 10, 9, 7,
  '[{"id": "1", "name": "Item 1", "error": "It broke."}]', 'It broke.', 'catch_up', '{"attempts": 3}',
  '2001-03-10 13:00:02+00'
);
select is(
  public.list_job_runs(run_id => pg_temp.run_id(2)),
  jsonb_build_array(
    jsonb_build_object(
      'id', pg_temp.run_id(2),
      'job_name', 'pgtap-b',
      'started_at', timestamptz '2001-03-10 13:00:00+00',
      'completed_at', timestamptz '2001-03-10 13:00:01.5+00',
      'status', 'failed',
      'records_updated', 0,
      'items_updated', null,
      'items_total', 10,
      'items_processed', 9,
      'items_failed', 7,
      'errors', jsonb '[{"id": "1", "name": "Item 1", "error": "It broke."}]',
      'error_message', 'It broke.',
      'duration_ms', 1500,
      'trigger_source', 'catch_up',
      'metadata', jsonb '{"attempts": 3}',
      'created_at', timestamptz '2001-03-10 13:00:02+00'
    )
  ),
  'One run is listed by its id'
);

-- Omitted metadata

insert into public.jobs_log (id, job_name, started_at, status, items_updated, metadata)
select
  pg_temp.run_id(90 + number),
  'pgtap-long',
  timestamptz '2001-03-10 12:00:00+00' - number * interval '1 minute',
  status,
  items_updated,
  metadata
from (
  values
    (1, 'success', 2, jsonb '{"items": [{"id": "north"}, {"id": "south"}], "attempts": 1}'),
    (2, 'running', 1, '{"items": [{"id": "north"}], "due_from": "2001-03-01"}'),
    (3, 'success', 0, '{"items": []}'),
    (4, 'success', null, '{"items": "none"}'),
    (5, 'success', null, '{"attempts": 2}'),
    (6, 'success', null, '["items"]'),
    (7, 'success', null, '"items"'),
    (8, 'success', null, null)
) as logged (number, status, items_updated, metadata);
select results_eq(
  $$
    select
      listed.run ->> 'items_updated',
      listed.run -> 'metadata'
    from jsonb_array_elements(public.list_job_runs('pgtap-long', omit_key => 'items')) as listed (run)
  $$,
  $$
    values
      ('2', jsonb '{"attempts": 1}'),
      ('1', '{"due_from": "2001-03-01"}'),
      ('0', '{}'),
      (null, '{}'),
      (null, '{"attempts": 2}'),
      (null, '["items"]'),
      (null, '"items"'),
      (null, '{}')
  $$,
  'A list shows how many items a run has changed, and its metadata without a key'
);
select is(
  public.list_job_runs(run_id => run.id) #> '{0,metadata}',
  coalesce(run.metadata, '{}'),
  format('Metadata is complete without omitted keys: %s', run.metadata)
)
from public.jobs_log as run
where run.job_name = 'pgtap-long';
delete from public.jobs_log
where job_name = 'pgtap-long';

select is(public.list_job_runs(run_id => pg_temp.run_id(99)), '[]', 'An unknown id gives an empty list');

-- Filters

select pg_temp.log_run('pgtap-a', '2001-03-10 14:00:00+00', 'failed', id => pg_temp.run_id(3));
select pg_temp.log_run('pgtap-b', '2001-03-10 15:00:00+00', 'success', id => pg_temp.run_id(4));
select pg_temp.log_run('pgtap-a', '2001-03-10 16:00:00+00', 'success', id => pg_temp.run_id(5));

select is(pg_temp.numbers(public.list_job_runs(job_name => job_name, status => status, run_id => run_id)), runs, description)
from (
  values
    (null, null, null::uuid, array[5, 4, 3, 2, 1], 'All runs are listed, the newest first'),
    ('pgtap-a', null, null, array[5, 3, 1], 'Runs of one job are listed'),
    (null, 'failed', null, array[3, 2], 'Runs of one status are listed'),
    ('pgtap-a', 'failed', null, array[3], 'Runs of one job and status are listed'),
    ('pgtap-a', 'running', pg_temp.run_id(1), array[1], 'A run that matches every filter is listed'),
    ('pgtap-b', null, pg_temp.run_id(1), '{}', 'A run of another job is not listed'),
    (null, 'success', pg_temp.run_id(1), '{}', 'A run of another status is not listed'),
    ('pgtap', null, null, '{}', 'The beginning of a job name matches no run'),
    ($$' or true; --$$, null, null, '{}', 'SQL in a name is a name that no job has'),
    (null, 'done', null, '{}', 'An unknown status matches no run')
) as filters (job_name, status, run_id, runs, description);

update public.jobs_log as run
set trigger_source = 'manual'
where run.id in (pg_temp.run_id(3), pg_temp.run_id(5));

select is(
  pg_temp.numbers(
    public.list_job_runs(job_name => job_name, trigger_source => trigger_source, from_at => from_at, to_at => to_at)
  ),
  runs,
  description
)
from (
  values
    (null, 'manual', null::timestamptz, null::timestamptz, array[5, 3], 'Runs of one trigger source are listed'),
    ('pgtap-b', 'manual', null, null, '{}', 'The trigger source is combined with the job'),
    (null, null, '2001-03-10 14:00:00+00', null, array[5, 4, 3], 'A period begins with the run that starts at its beginning'),
    (null, null, null, '2001-03-10 14:00:00+00', array[2, 1], 'A period ends before the run that starts at its end'),
    (null, 'manual', '2001-03-10 15:00:00+00', '2001-03-10 17:00:00+00', array[5], 'A period is combined with the trigger source')
) as filters (job_name, trigger_source, from_at, to_at, runs, description);

-- Pages: 6 to 9 start at one instant.

select pg_temp.log_run('pgtap-a', '2001-03-10 15:30:00+00', 'success', id => pg_temp.run_id(number))
from unnest(array[8, 6, 9, 7]) as number;

select is(
  pg_temp.numbers(public.list_job_runs()),
  array[5, 9, 8, 7, 6, 4, 3, 2, 1],
  'Runs that start at one instant are sorted by id, the greatest first'
);

create function pg_temp.all_pages(
  max_count int,
  job_name text default null,
  status text default null
)
returns int[]
language plpgsql
as $$
declare
  page jsonb := public.list_job_runs(
    job_name => all_pages.job_name,
    status => all_pages.status,
    max_count => all_pages.max_count
  );
  last_run public.jobs_log;
  numbers int[] := '{}';
begin
  while page <> '[]' loop
    numbers := numbers || pg_temp.numbers(page);
    select *
    into last_run
    from public.jobs_log as run
    where run.id = (page -> -1 ->> 'id')::uuid;
    page := public.list_job_runs(
      job_name => all_pages.job_name,
      status => all_pages.status,
      before_started_at => last_run.started_at,
      before_id => last_run.id,
      max_count => all_pages.max_count
    );
  end loop;
  return numbers;
end
$$;

select is(
  pg_temp.all_pages(max_count),
  array[5, 9, 8, 7, 6, 4, 3, 2, 1],
  format('Pages of %s hold every run once', max_count)
)
from unnest(array[1, 2, 3, 4, 9, 100]) as max_count;
select is(
  pg_temp.all_pages(2, job_name => 'pgtap-a', status => 'success'),
  array[5, 9, 8, 7, 6],
  'Pages of one job and status hold every run once'
);

select pg_temp.numbers(public.list_job_runs(max_count => 3)) as first_page \gset
select pg_temp.log_run('pgtap-a', '2001-03-10 17:00:00+00', id => pg_temp.run_id(10));
delete from public.jobs_log
where id = pg_temp.run_id(8);
select is(
  array[
    :'first_page'::int[],
    pg_temp.numbers(
      public.list_job_runs(
        before_started_at => '2001-03-10 15:30:00+00',
        before_id => pg_temp.run_id(8),
        max_count => 3
      )
    )
  ],
  array[[5, 9, 8], [7, 6, 4]],
  'A page continues where the one before it ended, even if runs started since and that run was deleted'
);
select is(
  pg_temp.numbers(public.list_job_runs(before_started_at => '2001-03-10 12:00:00+00', before_id => pg_temp.run_id(1))),
  '{}',
  'The page after the oldest run is empty'
);

select throws_ok(
  format('select public.list_job_runs(%s)', half),
  '22023',
  'before_started_at and before_id go together',
  format('Half a position is refused, because a page would miss runs: %s', half)
)
from unnest(
  array[
    $$before_started_at => '2001-03-10 15:30:00+00'$$,
    'before_id => pg_temp.run_id(8)'
  ]
) as half;

-- The limit

select pg_temp.log_run('pgtap-many', '2001-03-01 12:00:00+00')
from generate_series(1, 120);
select is(
  jsonb_array_length(public.list_job_runs(job_name => 'pgtap-many')),
  30,
  'A page has 30 runs by default'
);
select is(
  jsonb_array_length(public.list_job_runs(job_name => 'pgtap-many', max_count => max_count)),
  max_count,
  format('A page of %s has %1$s runs', max_count)
)
from unnest(array[1, 100, 101]) as max_count;
select throws_ok(
  format('select public.list_job_runs(max_count => %s)', coalesce(max_count::text, 'null')),
  '22023',
  'max_count must be between 1 and 101',
  format('A page of %s is refused', coalesce(max_count::text, 'as many as there are'))
)
from unnest(array[null, -1, 0, 102, 2147483647]) as max_count;

-- Readers

select pg_temp.insert_agency() as agency \gset
select pg_temp.insert_user('admin') as admin \gset
select pg_temp.insert_user('member', :'agency') as member \gset
select pg_temp.insert_user() as stranger \gset
select jsonb_array_length(public.list_job_runs(max_count => 101)) as run_count \gset

select pg_temp.sign_in(:'admin');
select is(
  jsonb_array_length(public.list_job_runs(max_count => 101)),
  :run_count,
  'An admin sees every run'
);
reset role;

select pg_temp.sign_in(:'member');
select is(public.list_job_runs(), '[]', 'A member of an agency sees none');
select is(public.list_job_runs(run_id => pg_temp.run_id(1)), '[]', 'Not even one whose id they know');
reset role;

select pg_temp.sign_in(:'stranger');
select is(public.list_job_runs(), '[]', 'A user without a role sees none');
reset role;

select set_config('request.jwt.claims', json_build_object('sub', :'admin', 'role', 'anon')::text, true);
set local role anon;
select throws_ok(
  'select public.list_job_runs()',
  '42501',
  null,
  'Without a sign-in no role may call it, whatever the token claims'
);
reset role;

set local role service_role;
select is(
  jsonb_array_length(public.list_job_runs(max_count => 101)),
  :run_count,
  'The service role sees every run'
);
reset role;

select * from finish();
rollback;
