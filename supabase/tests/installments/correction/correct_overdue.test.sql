begin;
\ir ../../arrange.psql
select no_plan();

create function pg_temp.mark(as_of timestamptz)
returns int
language sql
as $$
  select sum(marked.updated_count)::int
  from public.update_installment_statuses(mark.as_of) as marked;
$$;

create function pg_temp.count_of(agency uuid, status text)
returns int
language sql
as $$
  select count(*)::int
  from pg_temp.rows_of(array[count_of.agency]) as stored
  where stored.status = count_of.status;
$$;

-- A wrong time zone

select pg_temp.insert_agency('Pacific/Kiritimati', '17:00:00', 'Wrongly set') as agency \gset
select pg_temp.insert_plan(:'agency') as plan \gset
select pg_temp.insert_installment(:'plan', '2001-03-10')
from generate_series(1, 10);
select pg_temp.insert_installment(:'plan', '2001-03-08') as really_overdue \gset
select pg_temp.insert_installment(:'plan', '2001-03-10', 'overdue') as marked_by_hand \gset
select pg_temp.mark('2001-03-10 04:00:00+00');
select is(pg_temp.count_of(:'agency', 'overdue'), 12, 'The wrong zone marks ten too many');

with paid as (
  select installment.id
  from public.installments as installment
  where installment.payment_plan_id = :'plan'
    and installment.student_due_date = '2001-03-10'
    and installment.id <> :'marked_by_hand'
  limit 3
)
update public.installments
set status = 'paid'
where id in (
  select paid.id
  from paid
);
update public.agencies
set timezone = 'Pacific/Pago_Pago'
where id = :'agency';

select count(*) as logged
from public.jobs_log
\gset
select is(
  public.correct_overdue(:'agency', as_of => '2001-03-10 05:00:00+00') - 'byAgency',
  '{"dryRun": true, "corrected": 7, "remaining": 0, "errors": [], "runId": null}',
  'A dry run, which is the default, says how many would be corrected'
);
select is(
  public.correct_overdue(:'agency', as_of => '2001-03-10 05:00:00+00') -> 'byAgency',
  jsonb_build_array(
    jsonb_build_object(
      'agencyId', :'agency',
      'name', 'Wrongly set',
      'corrected', 7,
      'reasons', jsonb '{"settings_changed": 7}'
    )
  ),
  'It says it by agency, with the reasons'
);
select is(pg_temp.count_of(:'agency', 'overdue'), 9, 'It changes nothing');
select is((select count(*) from public.jobs_log), :logged::bigint, 'It logs nothing');

select public.correct_overdue(:'agency', dry_run => false, as_of => '2001-03-10 05:00:00+00') as answer \gset
select is(
  jsonb :'answer' - '{byAgency,runId}'::text[],
  '{"dryRun": false, "corrected": 7, "remaining": 0, "errors": []}',
  'The correction corrects what the dry run said'
);
select is(
  array[
    pg_temp.count_of(:'agency', 'pending'),
    pg_temp.count_of(:'agency', 'paid'),
    pg_temp.count_of(:'agency', 'overdue')
  ],
  array[7, 3, 2],
  'All are pending again, but for the paid ones, the one that is overdue and the one that was marked by hand'
);
select is(
  array[pg_temp.status_of(:'really_overdue'), pg_temp.status_of(:'marked_by_hand')],
  array['overdue', 'overdue'],
  'What is overdue by the rule, and what somebody else has marked, is left alone'
);
select results_eq(
  format(
    $$
      select
        job_name,
        status,
        trigger_source,
        records_updated,
        items_updated,
        metadata -> 'agencies',
        metadata ->> 'requested_by' = session_user
      from public.jobs_log
      where id = %L
    $$,
    jsonb :'answer' ->> 'runId'
  ),
  format(
    $$
      values (
        'correct-overdue-installments',
        'success',
        'manual',
        7,
        1,
        jsonb_build_array(
          jsonb_build_object('agency_id', uuid %L, 'updated_count', 7, 'transitions', jsonb '{"overdue_to_pending": 7}')
        ),
        true
      )
    $$,
    :'agency'
  ),
  'The correction is a run of its own job, with its counts and who asked'
);
select results_eq(
  format(
    $$
      select change.from_status, change.to_status, change.reason, change.timezone, sum(cardinality(change.installment_ids))::int
      from jobs.status_changes as change
      where change.agency_id = %L
      group by 1, 2, 3, 4
      order by min(change.id)
    $$,
    :'agency'
  ),
  $$
    values
      ('pending', 'overdue', 'cutoff_passed', 'Pacific/Kiritimati', 11),
      ('overdue', 'pending', 'settings_changed', 'Pacific/Pago_Pago', 7)
  $$,
  'The ledger has both, each with the zone that was judged'
);
select is(
  public.correct_overdue(:'agency', dry_run => false, as_of => '2001-03-10 05:00:00+00') ->> 'corrected',
  '0',
  'A second correction changes nothing'
);

select pg_temp.mark('2001-03-12 12:00:00+00');
select is(pg_temp.count_of(:'agency', 'overdue'), 9, 'What was corrected is marked when its time has come');

-- Reasons

select pg_temp.insert_agency(name => 'Reasons') as reasons \gset
select pg_temp.insert_plan(:'reasons') as plan \gset
select pg_temp.insert_plan(:'reasons') as ended_plan \gset
select pg_temp.insert_installment(:'plan', '2001-03-09') as moved \gset
select pg_temp.insert_installment(:'ended_plan', '2001-03-09') as ended \gset
select pg_temp.mark('2001-03-10 12:00:00+00');
update public.installments
set student_due_date = '2001-04-01'
where id = :'moved';
update public.payment_plans
set status = 'cancelled'
where id = :'ended_plan';

select is(
  public.correct_overdue(:'reasons', as_of => '2001-03-10 12:00:00+00') -> 'byAgency' -> 0 -> 'reasons',
  '{"due_date_moved": 1, "plan_not_active": 1}',
  'A moved due date and a plan that was cancelled are reasons'
);

-- What one run marked

select pg_temp.insert_agency(name => 'Two runs') as two_runs \gset
select pg_temp.insert_plan(:'two_runs') as plan \gset
select pg_temp.insert_installment(:'plan', '2001-03-08') as first \gset
select pg_temp.mark('2001-03-09 12:00:00+00');
select pg_temp.insert_installment(:'plan', '2001-03-09') as second \gset
select pg_temp.mark('2001-03-10 12:00:00+00');
update public.agencies
set grace_days = 30
where id = :'two_runs';
select run_id as first_run
from public.installment_history(:'first')
\gset
select public.correct_overdue(run_id => :'first_run', dry_run => false, as_of => '2001-03-10 12:00:00+00');
select is(
  array[pg_temp.status_of(:'first'), pg_temp.status_of(:'second')],
  array['pending', 'overdue'],
  'Only what the given run has marked is corrected'
);
insert into public.jobs_log (job_name, started_at, completed_at, status)
values ('update-installment-statuses', '2001-03-10 07:00:00+00', '2001-03-10 07:00:01+00', 'success')
returning id as idle_run
\gset
select is(
  public.correct_overdue(run_id => :'idle_run', as_of => '2001-03-10 12:00:00+00') ->> 'corrected',
  '0',
  'A run that marked nothing gives nothing to correct'
);

-- An agency that fails

select pg_temp.insert_agency(name => 'Refuses') as refusing \gset
select pg_temp.insert_installment(pg_temp.insert_plan(:'refusing'), '2001-03-08') as refused \gset
select pg_temp.mark('2001-03-10 12:00:00+00');
update public.agencies
set grace_days = 30
where id = :'refusing';
select pg_temp.refuse_updates_of(:'refusing');

select public.correct_overdue(dry_run => false, as_of => '2001-03-10 12:00:00+00') as answer \gset
select is(
  array[pg_temp.status_of(:'refused'), pg_temp.status_of(:'second')],
  array['overdue', 'pending'],
  'An agency whose update fails is left, and the others are corrected'
);
select is(
  jsonb :'answer' -> 'errors' -> 0 ->> 'error',
  'the books of this agency are closed (SQLSTATE P0001)',
  'The answer has its error'
);
select is(jsonb :'answer' ->> 'remaining', '1', 'It counts as remaining');

-- A correction that has failed

create function pg_temp.open_incidents()
returns int
language sql
as $$
  select count(*)::int
  from jobs.incidents
  where job_name = 'correct-overdue-installments'
    and kind = 'run_failed'
    and closed_at is null;
$$;

select pg_temp.insert_agency(name => 'Clean') as clean \gset
insert into public.jobs_log (job_name, started_at, completed_at, status, error_message)
values ('correct-overdue-installments', '2001-03-10 07:00:00+00', '2001-03-10 07:00:01+00', 'failed', 'too many agencies failed');
select is(pg_temp.open_incidents(), 1, 'A correction that fails is an incident');
select public.correct_overdue(:'clean', as_of => '2001-03-10 12:00:00+00');
select is(pg_temp.open_incidents(), 1, 'A dry run does not end it');
select public.correct_overdue(:'clean', dry_run => false, as_of => '2001-03-10 12:00:00+00') as answer \gset
select is(pg_temp.open_incidents(), 0, 'A correction that finds nothing left to correct ends it');
select isnt(jsonb :'answer' ->> 'runId', null, 'That is a run in the log');
select is(
  public.correct_overdue(:'clean', dry_run => false, as_of => '2001-03-10 12:00:00+00') ->> 'runId',
  null,
  'The next one that finds nothing is not logged'
);

-- Who may correct

select pg_temp.insert_user('admin') as admin \gset
select pg_temp.insert_user('staff', :'agency') as member \gset
update public.agencies
set grace_days = 30
where id = :'agency';
select pg_temp.sign_in(:'member');
select throws_ok(
  format('select public.correct_overdue(%L)', :'agency'),
  '42501',
  'only admins may correct installments',
  'A member of the agency may not, not even as a dry run'
);
reset role;
select pg_temp.sign_in(:'admin');
select lives_ok(
  format('select public.correct_overdue(%L, dry_run => false, as_of => %L)', :'agency', '2001-03-10 12:00:00+00'),
  'An admin may'
);
reset role;
select set_config('request.jwt.claims', '', true);
set local role service_role;
select lives_ok(
  format('select public.correct_overdue(%L)', :'agency'),
  'The service role may'
);
reset role;
set local role anon;
select throws_ok('select public.correct_overdue()', '42501', null, 'Anonymous callers may not');
reset role;

select is(
  (
    select run.metadata ->> 'requested_by'
    from public.jobs_log as run
    where run.job_name = 'correct-overdue-installments'
    order by run.started_at desc
    limit 1
  ),
  :'admin',
  'The log says which admin asked'
);

-- A database that refuses to lock rows and skip those of others (Citus)

select replace(
  pg_get_functiondef(
    'jobs.correct_installments(uuid, timestamptz, jobs.agency_judgement[], uuid[], uuid[], date[], text[])'::regprocedure
  ),
  'locked_ids := array(',
  $$raise exception 'could not run distributed query with FOR UPDATE/SHARE commands'
      using errcode = 'feature_not_supported';
    locked_ids := array($$
)
\gexec

select pg_temp.insert_agency(name => 'On shards') as sharded \gset
select pg_temp.insert_installment(pg_temp.insert_plan(:'sharded'), '2001-03-08') as on_shard \gset
select pg_temp.mark('2001-03-10 12:00:00+00');
update public.agencies
set grace_days = 30
where id = :'sharded';
select is(
  public.correct_overdue(:'sharded', dry_run => false, as_of => '2001-03-10 12:00:00+00') ->> 'corrected',
  '1',
  'The refusal does not stop a correction'
);
select is(pg_temp.status_of(:'on_shard'), 'pending', 'The installment is pending again');

-- A generic plan would compare each of 50,000 ids with each of the others

select is_empty(
  $$
    select checked.name
    from unnest(array['correct_installments', 'wrongly_overdue', 'change_status', 'last_changes', 'mark_at_once']) as checked (name)
    where not exists (
      select 1
      from pg_catalog.pg_proc as stored
      where stored.pronamespace = 'jobs'::regnamespace
        and stored.proname = checked.name
        and 'plan_cache_mode=force_custom_plan' = any (stored.proconfig)
    )
  $$,
  'What looks for ids in an array is planned for that array'
);

-- Bad input

select throws_ok(
  format('select public.correct_overdue(%L)', gen_random_uuid()),
  'PT404',
  null,
  'An unknown agency is not found (HTTP 404)'
);
select throws_ok(
  format('select public.correct_overdue(run_id => %L)', gen_random_uuid()),
  'PT404',
  null,
  'An unknown run is not found (HTTP 404)'
);
select throws_ok(
  format('select public.correct_overdue(as_of => %L)', refused.as_of),
  '22023',
  'as_of has to be an instant',
  format('as_of %s is refused', coalesce(refused.as_of, 'null'))
)
from (values ('infinity'), (null)) as refused (as_of);

select * from finish();
rollback;
