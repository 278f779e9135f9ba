begin;
\ir ../arrange.psql
\ir arrange_digest.psql
\ir arrange_claims.psql
select no_plan();

select pg_temp.insert_run() as run_id \gset

-- Sent

select pg_temp.insert_indebted() as sent \gset
select pg_temp.claim(:'run_id', :'sent');

select is(
  pg_temp.complete(:'sent', 'sent', '06:01:02', mail_id => 'mail-1'),
  '{"state": "sent", "sent_at": "2001-03-12T06:01:02+00:00", "mail_id": "mail-1"}',
  'What was sent is sent'
);

create table pg_temp.sent_once as
select *
from pg_temp.digest(:'sent');

select is(
  pg_temp.complete(:'sent', outcome, '06:05', mail_id => 'mail-2', lease => gen_random_uuid()),
  '{"state": "sent", "sent_at": "2001-03-12T06:01:02+00:00", "mail_id": "mail-1"}',
  format('It stays sent when somebody completes it as %s', outcome)
)
from unnest(array['sent', 'refused', 'not_sent', 'unknown']) as outcome;

select results_eq(
  format('select * from pg_temp.digest(%L)', :'sent'),
  'select * from pg_temp.sent_once',
  'Completing it again changes nothing'
);

select pg_temp.insert_indebted() as sent_late \gset
select pg_temp.claim(:'run_id', :'sent_late') ->> 'lease' as lost_lease \gset
select pg_temp.claim(:'run_id', :'sent_late', '06:02');
update public.jobs_log
set status = 'failed'
where id = :'run_id';

select is(
  pg_temp.complete(:'sent_late', 'sent', '06:02:01', lease => :'lost_lease') ->> 'state',
  'sent',
  'It counts from one who has lost the lease, after the end of the run and without a name for the mail'
);
select is(
  pg_temp.claim(pg_temp.insert_run('2001-03-12 07:00:00+00'), :'sent_late', '07:00') ->> 'status',
  'already_sent',
  'It is not sent again'
);

select pg_temp.insert_run() as run_id \gset

-- Refused

select pg_temp.insert_indebted() as refused \gset
select pg_temp.claim(:'run_id', :'refused');

select is(
  pg_temp.complete(:'refused', 'refused'),
  '{"state": "not_sent", "sent_at": null, "mail_id": null}',
  'What was refused was not sent'
);

select pg_temp.insert_run('2001-03-14 06:00:00+00') as next_run \gset
select pg_temp.claim(:'next_run', :'refused', '54:00') as corrected \gset

select results_eq(
  format($$select told ->> 'idempotency_key', told -> 'repeated', told ->> 'local_date' from (values (jsonb %L)) as claimed (told)$$, :'corrected'),
  format($$values ('weekly-overdue-digest/2001-W11/%s/2', jsonb 'false', '2001-03-14')$$, :'refused'),
  'It can be claimed at once, days later too: a new mail, with a new key'
);

select pg_temp.complete(:'refused', 'refused', '54:01');

select is(
  pg_temp.claim(:'next_run', :'refused', '54:02') ->> 'idempotency_key',
  format('weekly-overdue-digest/2001-W11/%s/3', :'refused'),
  'Each refusal ends its key'
);

-- Not sent

select pg_temp.insert_indebted() as paused \gset
select pg_temp.claim(:'run_id', :'paused');

select is(
  pg_temp.complete(:'paused', 'not_sent') ->> 'state',
  'not_sent',
  'What had to wait was not sent'
);
select results_eq(
  format($$select claimed -> 'repeated', claimed ->> 'idempotency_key' from pg_temp.claim(%L, %L, '06:01:02') as claimed$$, :'run_id', :'paused'),
  format($$values (jsonb 'false', 'weekly-overdue-digest/2001-W11/%s')$$, :'paused'),
  'It can be claimed at once, under the same key: a request that was repeated on the way may have been taken the first time'
);

select pg_temp.insert_indebted() as expired \gset
select pg_temp.claim(:'run_id', :'expired');

select is(
  pg_temp.complete(:'expired', 'not_sent', '06:10') ->> 'state',
  'not_sent',
  'After the lease it counts while no other run has taken over'
);

-- Unknown

select pg_temp.insert_indebted() as unknown \gset
select pg_temp.claim(:'run_id', :'unknown');

select is(
  pg_temp.complete(:'unknown', 'unknown'),
  '{"state": "claimed", "sent_at": null, "mail_id": null}',
  'What may have been sent stays claimed'
);
select results_eq(
  format('select lease, leased_until, uncertain_since from pg_temp.digest(%L)', :'unknown'),
  $$values (null::uuid, null::timestamptz, timestamptz '2001-03-12 06:01:00+00')$$,
  'The lease is released, and the time since which the outcome is unknown is recorded'
);

select results_eq(
  format($$select claimed -> 'repeated', claimed ->> 'idempotency_key' from pg_temp.claim(%L, %L, '06:01:02') as claimed$$, :'run_id', :'unknown'),
  format($$values (jsonb 'true', 'weekly-overdue-digest/2001-W11/%s')$$, :'unknown'),
  'It can be claimed again at once, under the same key'
);

select is(
  pg_temp.complete(:'unknown', 'refused', '06:01:03') ->> 'state',
  'claimed',
  'That the repetition was refused does not tell whether the first mail was sent'
);
select results_eq(
  format($$select claimed -> 'repeated', claimed ->> 'idempotency_key' from pg_temp.claim(%L, %L, '06:01:04') as claimed$$, :'run_id', :'unknown'),
  format($$values (jsonb 'true', 'weekly-overdue-digest/2001-W11/%s')$$, :'unknown'),
  'So the key stays'
);
select pg_temp.complete(:'unknown', 'unknown', '06:01:05');

select is(
  pg_temp.claim(:'run_id', :'unknown', '29:01') ->> 'status',
  'unknown_end',
  'The 23 hours count from the first claim'
);

-- Whose word counts

select pg_temp.insert_indebted() as taken_over \gset
select pg_temp.claim(:'run_id', :'taken_over') ->> 'lease' as lost_lease \gset
select pg_temp.claim(:'run_id', :'taken_over', '06:02');

create table pg_temp.held as
select *
from pg_temp.digest(:'taken_over');

select is(
  pg_temp.complete(:'taken_over', outcome, '06:02:01', lease => lease) ->> 'state',
  'claimed',
  format('%s counts for nothing from %s', outcome, somebody)
)
from unnest(array['refused', 'not_sent', 'unknown']) as outcome
cross join (
  values
    (uuid :'lost_lease', 'one who has lost the lease'),
    (gen_random_uuid(), 'somebody else')
) as other (lease, somebody);

select results_eq(
  format('select * from pg_temp.digest(%L)', :'taken_over'),
  'select * from pg_temp.held',
  'The new holder has it still'
);

-- Refusals

select throws_ok(
  format('select pg_temp.complete(%L, ''sent'')', agency),
  'PT404',
  null,
  format('There is nothing to complete for an agency that %s', why)
)
from (
  values
    (gen_random_uuid(), 'was never claimed')
) as never (agency, why);

select pg_temp.insert_customer() as settled \gset
select pg_temp.claim(:'run_id', :'settled');

select throws_ok(
  format('select pg_temp.complete(%L, ''sent'')', :'settled'),
  'PT404',
  null,
  'A digest that had nothing to claim is not found'
);

select throws_ok(
  format('select pg_temp.complete(%L, %L)', :'taken_over', outcome),
  '22023',
  format('the outcome of a digest is sent, refused, not_sent or unknown, not %s', coalesce(outcome, 'null')),
  format('The outcome %s is refused', coalesce(outcome, 'null'))
)
from unnest(array['claimed', '', null]) as outcome;

select * from finish();
rollback;
