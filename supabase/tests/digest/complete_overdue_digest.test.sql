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
  'A digest that is completed as sent is sent'
);

create table pg_temp.sent_once as
select *
from pg_temp.digest(:'sent');

select is(
  pg_temp.complete(:'sent', outcome, '06:05', mail_id => 'mail-2', lease => gen_random_uuid()),
  '{"state": "sent", "sent_at": "2001-03-12T06:01:02+00:00", "mail_id": "mail-1"}',
  format('A sent digest stays sent when it is completed as %s', outcome)
)
from unnest(array['sent', 'refused', 'not_sent', 'unknown']) as outcome;

select results_eq(
  format('select * from pg_temp.digest(%L)', :'sent'),
  'select * from pg_temp.sent_once',
  'Completing a sent digest again changes nothing'
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
  'Sent counts even from a former holder, after the end of the run and without a mail id'
);
select is(
  pg_temp.claim(pg_temp.insert_run('2001-03-12 07:00:00+00'), :'sent_late', '07:00') ->> 'status',
  'already_sent',
  'A digest that a former holder sent is not sent again'
);

select pg_temp.insert_run() as run_id \gset

-- Refused

select pg_temp.insert_indebted() as refused \gset
select pg_temp.claim(:'run_id', :'refused');

select is(
  pg_temp.complete(:'refused', 'refused'),
  '{"state": "not_sent", "sent_at": null, "mail_id": null}',
  'A refused digest is not sent'
);

select pg_temp.insert_run('2001-03-14 06:00:00+00') as next_run \gset
select pg_temp.claim(:'next_run', :'refused', '54:00') as corrected \gset

select results_eq(
  format($$select digest ->> 'idempotency_key', digest -> 'repeated', digest ->> 'local_date' from (values (jsonb %L)) as claimed (digest)$$, :'corrected'),
  format($$values ('weekly-overdue-digest/2001-W11/%s/2', jsonb 'false', '2001-03-14')$$, :'refused'),
  'A refused digest can be claimed at once and days later, as a new mail with a new key'
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
  'A digest that had to wait is not sent'
);
select results_eq(
  format($$select claimed -> 'repeated', claimed ->> 'idempotency_key' from pg_temp.claim(%L, %L, '06:01:02') as claimed$$, :'run_id', :'paused'),
  format($$values (jsonb 'false', 'weekly-overdue-digest/2001-W11/%s')$$, :'paused'),
  'A digest that had to wait can be claimed at once with the same key, because Resend may have taken an earlier request'
);

select pg_temp.insert_indebted() as expired \gset
select pg_temp.claim(:'run_id', :'expired');

select is(
  pg_temp.complete(:'expired', 'not_sent', '06:10') ->> 'state',
  'not_sent',
  'After its lease an outcome counts while no other run has claimed the digest'
);

-- Unknown

select pg_temp.insert_indebted() as unknown \gset
select pg_temp.claim(:'run_id', :'unknown');

select is(
  pg_temp.complete(:'unknown', 'unknown'),
  '{"state": "claimed", "sent_at": null, "mail_id": null}',
  'A digest with an unknown outcome stays claimed'
);
select results_eq(
  format('select lease, leased_until, uncertain_since from pg_temp.digest(%L)', :'unknown'),
  $$values (null::uuid, null::timestamptz, timestamptz '2001-03-12 06:01:00+00')$$,
  'An unknown outcome releases the lease and records since when it is unknown'
);

select results_eq(
  format($$select claimed -> 'repeated', claimed ->> 'idempotency_key' from pg_temp.claim(%L, %L, '06:01:02') as claimed$$, :'run_id', :'unknown'),
  format($$values (jsonb 'true', 'weekly-overdue-digest/2001-W11/%s')$$, :'unknown'),
  'A digest with an unknown outcome can be claimed at once with the same key'
);

select is(
  pg_temp.complete(:'unknown', 'refused', '06:01:03') ->> 'state',
  'claimed',
  'A refused repetition leaves the outcome of the first mail unknown'
);
select results_eq(
  format($$select claimed -> 'repeated', claimed ->> 'idempotency_key' from pg_temp.claim(%L, %L, '06:01:04') as claimed$$, :'run_id', :'unknown'),
  format($$values (jsonb 'true', 'weekly-overdue-digest/2001-W11/%s')$$, :'unknown'),
  'After a refused repetition the key stays'
);
select pg_temp.complete(:'unknown', 'unknown', '06:01:05');

select is(
  pg_temp.claim(:'run_id', :'unknown', '29:01') ->> 'status',
  'unknown_end',
  'The 23 hours count from the first claim'
);

-- Which outcomes count

select pg_temp.insert_indebted() as taken_over \gset
select pg_temp.claim(:'run_id', :'taken_over') ->> 'lease' as lost_lease \gset
select pg_temp.claim(:'run_id', :'taken_over', '06:02');

create table pg_temp.held as
select *
from pg_temp.digest(:'taken_over');

select is(
  pg_temp.complete(:'taken_over', outcome, '06:02:01', lease => lease) ->> 'state',
  'claimed',
  format('%s from %s is ignored', outcome, holder)
)
from unnest(array['refused', 'not_sent', 'unknown']) as outcome
cross join (
  values
    (uuid :'lost_lease', 'a former holder of the lease'),
    (gen_random_uuid(), 'another process')
) as other (lease, holder);

select results_eq(
  format('select * from pg_temp.digest(%L)', :'taken_over'),
  'select * from pg_temp.held',
  'The new holder keeps the lease'
);

-- Refusals

select throws_ok(
  format('select pg_temp.complete(%L, ''sent'')', agency),
  'PT404',
  null,
  format('Nothing can be completed for an agency that %s', why)
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
  'A digest that was never claimed is not found'
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
