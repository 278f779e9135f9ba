begin;
\ir ../../arrange.psql
select no_plan();

create function pg_temp.running()
returns uuid
language sql
as $$
  insert into public.jobs_log (job_name, started_at, status)
  values ('pgtap-progress', '2001-03-10 12:00:00+00', 'running')
  returning id;
$$;

create function pg_temp.progress_of(run_id uuid)
returns text[]
language sql
as $$
  select array[
    run.status,
    run.items_total::text,
    run.items_processed::text,
    run.items_failed::text,
    run.records_updated::text,
    run.errors::text
  ]
  from public.jobs_log as run
  where run.id = progress_of.run_id;
$$;

select pg_temp.running() as run_id \gset

select is(
  public.report_job_progress(:'run_id', items_total => 200, items_processed => 0),
  '{"items_total": 200, "items_processed": 0, "items_failed": 0, "records_updated": 0}',
  'A run reports its number of items'
);

select public.report_job_progress(
  run_id => :'run_id',
  items_total => 200,
  items_processed => 40,
  items_failed => 1,
  errors => '[{"id": "7", "name": "Torrens", "error": "closed books"}]',
  records_updated => 39
);

select is(
  pg_temp.progress_of(:'run_id'),
  array['running', '200', '40', '1', '39', '[{"id": "7", "name": "Torrens", "error": "closed books"}]'],
  'The log row of a run shows its progress and its failed items'
);

select public.report_job_progress(:'run_id', items_total => 200, items_processed => 30, records_updated => 30);

select is(
  pg_temp.progress_of(:'run_id'),
  array['running', '200', '40', '1', '39', '[{"id": "7", "name": "Torrens", "error": "closed books"}]'],
  'A late report lowers no count'
);

select public.report_job_progress(
  run_id => :'run_id',
  items_total => 200,
  items_processed => 40,
  items_failed => 1,
  errors => '[]',
  records_updated => 39
);
select public.report_job_progress(:'run_id', items_total => 200, items_processed => 41, items_failed => 2);

select is(
  (pg_temp.progress_of(:'run_id'))[4:],
  array['2', '39', '[{"id": "7", "name": "Torrens", "error": "closed books"}]'],
  'Counts that a report omits are kept'
);

select public.report_job_progress(
  run_id => :'run_id',
  items_total => 200,
  items_processed => 41,
  items_failed => 2,
  errors => '[{"id": "7", "name": "n", "error": "e"}, {"id": "8", "name": "n", "error": "e"}]'
);

select is(
  (pg_temp.progress_of(:'run_id'))[6],
  '[{"id": "7", "name": "n", "error": "e"}, {"id": "8", "name": "n", "error": "e"}]',
  'A longer list of errors replaces the earlier one'
);

select jobs.reap_runs('pgtap-progress', '2001-03-10 12:10:00+00');

select is(
  (
    select run.error_message ~ '39 records had been updated and 41 of 200 items processed; those changes stay'
    from public.jobs_log as run
    where run.id = :'run_id'
  ),
  true,
  'A reaped run shows its progress in its message'
);

select throws_ok(
  format('select public.report_job_progress(%L, 200, 42)', :'run_id'),
  'PT409',
  null,
  'A report of a reaped run is refused (HTTP 409)'
);

select is(
  (pg_temp.progress_of(:'run_id'))[3],
  '41',
  'A refused report does not change the row'
);

select throws_ok(
  format('select public.report_job_progress(%L, 200, 42)', gen_random_uuid()),
  'PT404',
  null,
  'A report of an unknown run is refused (HTTP 404)'
);

select throws_ok(
  format('select public.report_job_progress(%L, 200, -1)', pg_temp.running()),
  '23514',
  null,
  'Negative counts are refused'
);

-- Each count on its own

select pg_temp.running() as counting_run \gset

select public.report_job_progress(
  run_id => :'counting_run',
  items_total => report.items_total,
  items_processed => report.items_processed,
  items_failed => report.items_failed,
  records_updated => report.records_updated
)
from (
  values
    (1, 100, 10, 1, 9),
    (2, 120, 20, 2, 18),
    (3, 110, 15, 0, 12)
) as report (number, items_total, items_processed, items_failed, records_updated)
order by report.number;

select is(
  (pg_temp.progress_of(:'counting_run'))[2:5],
  array['120', '20', '2', '18'],
  'Each count is the largest that was reported'
);

-- No count at all

select public.report_job_progress(:'counting_run', as_of => '2100-01-01 00:00:00+00') as answer \gset

select is(
  jsonb :'answer',
  '{"items_total": 120, "items_processed": 20, "items_failed": 2, "records_updated": 18}',
  'A report without counts answers those of the row'
);
select is(
  (pg_temp.progress_of(:'counting_run'))[2:5],
  array['120', '20', '2', '18'],
  'A report without counts changes none'
);
select results_eq(
  format('select token, heard_at from jobs.run_workers where run_id = %L', :'counting_run'),
  $$values (null::uuid, timestamptz '2100-01-01 00:00:00+00')$$,
  'A report without counts says that the run is at work'
);
select public.report_job_progress(:'counting_run', as_of => '2099-01-01 00:00:00+00');
select results_eq(
  format('select heard_at from jobs.run_workers where run_id = %L', :'counting_run'),
  $$values (timestamptz '2100-01-01 00:00:00+00')$$,
  'One that arrives late changes nothing'
);
select throws_ok(
  format('select public.report_job_progress(%L)', refused.run_id),
  refused.code,
  null,
  format('A report without counts of %s is refused', refused.what)
)
from (
  values
    (:'run_id'::uuid, 'PT409', 'a run that has ended'),
    (gen_random_uuid(), 'PT404', 'an unknown run')
) as refused (run_id, code, what);

select * from finish();
rollback;
