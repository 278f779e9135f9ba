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

-- What was sent

select pg_temp.insert_indebted() as sent \gset
select pg_temp.claim(:'run_id', :'sent');
select pg_temp.complete(:'sent', 'sent', mail_id => 'mail-1');

select ok(pg_temp.release(:'sent'), 'What was sent is released');
select results_eq(
  format(
    $$
      select claimed ->> 'status', claimed -> 'repeated', claimed ->> 'idempotency_key'
      from pg_temp.claim(%L, %L, '07:00') as claimed
    $$,
    :'run_id', :'sent'
  ),
  format($$values ('claimed', jsonb 'false', 'weekly-overdue-digest/2001-W11/%s/2')$$, :'sent'),
  'It is sent as another mail then, which Resend does not take for the first'
);

-- Unknown outcomes

select pg_temp.insert_indebted() as unknown \gset
select pg_temp.claim(:'run_id', :'unknown');

select ok(
  pg_temp.claim(:'run_id', :'unknown', '30:00') ->> 'status' = 'unknown_end'
    and pg_temp.release(:'unknown', '30:00'),
  'A digest with an unknown outcome is released'
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
  'It tells what is overdue by then'
);

-- What is not released

select pg_temp.insert_indebted() as in_hand \gset
select pg_temp.claim(:'run_id', :'in_hand', '06:59:30');

select ok(
  not pg_temp.release(:'in_hand')
    and (pg_temp.digest(:'in_hand')).state = 'claimed',
  'What is being sent is not released'
);
select ok(
  pg_temp.release(:'in_hand', '07:00:30'),
  'It is when the lease is over'
);
select ok(
  not pg_temp.release(:'in_hand', '07:00:30'),
  'There is nothing to release a second time'
);
select ok(
  not pg_temp.release(pg_temp.insert_indebted()),
  'For an agency that was never claimed there is nothing to release'
);

select pg_temp.claim(:'run_id', :'in_hand', '07:01');
select pg_temp.complete(:'in_hand', 'sent', '07:01:01');

select ok(
  not pg_temp.release(:'in_hand', '168:00')
    and (pg_temp.digest(:'in_hand')).state = 'sent',
  'In the next week the week before is left alone'
);
select ok(
  jobs.release_overdue_digest(:'in_hand', week => '2001-W11'),
  'Unless it is named'
);

select * from finish();
rollback;
