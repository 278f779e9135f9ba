begin;
\ir ../arrange.psql
\ir arrange_digest.psql
\ir arrange_claims.psql
select no_plan();

select pg_temp.insert_run() as run_id \gset

create function pg_temp.release(agency uuid, at interval default '07:00')
returns boolean
language sql
as $$
  select jobs.release_overdue_digest(
    agency_id => release.agency,
    as_of => '2001-03-12 00:00:00+00'::timestamptz + release.at
  );
$$;

-- Sent digests

select pg_temp.insert_indebted() as sent \gset
select pg_temp.claim(:'run_id', :'sent');
select pg_temp.complete(:'sent', 'sent', mail_id => 'mail-1');

select ok(pg_temp.release(:'sent'), 'A sent digest can be released');
select results_eq(
  format(
    $$
      select claimed ->> 'status', claimed -> 'repeated', claimed ->> 'idempotency_key'
      from pg_temp.claim(%L, %L, '07:00') as claimed
    $$,
    :'run_id', :'sent'
  ),
  format($$values ('claimed', jsonb 'false', 'weekly-overdue-digest/2001-W11/%s/2')$$, :'sent'),
  'A released digest is sent as a new mail with a new key'
);

-- Unknown outcomes

select pg_temp.insert_indebted() as unknown \gset
select pg_temp.claim(:'run_id', :'unknown');

select ok(
  pg_temp.claim(:'run_id', :'unknown', '30:00') ->> 'status' = 'unknown_end'
    and pg_temp.release(:'unknown', '30:00'),
  'A digest with an unknown outcome can be released'
);
select results_eq(
  format(
    $$
      select claimed ->> 'status', claimed -> 'repeated', claimed ->> 'judged_at'
      from pg_temp.claim(%L, %L, '30:00') as claimed
    $$,
    pg_temp.insert_run('2001-03-13 06:00:00+00'), :'unknown'
  ),
  $$values ('claimed', jsonb 'false', '2001-03-13T06:00:00+00:00')$$,
  'A released digest has the installments that are overdue at its new instant'
);

-- What is not released

select pg_temp.insert_indebted() as in_hand \gset
select pg_temp.claim(:'run_id', :'in_hand', '06:59:30');

select ok(
  not pg_temp.release(:'in_hand')
    and (pg_temp.digest(:'in_hand')).state = 'claimed',
  'A digest that is being sent is not released'
);
select ok(
  pg_temp.release(:'in_hand', '07:00:30'),
  'A digest can be released when its lease ends'
);
select ok(
  not pg_temp.release(:'in_hand', '07:00:30'),
  'A released digest cannot be released again'
);
select ok(
  not pg_temp.release(pg_temp.insert_indebted()),
  'A digest that was never claimed cannot be released'
);

select pg_temp.claim(:'run_id', :'in_hand', '07:01');
select pg_temp.complete(:'in_hand', 'sent', '07:01:01');

select ok(
  not pg_temp.release(:'in_hand', '168:00')
    and (pg_temp.digest(:'in_hand')).state = 'sent',
  'The current week is released by default'
);
select ok(
  jobs.release_overdue_digest(:'in_hand', week => '2001-W11'),
  'A past week can be released by its name'
);

select * from finish();
rollback;
