begin;
\ir ../../arrange.psql
select no_plan();

-- 2001-03-10 was a Saturday.
create function pg_temp.overdue_before(agency uuid, at timestamptz)
returns date
language sql
as $$
  select cutoff.overdue_before
  from jobs.agency_cutoffs(overdue_before.at, overdue_before.agency) as cutoff;
$$;

-- Grace

select pg_temp.insert_agency() as agency \gset

select is(
  pg_temp.overdue_before(:'agency', '2001-03-07 16:59:59.999999+00'),
  '2001-03-07',
  'Before the cut-off, what was due before today is overdue'
);
select is(
  pg_temp.overdue_before(:'agency', '2001-03-07 17:00:00+00'),
  '2001-03-08',
  'At the cut-off, what is due today is overdue'
);

update public.agencies
set grace_days = 3
where id = :'agency';

select is(
  pg_temp.overdue_before(:'agency', '2001-03-07 16:59:59.999999+00'),
  '2001-03-04',
  'With three days of grace, what was due three days ago is not overdue before the cut-off'
);
select is(
  pg_temp.overdue_before(:'agency', '2001-03-07 17:00:00+00'),
  '2001-03-05',
  'With three days of grace, what was due three days ago is overdue at the cut-off'
);

-- Closed weekdays

update public.agencies
set
  grace_days = 0,
  closed_weekdays = '{6,7}'
where id = :'agency';

select is(
  pg_temp.overdue_before(:'agency', at),
  expected::date,
  format('With closed weekends, at %s what is due before %s is overdue', at, expected)
)
from (
  values
    (timestamptz '2001-03-09 16:59:59+00', '2001-03-09'),
    ('2001-03-09 17:00:00+00', '2001-03-10'),
    ('2001-03-10 17:00:00+00', '2001-03-10'),
    ('2001-03-11 23:59:59+00', '2001-03-10'),
    ('2001-03-12 16:59:59+00', '2001-03-10'),
    ('2001-03-12 17:00:00+00', '2001-03-13')
) as moments (at, expected);

update public.agencies
set closed_weekdays = '{2,3,4,5,6,7}'
where id = :'agency';

select is(
  pg_temp.overdue_before(:'agency', '2001-03-11 23:00:00+00'),
  '2001-03-06',
  'With six closed weekdays, the last Monday decides'
);

-- Closed days

update public.agencies
set closed_weekdays = '{6,7}'
where id = :'agency';

insert into public.agency_closed_days (agency_id, day, name)
values
  (:'agency', '2001-03-09', 'Friday'),
  (:'agency', '2001-03-10', 'A Saturday, which is closed anyway'),
  (:'agency', '2001-03-12', 'Monday'),
  (:'agency', '2001-03-14', 'Wednesday');

select is(
  pg_temp.overdue_before(:'agency', at),
  expected::date,
  format('With closed days around a weekend, at %s what is due before %s is overdue', at, expected)
)
from (
  values
    (timestamptz '2001-03-08 17:00:00+00', '2001-03-09'),
    ('2001-03-12 17:00:00+00', '2001-03-09'),
    ('2001-03-13 16:59:59+00', '2001-03-09'),
    ('2001-03-13 17:00:00+00', '2001-03-14'),
    ('2001-03-14 17:00:00+00', '2001-03-14'),
    ('2001-03-15 17:00:00+00', '2001-03-16')
) as moments (at, expected);

update public.agencies
set grace_days = 5
where id = :'agency';

select is(
  pg_temp.overdue_before(:'agency', '2001-03-13 17:00:00+00'),
  '2001-03-09',
  'Grace counts every day: five days before the day that decides'
);

-- One agency's calendar is no other's

select pg_temp.insert_agency() as another \gset

select is(
  pg_temp.overdue_before(:'another', '2001-03-12 17:00:00+00'),
  '2001-03-13',
  'The closed days of one agency do not close another'
);

-- A closure of a year

insert into public.agency_closed_days (agency_id, day)
select :'another', date '2001-04-02' + n
from generate_series(0, 359) as n;

select is(
  pg_temp.overdue_before(:'another', '2002-03-27 23:00:00+00'),
  '2001-04-02',
  'At the end of a year of closed days, the last open day before it decides'
);

-- Settings that are tried

select results_eq(
  format(
    $$
      select overdue_before, timezone, local_time, cutoff_time, grace_days
      from jobs.agency_cutoffs('2001-03-20 12:00:00+00', %L, 'Asia/Kathmandu', '17:45', 2)
    $$,
    :'agency'
  ),
  $$values (date '2001-03-19', 'Asia/Kathmandu', timestamp '2001-03-20 17:45', time '17:45', 2)$$,
  'Other settings replace those of the agency, and are returned'
);

-- An unknown zone: as an adopter's own column could hold

alter table public.agencies disable trigger check_agency_timezone;
update public.agencies
set timezone = 'Mars/Olympus_Mons'
where id = :'agency';

select is(
  pg_temp.overdue_before(:'agency', '2001-03-20 12:00:00+00'),
  null,
  'An agency in an unknown zone has no date'
);

-- The same as the rule read forwards: the due date, plus the grace, moved on to
-- the next open day

create function pg_temp.open_day_from(agency public.agencies, day date)
returns date
language sql
as $$
  select min(candidate.day)
  from (
    select open_day_from.day + ahead as day
    from generate_series(0, 60) as ahead
  ) as candidate
  where extract(isodow from candidate.day) <> all ((open_day_from.agency).closed_weekdays)
    and not exists (
      select 1
      from public.agency_closed_days as closed_day
      where closed_day.agency_id = (open_day_from.agency).id
        and closed_day.day = candidate.day
    );
$$;

select setseed(0.42);

insert into public.agencies (name, timezone, overdue_cutoff_time, grace_days, closed_weekdays)
select
  'random calendar',
  (array['UTC', 'Pacific/Kiritimati', 'America/St_Johns'])[1 + n % 3],
  make_time(floor(random() * 24)::int, 0, 0),
  floor(random() * 8)::int,
  array(
    select weekday
    from generate_series(1, 7) as weekday
    where random() < 0.3
      and weekday <> 1 + n % 7
  )
from generate_series(1, 60) as n;

insert into public.agency_closed_days (agency_id, day)
select
  agency.id,
  date '2001-03-01' + n
from public.agencies as agency
cross join generate_series(0, 40) as n
where agency.name = 'random calendar'
  and random() < 0.4;

select is_empty(
  $$
    select agency.timezone, agency.closed_weekdays, moment, due
    from generate_series(timestamptz '2001-03-15 00:30+00', '2001-04-08 00:30+00', '19 hours') as moment
    cross join lateral jobs.agency_cutoffs(moment) as cutoff
    join public.agencies as agency
      on agency.id = cutoff.agency_id
    cross join lateral (
      select cutoff.overdue_before + around as due
      from generate_series(-2, 1) as around
    ) as installment
    where agency.name = 'random calendar'
      and (due < cutoff.overdue_before) is distinct from (
        pg_temp.open_day_from(agency, due + agency.grace_days) + agency.overdue_cutoff_time
          <= moment at time zone agency.timezone
      )
  $$,
  'The date of each agency is that of its due dates, moved on one by one'
);

select * from finish();
rollback;
