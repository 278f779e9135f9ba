begin;
\ir ../../arrange.psql
select no_plan();

select pg_temp.insert_agency() as agency \gset
select pg_temp.insert_plan(:'agency') as plan \gset
select pg_temp.insert_installment(:'plan', '2001-03-01') as installment \gset
select count(*)
from public.update_installment_statuses('2001-03-10 12:00:00+00');

select max(change.changed_at) as changed_at
from jobs.status_changes as change
\gset

select is(
  jobs.prune_status_changes(timestamptz :'changed_at' + interval '7 years'),
  0,
  'A change is kept for seven years'
);
select is(
  (jobs.prune(as_of => timestamptz :'changed_at' + interval '7 years') ->> 'status_changes')::int,
  0,
  'Also by the retention that deletes its run'
);
select is(
  (select count(*) from public.installment_history(:'installment')),
  1::bigint,
  'The history outlives the log'
);

savepoint seven_years;
select ok(
  (jobs.prune(as_of => timestamptz :'changed_at' + interval '7 years 1 second') ->> 'status_changes')::int > 0,
  'A second later the retention deletes it'
);
select is_empty(
  format('select * from public.installment_history(%L)', :'installment'),
  'Then it is gone'
);
rollback to savepoint seven_years;

select jobs.keep_status_changes('10 years');
select is(
  jobs.prune_status_changes(timestamptz :'changed_at' + interval '9 years'),
  0,
  'It is kept for as long as was set'
);
select throws_ok(
  format('select jobs.keep_status_changes(%L)', refused.keep),
  '22023',
  'status changes are kept for a year at least',
  format('Keeping them for %s is refused', coalesce(refused.keep, 'null'))
)
from (values ('11 months'), ('-1 year'), (null)) as refused (keep);

select * from finish();
rollback;
