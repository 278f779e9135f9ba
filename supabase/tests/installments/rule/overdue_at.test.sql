begin;
\ir ../../arrange.psql
select no_plan();

select is(
  jobs.overdue_at(day::date, cutoff::time, timezone),
  expected::timestamptz,
  format('At %s in %s: %s', cutoff, timezone, reason)
)
from (
  values
    ('2001-03-10', '17:00', 'Asia/Kathmandu', '2001-03-10 11:15:00+00', 'an ordinary day'),
    ('2001-04-01', '01:59:59', 'America/Chicago', '2001-04-01 07:59:59+00', 'a second before the clock is put forward'),
    ('2001-04-01', '02:00', 'America/Chicago', '2001-04-01 08:00:00+00', 'the first time that is skipped'),
    ('2001-04-01', '02:00:00.5', 'America/Chicago', '2001-04-01 08:00:00+00', 'a skipped time with a fraction'),
    ('2001-04-01', '02:59:59', 'America/Chicago', '2001-04-01 08:00:00+00', 'the last time that is skipped'),
    ('2001-04-01', '03:00', 'America/Chicago', '2001-04-01 08:00:00+00', 'the time to which the clock is put forward'),
    ('2001-10-28', '00:59:59', 'America/Chicago', '2001-10-28 05:59:59+00', 'before the hour that comes twice'),
    ('2001-10-28', '01:30', 'America/Chicago', '2001-10-28 06:30:00+00', 'the first of two instants'),
    ('2001-10-28', '02:00', 'America/Chicago', '2001-10-28 08:00:00+00', 'after the hour that comes twice'),
    ('2001-03-25', '00:00', 'Asia/Beirut', '2001-03-24 22:00:00+00', 'a day without midnight'),
    ('2011-12-30', '17:00', 'Pacific/Apia', '2011-12-30 10:00:00+00', 'a day that was skipped'),
    ('1993-08-21', '23:59:59', 'Pacific/Kwajalein', '1993-08-21 12:00:00+00', 'the last second of a day that was skipped'),
    ('2001-03-25', '01:45', 'Australia/Lord_Howe', '2001-03-24 14:45:00+00', 'half an hour comes twice'),
    ('2001-07-10', '17:00', 'CET', '2001-07-10 15:00:00+00', 'a zone named like an abbreviation'),
    ('infinity', '17:00', 'UTC', 'infinity', 'never'),
    ('-infinity', '17:00', 'UTC', '-infinity', 'always')
) as clocks (day, cutoff, timezone, expected, reason);

select is(
  jobs.overdue_at('2001-03-10', '17:00', unknown),
  null,
  format('In the unknown time zone %L there is no instant', unknown)
)
from (
  values ('Mars/Olympus_Mons'), (null)
) as zones (unknown);

select * from finish();
rollback;
