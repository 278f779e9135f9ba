begin;
\ir ../arrange.psql
\ir arrange_digest.psql
\ir arrange_claims.psql
select no_plan();

-- A claim

select pg_temp.insert_run() as run_id \gset
select pg_temp.insert_customer() as agency \gset
select pg_temp.insert_debt(:'agency', amount => 12.5, student => 'Ana') as debt \gset

select pg_temp.claim(:'run_id', :'agency') as claimed \gset

select is(
  jsonb :'claimed' - 'lease',
  jsonb_build_object(
    'status', 'claimed',
    'week', '2001-W11',
    'leased_until', timestamptz '2001-03-12 06:02:00+00',
    'idempotency_key', format('weekly-overdue-digest/2001-W11/%s', :'agency'),
    'repeated', false
  )
    || pg_temp.digest_of(:'agency'),
  'A claim contains a lease, a key for the mail and the content of the mail'
);
select ok(
  (jsonb :'claimed' ->> 'lease')::uuid is not null,
  'The lease has an id'
);

select results_eq(
  format('select state, key_number, run_id, judged_at, claimed_at, uncertain_since from pg_temp.digest(%L)', :'agency'),
  format(
    $$
      values (
        'claimed', 1, uuid %L, timestamptz '2001-03-12 06:00:00+00', timestamptz '2001-03-12 06:01:00+00',
        null::timestamptz
      )
    $$,
    :'run_id'
  ),
  'The ledger has the claim'
);

select pg_temp.insert_run('2001-03-12 06:00:30+00') as other_run \gset

select results_eq(
  format($$select pg_temp.claim(run_id, %L, '06:01:00.5') from unnest(array[%L, %L]::uuid[]) as run_id$$, :'agency', :'run_id', :'other_run'),
  $$
    select jsonb_build_object(
      'status', 'in_progress',
      'leased_until', timestamptz '2001-03-12 06:02:00+00',
      'retry_after_seconds', 60
    )
    from generate_series(1, 2)
  $$,
  'During the lease no other process gets the digest, not even one of the same run'
);

select is(
  pg_temp.claim(:'run_id', pg_temp.insert_indebted()) ->> 'status',
  'claimed',
  'Digests of other agencies can be claimed meanwhile'
);

select is(
  public.claim_overdue_digest(
    run_id => :'run_id',
    agency_id => pg_temp.insert_indebted(),
    as_of => '2001-03-12 06:01:00+00'
  ) ->> 'leased_until',
  '2001-03-12T06:02:00+00:00',
  'A lease lasts a minute by default'
);

-- An unknown outcome

select is(
  pg_temp.claim(:'other_run', :'agency', '06:01:59.999999') ->> 'status',
  'in_progress',
  'The digest cannot be claimed up to the last microsecond of the lease'
);

select pg_temp.insert_debt(:'agency', due => '2001-03-02');
update public.agencies
set overdue_cutoff_time = '09:00:15'
where id = :'agency';
select pg_temp.insert_debt(:'agency', due => '2001-03-12');

select pg_temp.claim(:'other_run', :'agency', '06:02:00') as repeated \gset

select is(
  jsonb :'repeated' - array['lease', 'installments', 'totals', 'oldest', 'largest'],
  jsonb :'claimed' - array['lease', 'installments', 'totals', 'oldest', 'largest']
    || '{"repeated": true, "leased_until": "2001-03-12T06:03:00+00:00"}',
  'When the lease ends, the digest can be claimed again for the same instant with the same key'
);
select is(
  jsonb :'repeated' -> 'installments',
  '2',
  'A repeated claim leaves out installments that became overdue since its instant'
);
select isnt(
  jsonb :'repeated' ->> 'lease',
  jsonb :'claimed' ->> 'lease',
  'The former holder has lost the lease'
);
select is(
  (pg_temp.digest(:'agency')).uncertain_since,
  '2001-03-12 06:01:00+00',
  'The outcome is unknown since the first claim'
);

select is(
  pg_temp.claim(:'run_id', :'agency', '12:00') -> 'repeated',
  'true',
  'A claim can be repeated again'
);
select is(
  (pg_temp.digest(:'agency')).uncertain_since,
  '2001-03-12 06:01:00+00',
  'Repeating a claim does not move its first claim'
);

select is(
  pg_temp.claim(:'run_id', :'agency', '29:00:59.999999') ->> 'status',
  'claimed',
  'A claim can be repeated for 23 hours, while Resend is sure to know the key'
);

select is(
  pg_temp.claim(:'run_id', :'agency', '29:03'),
  '{"status": "unknown_end", "first_claimed_at": "2001-03-12T06:01:00+00:00"}',
  'After 23 hours a mail with an unknown outcome is not sent again'
);
select is(
  pg_temp.claim(pg_temp.insert_run('2001-03-18 20:59:59+00'), :'agency', '167:00') ->> 'status',
  'unknown_end',
  'A mail with an unknown outcome is not sent again in its week, by any run'
);
select is(
  pg_temp.claim(pg_temp.insert_run('2001-03-19 04:59:59.999999+00'), :'agency', '173:00'),
  '{"status": "not_yet"}',
  'On Monday before 08:00 in its own zone it gets none'
);
select is(
  pg_temp.claim(pg_temp.insert_run('2001-03-19 05:00:00+00'), :'agency', '173:00') ->> 'status',
  'claimed',
  'From 08:00 on the agency gets a new mail, in its next week'
);

select pg_temp.insert_indebted() as killed \gset
select pg_temp.claim(:'run_id', :'killed');

select is(
  pg_temp.claim(:'run_id', :'killed', '29:01'),
  '{"status": "unknown_end", "first_claimed_at": "2001-03-12T06:01:00+00:00"}',
  'A claim that was never repeated ends the same way'
);

-- Nothing to claim

select pg_temp.insert_indebted() as mailed \gset
select pg_temp.claim(:'run_id', :'mailed');
select pg_temp.complete(:'mailed', 'sent', mail_id => 'mail-1');

select results_eq(
  format('select pg_temp.claim(run_id, %L) from unnest(array[%L, %L]::uuid[]) as run_id', :'mailed', :'run_id', :'other_run'),
  $$
    select jsonb_build_object(
      'status', 'already_sent',
      'sent_at', timestamptz '2001-03-12 06:01:01+00',
      'mail_id', 'mail-1',
      'by_this_run', by_this_run
    )
    from unnest(array[true, false]) as by_this_run
  $$,
  'A sent digest is not sent again, and its run gets that answer'
);

select is(
  pg_temp.claim(:'run_id', agency),
  jsonb_build_object('status', status),
  format('The digest of an agency without anything to send is not claimed: %s', status)
)
from (
  values
    (pg_temp.insert_customer(), 'nothing_overdue'),
    (gen_random_uuid(), 'nothing_overdue'),
    (pg_temp.insert_indebted(contact_email => ' '), 'no_address')
) as nothing (agency, status);

alter table public.agencies
  disable trigger check_agency_timezone;

select is(
  pg_temp.claim(pg_temp.insert_run('2001-03-12 08:00:00+00'), pg_temp.insert_indebted(timezone => 'Mars/Olympus')),
  '{"status": "no_time_zone"}',
  'An agency whose date is unknown is not mailed'
);

select pg_temp.insert_customer() as late \gset
select pg_temp.claim(:'run_id', :'late');
select pg_temp.insert_debt(:'late');

select is(
  pg_temp.claim(:'run_id', :'late') ->> 'idempotency_key',
  format('weekly-overdue-digest/2001-W11/%s', :'late'),
  'An agency that becomes overdue later gets the first key of the week'
);

-- Each agency has its own week

create function pg_temp.week_claimed(agency uuid, started_at timestamptz)
returns text
language sql
as $$
  select coalesce(claimed ->> 'week', claimed ->> 'status')
  from pg_temp.claim(pg_temp.insert_run(week_claimed.started_at), week_claimed.agency, interval '0') as claimed;
$$;

select results_eq(
  $$
    select pg_temp.week_claimed(pg_temp.insert_indebted(timezone => zone), started_at)
    from (
      values
        -- 07:59:59 and 08:00 on Monday, the 12th
        ('Pacific/Kiritimati', timestamptz '2001-03-11 17:59:59+00'),
        ('Pacific/Kiritimati', '2001-03-11 18:00:00+00'),
        ('Pacific/Pago_Pago', '2001-03-12 18:59:59+00'),
        ('Pacific/Pago_Pago', '2001-03-12 19:00:00+00'),
        -- Sunday, the 11th, 23:59:59
        ('Pacific/Pago_Pago', '2001-03-12 10:59:59+00'),
        -- Summer time began on Sunday, the 25th: 08:00 is an hour earlier in UTC.
        ('Europe/London', '2001-03-26 06:59:59+00'),
        ('Europe/London', '2001-03-26 07:00:00+00'),
        ('Europe/London', '2001-10-29 07:59:59+00'),
        ('Europe/London', '2001-10-29 08:00:00+00'),
        -- The first week of a year has its first Thursday.
        ('UTC', '2000-12-31 23:59:59+00'),
        ('UTC', '2001-01-01 08:00:00+00'),
        ('Asia/Kathmandu', '2027-01-04 02:14:59+00'),
        ('Asia/Kathmandu', '2027-01-04 02:15:00+00')
    ) as claims (zone, started_at)
  $$,
  $$
    values
      ('not_yet'), ('2001-W11'), ('not_yet'), ('2001-W11'), ('2001-W10'), ('not_yet'), ('2001-W13'), ('not_yet'),
      ('2001-W44'), ('2000-W52'), ('2001-W01'), ('not_yet'), ('2027-W01')
  $$,
  'An agency is mailed from 08:00 on Monday, in its own zone and ISO week'
);

-- Retention

insert into jobs.overdue_digests (week, agency_id)
select week, gen_random_uuid()
from unnest(array['2000-W48', '2000-W49', '2001-W01']) as week;
select pg_temp.claim(:'run_id', pg_temp.insert_indebted(), interval '-66:00');

select set_eq(
  $$select week from jobs.overdue_digests where week < '2001-W09' and week > '1999' and claimed_at is null$$,
  array['2000-W49', '2001-W01'],
  'A claim deletes weeks that are older than 90 days'
);

-- Refusals

select throws_ok(
  format('select public.claim_overdue_digest(%L, %L)', gen_random_uuid(), :'agency'),
  'PT404',
  null,
  'An unknown run claims nothing'
);

update public.jobs_log
set status = 'failed'
where id = :'run_id';

select throws_ok(
  format('select pg_temp.claim(%L, %L)', :'run_id', pg_temp.insert_indebted()),
  'PT409',
  null,
  'A run that has ended claims nothing'
);

select throws_ok(
  format('select public.claim_overdue_digest(%L, %L, lease_seconds => %L)', :'other_run', :'agency', seconds),
  '22023',
  'lease_seconds is 1 to 3600',
  format('A lease of %s seconds is refused', coalesce(seconds::text, 'null'))
)
from unnest(array[0, 3601, null]) as seconds;

select * from finish();
rollback;
