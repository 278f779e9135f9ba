-- What a run corrects by itself.
begin;
\ir ../../arrange.psql
select no_plan();

create function pg_temp.start_run(as_of timestamptz)
returns uuid
language sql
as $$
  select (public.start_job_run('pgtap-' || gen_random_uuid(), as_of => start_run.as_of) ->> 'run_id')::uuid;
$$;

create function pg_temp.insert_marked(plan uuid, marked_count int)
returns void
language sql
as $$
  insert into public.installments (payment_plan_id, amount, student_due_date, status)
  select insert_marked.plan, 100, '2001-03-08', 'pending'
  from generate_series(1, insert_marked.marked_count);
$$;

select pg_temp.insert_agency('Asia/Tokyo', name => 'Moves dates') as agency \gset
select pg_temp.insert_plan(:'agency') as plan \gset
select pg_temp.insert_marked(:'plan', 5);
-- A cut-off that moves is for a person to decide about.
select pg_temp.insert_agency('Asia/Tokyo', name => 'Gives grace') as grace \gset
select pg_temp.insert_plan(:'grace') as grace_plan \gset
select pg_temp.insert_marked(:'grace_plan', 1);
select public.process_installment_batch(pg_temp.start_run('2001-03-09 12:00:00+00'));

update public.agencies
set grace_days = 60
where id = :'grace';
update public.installments
set student_due_date = '2001-04-08'
where id in (
  select installment.id
  from public.installments as installment
  where installment.payment_plan_id = :'plan'
  limit 3
);
select pg_temp.insert_installment(:'plan', '2001-04-08', 'overdue') as by_hand \gset
select pg_temp.insert_installment(:'plan', '2001-03-09') as due \gset

savepoint moved;
select pg_temp.start_run('2001-03-10 12:00:00+00') as run_id \gset
select is(
  public.process_installment_batch(:'run_id', 2) - 'failed_agencies',
  '{"done": false, "updated": 2, "records_updated": 2}',
  'A batch of corrections is not the last one'
);
select is(
  public.process_installment_batch(:'run_id', 3) - 'failed_agencies',
  '{"done": true, "updated": 2, "records_updated": 4}',
  'The next batch corrects the rest, and marks with what is left of its size'
);
select results_eq(
  format(
    $$
      select stored.status, installment.student_due_date, count(*)
      from pg_temp.rows_of(array[%L, %L]::uuid[]) as stored
      join public.installments as installment
        on installment.id = stored.id
      group by 1, 2
      order by 1, 2
    $$,
    :'agency', :'grace'
  ),
  $$
    values
      ('overdue', date '2001-03-08', 3::bigint),
      ('overdue', '2001-03-09', 1),
      ('overdue', '2001-04-08', 1),
      ('pending', '2001-04-08', 3)
  $$,
  'What Duewatch marked and was moved is pending; what somebody else marked, and what changed settings made wrong, stays'
);
select is(
  (select metadata -> 'agencies' from public.jobs_log where id = :'run_id'),
  jsonb_build_array(
    jsonb_build_object(
      'agency_id', :'agency',
      'updated_count', 4,
      'transitions', jsonb '{"overdue_to_pending": 3, "pending_to_overdue": 1}'
    )
  ),
  'The counts of the agency have both transitions'
);
select results_eq(
  format('select metadata ? %L, metadata ? %L, items_updated from public.jobs_log where id = %L', 'due_from', 'sweep', :'run_id'),
  'values (false, false, 1)',
  'The row of the run keeps no position'
);
select is(
  (
    select sum(cardinality(change.installment_ids))
    from jobs.status_changes as change
    where change.run_id = :'run_id'
  ),
  4::bigint,
  'The ledger adds up to records_updated'
);
select is(
  public.process_installment_batch(pg_temp.start_run('2001-03-10 12:00:00+00')) ->> 'updated',
  '0',
  'The next run changes nothing'
);

-- In one transaction

rollback to savepoint moved;
select results_eq(
  format(
    'select updated_count, transitions from public.update_installment_statuses(%L) where agency_id = %L',
    '2001-03-10 12:00:00+00',
    :'agency'
  ),
  $$values (4, jsonb '{"overdue_to_pending": 3, "pending_to_overdue": 1}')$$,
  'The call without a run corrects as well'
);

-- Turned off

rollback to savepoint moved;
select jobs.correct_automatically(false);
select pg_temp.start_run('2001-03-10 12:00:00+00') as run_id \gset
select is(
  public.process_installment_batch(:'run_id') ->> 'updated',
  '1',
  'Nothing is corrected when that is turned off'
);
select is(
  public.correct_overdue(:'agency', as_of => '2001-03-10 12:00:00+00') ->> 'corrected',
  '3',
  'It can still be corrected by hand'
);
select jobs.correct_automatically(true);
select is(
  public.process_installment_batch(pg_temp.start_run('2001-03-10 12:00:00+00')) ->> 'updated',
  '3',
  'Turned on again, the next run corrects it'
);

-- An agency that fails

rollback to savepoint moved;
select pg_temp.refuse_updates_of(:'agency');
select pg_temp.start_run('2001-03-10 12:00:00+00') as run_id \gset
select public.process_installment_batch(:'run_id');
select results_eq(
  format(
    $$
      select failure ->> 'error'
      from public.jobs_log as run
      cross join jsonb_array_elements(run.errors) as failure
      where run.id = %L
        and failure ->> 'id' = %L
    $$,
    :'run_id', :'agency'
  ),
  $$values ('the books of this agency are closed (SQLSTATE P0001)')$$,
  'An agency whose correction fails is a failed item, once'
);

-- It holds up no other agency

rollback to savepoint moved;
update public.installments
set student_due_date = '2001-04-08'
where payment_plan_id = :'grace_plan';
select pg_temp.refuse_updates_of(:'agency');
select pg_temp.start_run('2001-03-10 12:00:00+00') as run_id \gset
select public.process_installment_batch(:'run_id', 1);
select is(
  (
    select string_agg(installment.status, ',')
    from public.installments as installment
    where installment.payment_plan_id = :'grace_plan'
  ),
  'pending',
  'A batch goes on without an agency that fails, also when its installments would fill the batch'
);

select * from finish();
rollback;
