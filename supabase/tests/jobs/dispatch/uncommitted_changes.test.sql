begin;
select set_config('client_min_messages', 'error', true);
create extension if not exists pgtap
  with schema extensions;
select no_plan();

select is(jobs.uncommitted_changes(), null, 'A transaction that has changed nothing has nothing to commit');

create temporary table pgtap_of_the_session (id int);
insert into pgtap_of_the_session values (1);
select jobs.register(
  job_name => 'pgtap-uncommitted',
  description => 'A job of the tests',
  schedule => '0 0 1 1 *'
);
insert into public.jobs_log (job_name, started_at, completed_at, status)
values ('pgtap-uncommitted', now(), now(), 'success');
select is(jobs.uncommitted_changes(), null, 'What the kit writes concerns no function');

savepoint before_change;
update public.agencies set name = name where false;
select is(jobs.uncommitted_changes(), 'public.agencies', 'A table that was written to is named');
select throws_ok(
  $$select jobs.dispatch('pgtap-uncommitted')$$,
  '25001',
  'this transaction has changed public.agencies, which the function would not see: commit first, and send the dispatch '
    'on its own',
  'A dispatch is refused, and says what to do'
);
rollback to savepoint before_change;
select is(jobs.uncommitted_changes(), null, 'What is rolled back counts no more');

insert into public.agencies (name) values ('An agency') returning id as agency \gset
insert into jobs.overdue_digests (week, agency_id, state, key_number, run_id, judged_at, claimed_at, sent_at)
values ((jobs.digest_time(now(), 'UTC')).week, :'agency', 'sent', 1, gen_random_uuid(), now(), now(), now());
select jobs.release_overdue_digest(:'agency', week => '1999-W01');
select is(jobs.uncommitted_changes(), 'public.agencies', 'A release that finds nothing changes nothing');
select jobs.release_overdue_digest(:'agency', week => (jobs.digest_time(now(), 'UTC')).week);
select is(
  jobs.uncommitted_changes(),
  'jobs.overdue_digests, public.agencies',
  'A digest that was released has to be committed before it can be sent'
);

select * from finish();
rollback;
