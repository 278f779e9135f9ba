begin;
\ir ../../arrange.psql
select no_plan();

insert into public.agencies (name, timezone)
select 'Of 1,500', 'UTC'
from generate_series(1, 1500);

insert into public.payment_plans (agency_id, status)
select id, 'active'
from public.agencies
where name = 'Of 1,500';

insert into public.installments (payment_plan_id, amount, student_due_date, status)
select plan.id, 1, '2001-03-01', 'pending'
from public.payment_plans as plan
join public.agencies as agency
  on agency.id = plan.agency_id
where agency.name = 'Of 1,500';

create function pg_temp.of_1500(agency_id uuid)
returns boolean
language sql
as $$
  select exists (
    select 1
    from public.agencies as agency
    where agency.id = of_1500.agency_id
      and agency.name = 'Of 1,500'
  );
$$;

-- The same 1,500, first in batches and rolled back, then at once.

savepoint in_batches;

select public.start_job_run('pgtap-scale', as_of => '2001-03-10 12:00:00+00') ->> 'run_id' as run_id \gset
select public.process_installment_batch(:'run_id', 1000);
select public.process_installment_batch(:'run_id', 1000);

select is(
  (
    select count(distinct changed.agency_id)
    from public.jobs_log as run
    cross join jsonb_to_recordset(run.metadata -> 'agencies') as changed (agency_id uuid, updated_count int)
    where run.id = :'run_id'
      and changed.updated_count = 1
      and pg_temp.of_1500(changed.agency_id)
  ),
  1500::bigint,
  'The log row of a run in batches holds all of 1,500 agencies'
);

rollback to savepoint in_batches;

select is(
  (
    select count(*)
    from public.update_installment_statuses(as_of => '2001-03-10 12:00:00+00') as result
    where result.updated_count = 1
      and result.transitions = '{"pending_to_overdue": 1}'
      and pg_temp.of_1500(result.agency_id)
  ),
  1500::bigint,
  '1,500 agencies give 1,500 rows'
);

select * from finish();
rollback;
