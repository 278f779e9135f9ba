begin;
\ir ../../arrange.psql
select no_plan();

\set at '''2001-06-30 08:00+00'''

select pg_temp.insert_agency() as agency \gset
select pg_temp.insert_agency() as other_agency \gset
insert into public.installments (payment_plan_id, amount, student_due_date, status)
values (pg_temp.insert_plan(:'agency'), 1, '2001-06-01', 'pending')
returning id as installment \gset
insert into public.installments (payment_plan_id, amount, student_due_date, status)
values (pg_temp.insert_plan(:'other_agency'), 2, '2001-06-01', 'pending')
returning id as other_installment \gset

select is(
  public.installment_report(:'installment', :at),
  jsonb_build_object(
    'installment', public.find_installments(:'installment') #> '{installments,0}',
    'explanation', public.explain_installment(:'installment', :at),
    'history', jsonb '[]'
  ),
  'Before a run, it is the installment with its explanation'
);

select from public.update_installment_statuses(:at);
select is(
  public.installment_report(:'installment', :at) -> 'history',
  (
    select jsonb_build_array(
      jsonb_build_object(
        'changedAt', history.changed_at,
        'fromStatus', 'pending',
        'toStatus', 'overdue',
        'runId', history.run_id,
        'asOf', timestamptz :at,
        'timezone', 'UTC',
        'localTime', '2001-06-30T08:00:00',
        'cutoffTime', '17:00:00',
        'effectiveDueDate', '2001-06-01',
        'reason', 'cutoff_passed'
      )
    )
    from public.installment_history(:'installment') as history
  ),
  'After it, with what the run has changed'
);

update public.installments set student_due_date = '2001-08-01' where id = :'installment';
select from public.correct_overdue(:'agency', false, :at);
select is(
  (
    select array_agg(change ->> 'toStatus' order by position)
    from jsonb_array_elements(public.installment_report(:'installment', :at) -> 'history')
      with ordinality as listed (change, position)
  ),
  array['pending', 'overdue'],
  'The newest change comes first'
);

select is(public.installment_report(gen_random_uuid()), null, 'An unknown installment has none');
select throws_ok(
  format('select public.installment_report(%L, %L)', :'installment', 'infinity'),
  '22023',
  null,
  'An as_of that is no instant is refused'
);

-- Readers

select pg_temp.insert_user('finance', :'agency') as member \gset
select pg_temp.insert_user() as stranger \gset

select pg_temp.sign_in(:'member');
select is(
  jsonb_array_length(public.installment_report(:'installment', :at) -> 'history'),
  2,
  'A member sees the installments of their agency, with their history'
);
select is(public.installment_report(:'other_installment', :at), null, 'And no other');
reset role;

select pg_temp.sign_in(:'stranger');
select is(public.installment_report(:'installment', :at), null, 'A user without a role sees none');
reset role;

select * from finish();
rollback;
