begin;
\ir ../../arrange.psql
select no_plan();

create function pg_temp.start_between_batches()
returns uuid
language plpgsql
as $$
declare
  agency uuid := pg_temp.insert_agency();
  run_id uuid := public.start_job_run('pgtap-batches', as_of => '2001-03-10 12:00:00+00') ->> 'run_id';
begin
  perform pg_temp.insert_installment(pg_temp.insert_plan(agency), '2001-02-01')
  from generate_series(1, 2);
  perform public.process_installment_batch(run_id, 2);
  return run_id;
end
$$;

create function pg_temp.listed(run_id uuid)
returns jsonb
language sql
as $$
  select jsonb_path_query_array(run.metadata, '$.agencies[*].transitions')
  from public.jobs_log as run
  where run.id = listed.run_id;
$$;

create function pg_temp.kept(run_id uuid)
returns text[]
language sql
as $$
  select array_agg(format('%s %s', result.transition, result.updated_count))
  from jobs.run_results as result
  where result.run_id = kept.run_id;
$$;

-- While the run is running

select pg_temp.start_between_batches() as run_id \gset
select is(pg_temp.kept(:'run_id'), array['pending_to_overdue 2'], 'The changes of a batch are visible as soon as it has committed');
select results_eq(
  format('select items_updated, metadata ? %L from public.jobs_log where id = %L', 'agencies', :'run_id'),
  'values (1, false)',
  'The row of a running run counts its agencies and does not list them yet'
);

-- Ends between two batches

select is(
  jsonb_path_query_array(
    public.finish_job_run(:'run_id', 'failed', 'It broke.', '{"attempts": 3}'),
    '$.metadata.agencies[*].transitions'
  ),
  '[{"pending_to_overdue": 2}]',
  'A run that fails between two batches returns its changes'
);
select results_eq(
  format('select metadata ? %L, metadata -> %L from public.jobs_log where id = %L', 'due_from', 'attempts', :'run_id'),
  $$values (true, jsonb '3')$$,
  'The rest of the metadata is kept'
);

select pg_temp.start_between_batches() as run_id \gset
select jobs.reap_runs('pgtap-batches', '2001-03-11 12:00:00+00');
select is(pg_temp.listed(:'run_id'), '[{"pending_to_overdue": 2}]', 'A run that is reaped between two batches lists its changes');

select pg_temp.start_between_batches() as run_id \gset
set local role service_role;
update public.jobs_log
set status = 'failed'
where id = :'run_id';
reset role;
select is(pg_temp.listed(:'run_id'), '[{"pending_to_overdue": 2}]', 'A run that the service role ends by hand lists its changes');

-- Other runs

insert into public.jobs_log (id, job_name, started_at, status, metadata)
values ('00000000-0000-4000-8000-000000000001', 'pgtap-other', '2001-03-10 12:00:00+00', 'running', '{"due_from": "2001-03-01"}');
select public.finish_job_run('00000000-0000-4000-8000-000000000001');
select is(
  (select metadata from public.jobs_log where job_name = 'pgtap-other'),
  '{"due_from": "2001-03-01"}',
  'Metadata of another job is unchanged'
);

select * from finish();
rollback;
