begin;
\ir ../../arrange.psql
select no_plan();

-- Against an independent oracle: scripts/e2e/next_cutoff.test.ts.

insert into public.agencies (name, timezone, overdue_cutoff_time, closed_weekdays, grace_days)
values
  ('pgtap always', 'America/Chicago', '17:00', '{}', 0),
  ('pgtap weekdays', 'America/Chicago', '17:00', '{6,7}', 3),
  ('pgtap at two', 'America/Chicago', '02:00', '{}', 0),
  ('pgtap at half past one', 'America/Chicago', '01:30', '{}', 0);
insert into public.agency_closed_days (agency_id, day)
select id, '2001-07-02'
from public.agencies
where name = 'pgtap weekdays';

select results_eq(
  format(
    $$
      select
        (agency ->> 'nextCutoffAt')::timestamptz,
        (agency ->> 'nextCutoffDueBefore')::date
      from jsonb_array_elements(public.list_agencies(%L, as_of => %L)) as agency
    $$,
    name,
    at
  ),
  format('values (timestamptz %L, date %L)', expected, due_before),
  format('%s: %s', name, reason)
)
from (
  values
    ('pgtap always', '2001-06-29 21:59:59+00', '2001-06-29 22:00+00', '2001-06-30', 'a second before the cut-off'),
    ('pgtap always', '2001-06-29 22:00:00+00', '2001-06-30 22:00+00', '2001-07-01', 'at the cut-off, the next one'),
    ('pgtap weekdays', '2001-06-29 21:59:59+00', '2001-06-29 22:00+00', '2001-06-27', 'Friday, the grace counted'),
    ('pgtap weekdays', '2001-06-29 22:00:00+00', '2001-07-03 22:00+00', '2001-07-01', 'no weekend and no closed Monday'),
    ('pgtap weekdays', '2001-07-01 12:00:00+00', '2001-07-03 22:00+00', '2001-07-01', 'also in the middle of them'),
    ('pgtap at two', '2001-04-01 07:59:59+00', '2001-04-01 08:00+00', '2001-04-02', 'the time is skipped: at the change'),
    ('pgtap at half past one', '2001-10-28 06:29:59+00', '2001-10-28 06:30+00', '2001-10-29', 'the first of two'),
    ('pgtap at half past one', '2001-10-28 06:30:00+00', '2001-10-29 07:30+00', '2001-10-30', 'once it has passed, tomorrow'),
    ('pgtap at half past one', '2001-10-28 07:00:00+00', '2001-10-28 07:30+00', '2001-10-29', 'the clock was turned back: the second')
) as moments (name, at, expected, due_before, reason);

select is(
  jobs.next_cutoff_at(gen_random_uuid(), '2001-06-29 12:00+00', '2001-06-29 12:00', '17:00', 'Mars/Olympus_Mons', '{}'),
  null,
  'In an unknown time zone there is none'
);

select * from finish();
rollback;
