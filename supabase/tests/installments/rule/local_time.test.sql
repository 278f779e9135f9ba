begin;
\ir ../../arrange.psql
select no_plan();

select is(
  jobs.local_time(instant::timestamptz, timezone),
  expected::timestamp,
  format('At %s the local time in %s is %s', instant, timezone, expected)
)
from (
  values
    ('2001-03-10 10:30:00+00', 'Pacific/Kiritimati', '2001-03-11 00:30:00'),
    ('2001-03-10 10:30:00+00', 'UTC', '2001-03-10 10:30:00'),
    ('2001-03-10 10:30:00+00', 'Etc/GMT+12', '2001-03-09 22:30:00'),
    ('2001-03-10 11:15:00+00', 'Asia/Kathmandu', '2001-03-10 17:00:00'),
    ('2001-06-10 04:15:00+00', 'Pacific/Chatham', '2001-06-10 17:00:00'),
    ('2001-01-10 03:15:00+00', 'Pacific/Chatham', '2001-01-10 17:00:00'),
    ('2001-03-24 14:59:59.999999+00', 'Australia/Lord_Howe', '2001-03-25 01:59:59.999999'),
    ('2001-03-24 15:00:00+00', 'Australia/Lord_Howe', '2001-03-25 01:30:00'),
    ('2001-03-24 22:00:00+00', 'Asia/Beirut', '2001-03-25 01:00:00'),
    ('2001-07-10 15:00:00+00', 'CET', '2001-07-10 17:00:00'),
    ('2001-07-10 15:00:00+00', 'MET', '2001-07-10 17:00:00'),
    ('2001-07-10 14:00:00+00', 'EET', '2001-07-10 17:00:00'),
    ('2001-07-10 16:00:00+00', 'WET', '2001-07-10 17:00:00')
) as clocks (instant, timezone, expected);

select is(
  jobs.local_time('2001-03-10 10:30:00+00', unknown),
  null,
  format('The unknown time zone %L has no local time', unknown)
)
from (
  values ('Mars/Olympus_Mons'), (''), (null)
) as zones (unknown);

set local timezone = 'Asia/Kathmandu';
select jobs.local_time('2001-03-10 10:30:00+00', 'Pacific/Kiritimati');
select is(
  current_setting('timezone'),
  'Asia/Kathmandu',
  'Reading the time of another zone does not change the zone of the session'
);
select is(
  jobs.local_time('2001-03-10 10:30:00+00', 'UTC'),
  timestamp '2001-03-10 10:30:00',
  'The time zone of the session changes nothing'
);

select * from finish();
rollback;
