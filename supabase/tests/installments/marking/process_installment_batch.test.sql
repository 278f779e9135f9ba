begin;
\ir ../../arrange.psql
select no_plan();

-- Other agencies without a known time zone fail in every run.
select count(*) as failing_elsewhere
from jobs.agency_cutoffs()
where overdue_before is null
\gset

create function pg_temp.start_run(as_of timestamptz default '2001-03-10 12:00:00+00')
returns uuid
language plpgsql
as $$
begin
  update public.jobs_log
  set status = 'success'
  where job_name = 'pgtap-batches'
    and status = 'running';

  return public.start_job_run('pgtap-batches', as_of => start_run.as_of) ->> 'run_id';
end
$$;

create function pg_temp.insert_due(agency uuid, variadic due date[])
returns void
language plpgsql
as $$
declare
  plan uuid := pg_temp.insert_plan(agency);
begin
  perform pg_temp.insert_installment(plan, due_date)
  from unnest(insert_due.due) as due_date;
end
$$;

create function pg_temp.pending_count(agency uuid)
returns bigint
language sql
as $$
  select count(*)
  from pg_temp.rows_of(array[pending_count.agency]) as stored
  where stored.status = 'pending';
$$;

-- One run in batches

select pg_temp.insert_agency(name => 'Three due') as three \gset
select pg_temp.insert_due(:'three', '2001-02-01', '2001-02-03', '2001-02-05');
select pg_temp.insert_agency(name => 'Two due') as two \gset
select pg_temp.insert_due(:'two', '2001-02-02', '2001-02-04', '2001-03-11');

select pg_temp.start_run() as run_id \gset

select is(
  public.process_installment_batch(:'run_id', 2) - 'failed_agencies',
  '{"done": false, "updated": 2, "records_updated": 2}',
  'A batch updates batch_size installments and says that it is not done'
);

select results_eq(
  format(
    $$
      select installment.student_due_date
      from pg_temp.rows_of(array[%L, %L]::uuid[]) as stored
      join public.installments as installment
        on installment.id = stored.id
      where stored.status = 'overdue'
      order by 1
    $$,
    :'three', :'two'
  ),
  $$values (date '2001-02-01'), ('2001-02-02')$$,
  'The oldest due dates come first'
);

select results_eq(
  format(
    $$
      select records_updated, status, metadata ->> 'due_from', items_processed
      from public.jobs_log
      where id = %L
    $$,
    :'run_id'
  ),
  $$values (2, 'running', '2001-02-02', null::int)$$,
  'The row of the run has its progress'
);

select is(
  public.process_installment_batch(:'run_id', 2) - 'failed_agencies',
  '{"done": false, "updated": 2, "records_updated": 4}',
  'The next batch continues where the last one ended and adds to its count'
);

select is(
  public.process_installment_batch(:'run_id', 2) - 'failed_agencies',
  '{"done": true, "updated": 1, "records_updated": 5}',
  'A batch with fewer installments than batch_size is the last'
);

select results_eq(
  format(
    $$
      select metadata -> 'agencies', metadata ? 'due_from', status
      from public.jobs_log
      where id = %L
    $$,
    :'run_id'
  ),
  format(
    $$
      values (
        jsonb_build_array(
          jsonb_build_object('agency_id', uuid %L, 'updated_count', 3, 'transitions', jsonb '{"pending_to_overdue": 3}'),
          jsonb_build_object('agency_id', uuid %L, 'updated_count', 2, 'transitions', jsonb '{"pending_to_overdue": 2}')
        ),
        false,
        'running'
      )
    $$,
    :'three', :'two'
  ),
  'The counts per agency add up over the batches, agencies without a change are left out, and the position is removed'
);

select is(
  array[run.items_total, run.items_processed, (run.metadata ->> 'total_agencies_processed')::int]::bigint[],
  array_fill((select count(*) from public.agencies), array[3]),
  'The last batch counts every agency as processed'
)
from public.jobs_log as run
where run.id = :'run_id';

select is(pg_temp.pending_count(:'two'), 1::bigint, 'An installment that is not due yet stays pending');

select is(
  public.process_installment_batch(:'run_id', 2) - 'failed_agencies',
  '{"done": true, "updated": 0, "records_updated": 5}',
  'A batch after the last one changes nothing and counts nothing twice'
);

select is(
  (select jsonb_array_length(metadata -> 'agencies') from public.jobs_log where id = :'run_id'),
  2,
  'A batch after the last one keeps the counts per agency'
);

-- Other metadata

select pg_temp.insert_agency() as agency \gset
select pg_temp.insert_due(:'agency', '2001-02-01');
select pg_temp.start_run() as run_id \gset
update public.jobs_log
set metadata = '{"attempts": 2}'
where id = :'run_id';
select public.process_installment_batch(:'run_id', 10);

select is(
  (select metadata -> 'attempts' from public.jobs_log where id = :'run_id'),
  '2',
  'Other metadata of the run is kept'
);

-- Equal dates

select pg_temp.insert_agency() as same_day \gset
select pg_temp.insert_due(:'same_day', '2001-02-01', '2001-02-01', '2001-02-01', '2001-02-01', '2001-02-01');
select pg_temp.start_run() as run_id \gset

select is(
  array[
    public.process_installment_batch(:'run_id', 2) ->> 'updated',
    public.process_installment_batch(:'run_id', 2) ->> 'updated',
    public.process_installment_batch(:'run_id', 2) ->> 'updated'
  ],
  array['2', '2', '1'],
  'A due date that fills several batches is marked completely'
);

-- Exactly full

select pg_temp.insert_agency() as full_batch \gset
select pg_temp.insert_due(:'full_batch', '2001-02-01', '2001-02-02');
select pg_temp.start_run() as run_id \gset

select is(
  array[
    public.process_installment_batch(:'run_id', 2) - 'failed_agencies',
    public.process_installment_batch(:'run_id', 2) - 'failed_agencies'
  ],
  array[
    '{"done": false, "updated": 2, "records_updated": 2}',
    '{"done": true, "updated": 0, "records_updated": 2}'
  ]::jsonb[],
  'After a full batch there is one more, which finds nothing'
);

-- Nothing to do

select pg_temp.start_run() as run_id \gset

select is(
  public.process_installment_batch(:'run_id'),
  jsonb_build_object('done', true, 'updated', 0, 'records_updated', 0, 'failed_agencies', :failing_elsewhere),
  'A run with nothing to do is done after one batch'
);

select results_eq(
  format(
    $$
      select records_updated, metadata -> 'agencies', jsonb_array_length(errors)
      from public.jobs_log
      where id = %L
    $$,
    :'run_id'
  ),
  format('values (0, jsonb %L, %s)', '[]', :failing_elsewhere),
  'A run with nothing to do logs zero, no agencies and no errors'
);

-- The instant

select pg_temp.insert_agency('Australia/Brisbane', '17:00:00') as brisbane \gset
select pg_temp.insert_due(:'brisbane', '2001-03-10');

select pg_temp.start_run('2001-03-10 06:59:59.999999+00') as run_id \gset
select is(
  public.process_installment_batch(:'run_id') ->> 'updated',
  '0',
  'A run that started a microsecond before the cut-off leaves the installment pending, however late the batch comes'
);

select pg_temp.start_run('2001-03-10 07:00:00+00') as run_id \gset
select is(
  public.process_installment_batch(:'run_id') ->> 'updated',
  '1',
  'A run that started at the cut-off marks it'
);

-- Agencies that fail

select pg_temp.insert_agency(name => 'Closed books') as closed \gset
select pg_temp.insert_due(:'closed', '2001-02-01', '2001-02-02', '2001-02-05', '2001-02-09');
select pg_temp.insert_agency(name => 'Healthy') as healthy \gset
select pg_temp.insert_due(:'healthy', '2001-02-03', '2001-02-04', '2001-02-06', '2001-02-07');
select pg_temp.refuse_updates_of(:'closed');
select pg_temp.start_run() as run_id \gset

select is(
  public.process_installment_batch(:'run_id', 3),
  jsonb_build_object('done', false, 'updated', 1, 'records_updated', 1, 'failed_agencies', 1 + :failing_elsewhere),
  'A batch in which an agency fails updates the others and counts the failure'
);

select is(
  public.process_installment_batch(:'run_id', 3),
  jsonb_build_object('done', false, 'updated', 3, 'records_updated', 4, 'failed_agencies', 1 + :failing_elsewhere),
  'The failed agency is not picked again, so that the batch is full of others'
);

select is(
  public.process_installment_batch(:'run_id', 3),
  jsonb_build_object('done', true, 'updated', 0, 'records_updated', 4, 'failed_agencies', 1 + :failing_elsewhere),
  'A run with a failed agency ends'
);

select is(
  (
    select jsonb_agg(failure)
    from public.jobs_log as run
    cross join jsonb_array_elements(run.errors) as failure
    where run.id = :'run_id'
      and failure ->> 'id' = :'closed'
  ),
  jsonb_build_array(
    jsonb_build_object(
      'id', :'closed',
      'name', 'Closed books',
      'error', 'the books of this agency are closed (SQLSTATE P0001)'
    )
  ),
  'The failed agency is in errors once, with its id, its name and the error of its trigger'
);

select is(pg_temp.pending_count(:'closed'), 4::bigint, 'The installments of the failed agency stay pending');

select is(
  (select metadata -> 'agencies' from public.jobs_log where id = :'run_id'),
  jsonb_build_array(
    jsonb_build_object('agency_id', :'healthy', 'updated_count', 4, 'transitions', jsonb '{"pending_to_overdue": 4}')
  ),
  'The failed agency is not among the updated ones'
);

select is(
  (select items_processed from public.jobs_log where id = :'run_id')::bigint,
  (select count(*) from public.agencies),
  'The failed agency counts as processed'
);

-- A trigger that swallows the update

select pg_temp.insert_agency(name => 'Refuses silently') as silent \gset
select pg_temp.insert_due(:'silent', '2001-02-01');
select pg_temp.refuse_updates_of(:'silent', 'return null');
select pg_temp.start_run() as run_id \gset
select public.process_installment_batch(:'run_id');

select is(
  (
    select failure ->> 'error'
    from public.jobs_log as run
    cross join jsonb_array_elements(run.errors) as failure
    where run.id = :'run_id'
      and failure ->> 'id' = :'silent'
  ),
  'a trigger on public.installments left 1 installments pending',
  'An agency whose trigger swallows the update is reported'
);

-- Errors that may go away by themselves

select pg_temp.insert_agency(name => 'Busy') as busy \gset
select pg_temp.insert_due(:'busy', '2001-02-01');
select pg_temp.refuse_updates_of(:'busy', 'raise', '40P01');
select pg_temp.start_run() as run_id \gset

select public.process_installment_batch(:'run_id');

select matches(
  (
    select failure ->> 'error'
    from public.jobs_log as run
    cross join jsonb_array_elements(run.errors) as failure
    where run.id = :'run_id'
      and failure ->> 'id' = :'busy'
  ),
  'SQLSTATE 40P01',
  'An agency whose trigger deadlocks does not stop the others'
);

-- Runs that are not running

select throws_ok(
  format('select public.process_installment_batch(%L)', gen_random_uuid()),
  'PT404',
  null,
  'A run that does not exist is not found (HTTP 404)'
);

select throws_ok(
  'select public.process_installment_batch(null)',
  'PT404',
  null,
  'A null run id is not found'
);

select jobs.reap_runs('pgtap-batches', '2001-03-11 12:00:00+00');

select results_eq(
  format(
    'select state, message, detail ~ %L from pg_temp.error_of(%L)',
    'max_runtime',
    format('select public.process_installment_batch(%L)', :'run_id')
  ),
  format('values (%L, %L, true)', 'PT409', format('run %s is not running any more: failed', :'run_id')),
  'A reaped run cannot continue (HTTP 409), and the error says why it ended'
);

select pg_temp.start_run() as run_id \gset
select public.finish_job_run(:'run_id');

select throws_ok(
  format('select public.process_installment_batch(%L)', :'run_id'),
  'PT409',
  null,
  'A finished run cannot continue (HTTP 409)'
);

-- Batch size

select pg_temp.start_run() as run_id \gset

select throws_ok(
  format('select public.process_installment_batch(%L, %s)', :'run_id', refused.batch_size),
  '22023',
  'batch_size must be between 1 and 50000',
  format('A batch size of %s is refused', refused.batch_size)
)
from (
  values ('0'), ('-1'), ('50001'), ('null')
) as refused (batch_size);

delete from public.installments
where id in (
  select id
  from pg_temp.rows_of(array[uuid :'busy'])
);

select lives_ok(
  format('select public.process_installment_batch(%L, %s)', :'run_id', accepted.batch_size),
  format('A batch size of %s is accepted', accepted.batch_size)
)
from (
  values (1), (50000)
) as accepted (batch_size);

select * from finish();
rollback;
