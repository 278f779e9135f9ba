begin;
\ir ../../arrange.psql
select no_plan();

\set at '''2001-06-30 08:00+00'''

select pg_temp.insert_agency('Australia/Brisbane', '17:00', 'pgtap A') as agency \gset
select pg_temp.insert_agency('Australia/Brisbane', '17:00', 'pgtap of ' || :'agency') as other_agency \gset
insert into public.installments (payment_plan_id, amount, student_due_date, status)
values (pg_temp.insert_plan(:'agency'), 1, '2001-06-30', 'pending');

select is(
  public.agency_report(:'agency', :at),
  jsonb_build_object(
    'agency', (
      select agency
      from jsonb_array_elements(public.list_agencies(:'agency', as_of => :at)) as agency
      where agency ->> 'agencyId' = :'agency'
    ),
    'preview', public.preview_overdue(:at, :'agency'),
    'changedClock', null
  ),
  'It is the agency of the list, with its preview'
);
select is(public.agency_report(:'agency', :at) #> '{preview,installments}', '1', 'The preview counts what a run would mark');
select is(
  public.agency_report(:'agency', :at) #>> '{agency,name}',
  'pgtap A',
  'An agency whose name holds the id of this one is not mistaken for it'
);
select is(public.agency_report(gen_random_uuid()), null, 'An unknown agency has none');
select throws_ok(
  format('select public.agency_report(%L, %L)', :'agency', 'infinity'),
  '22023',
  null,
  'An as_of that is no instant is refused'
);

-- What runs have failed for

insert into jobs.failing_items (job_name, item_id, name, error, failures, failing_since, last_failed_at, run_id)
values
  ('pgtap', :'agency', 'pgtap A', 'the zone is gone', 2, '2001-06-29 07:00+00', '2001-06-30 07:00+00', gen_random_uuid()),
  ('pgtap', :'other_agency', 'pgtap B', 'once only', 1, '2001-06-30 07:00+00', '2001-06-30 07:00+00', gen_random_uuid());
select is(
  public.agency_report(:'agency', :at) #> '{agency,leftOut}',
  jsonb_build_object(
    'jobName', 'pgtap',
    'error', 'the zone is gone',
    'failures', 2,
    'since', timestamptz '2001-06-29 07:00+00'
  ),
  'It says since when runs fail for the agency, and why'
);
select is(
  public.agency_report(:'other_agency', :at) #>> '{agency,leftOut}',
  null,
  'One failure leaves no agency out'
);

-- Readers

select pg_temp.insert_user('finance', :'agency') as member \gset
select pg_temp.insert_user('admin') as admin \gset
select pg_temp.insert_user() as stranger \gset

select pg_temp.sign_in(:'admin');
select is(
  public.agency_report(:'agency', :at) #>> '{agency,leftOut,error}',
  'the zone is gone',
  'An admin sees what failed'
);
reset role;

select pg_temp.sign_in(:'member');
select is(public.agency_report(:'agency', :at) #>> '{agency,name}', 'pgtap A', 'A member sees their agency');
select is(public.agency_report(:'agency', :at) #>> '{agency,leftOut}', null, 'And nothing of the jobs');
select is(public.agency_report(:'other_agency', :at), null, 'And no other agency');
reset role;

select pg_temp.sign_in(:'stranger');
select is(public.agency_report(:'agency', :at), null, 'A user without a role sees none');
reset role;

select * from finish();
rollback;
