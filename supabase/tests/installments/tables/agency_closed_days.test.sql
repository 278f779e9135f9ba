begin;
\ir ../../arrange.psql
select no_plan();

select pg_temp.insert_agency(name => 'Harbour') as agency \gset
select pg_temp.insert_agency(name => 'Another') as another \gset

-- Grace

select throws_ok(
  format('update public.agencies set grace_days = %s where id = %L', refused, :'agency'),
  '23514',
  format('grace_days must be from 0 to 60, not %s', refused),
  format('A grace of %s days is refused', refused)
)
from (
  values ('-1'), ('61'), ('null')
) as days (refused);

select lives_ok(
  format('update public.agencies set grace_days = %s where id = %L', accepted, :'agency'),
  format('A grace of %s days is accepted', accepted)
)
from (
  values (60), (0)
) as days (accepted);

-- Closed weekdays

select throws_ok(
  format('update public.agencies set closed_weekdays = %L where id = %L', refused.weekdays, :'agency'),
  '23514',
  refused.message,
  format('The closed weekdays %s are refused', coalesce(refused.weekdays, 'null'))
)
from (
  values
    ('{0}', 'closed_weekdays must hold numbers from 1 (Monday) to 7 (Sunday), not {0}'),
    ('{6,8}', 'closed_weekdays must hold numbers from 1 (Monday) to 7 (Sunday), not {6,8}'),
    ('{6,null}', 'closed_weekdays must hold numbers from 1 (Monday) to 7 (Sunday), not {6,NULL}'),
    ('{6,7,6}', 'closed_weekdays must name each day once, not {6,7,6}'),
    ('{{6},{7}}', 'closed_weekdays must be a plain list, not {{6},{7}}'),
    (
      '{7,6,5,4,3,2,1}',
      'closed_weekdays must leave a day of the week open, or nothing would ever become overdue'
    ),
    (null, 'closed_weekdays must be a list, not null; {} is no closed weekday')
) as refused (weekdays, message);

select lives_ok(
  format('insert into public.agencies (name, closed_weekdays) values (%L, %L)', 'weekdays', accepted),
  format('The closed weekdays %s are accepted', accepted)
)
from (
  values ('{}'), ('{7,6}'), ('{1,2,3,4,5,6}')
) as weekdays (accepted);

alter table public.agencies disable trigger check_agency_calendar;
select throws_ok(
  format('update public.agencies set closed_weekdays = %L where id = %L', refused, :'agency'),
  '23514',
  null,
  format('Without the trigger, the closed weekdays %s are refused as well', refused)
)
from (
  values ('{0}'), ('{null}'), ('{1,2,3,4,5,6,7}')
) as weekdays (refused);
alter table public.agencies enable trigger check_agency_calendar;

-- Closed days

insert into public.agency_closed_days (agency_id, day, name)
values (:'agency', '2001-12-25', 'Christmas Day');

select throws_ok(
  format('insert into public.agency_closed_days (agency_id, day) values (%L, %L)', :'agency', refused.day),
  refused.state,
  refused.message,
  format('The closed day %s is refused: %s', coalesce(refused.day, 'null'), refused.reason)
)
from (
  values
    (
      '2001-12-25',
      '23505',
      'duplicate key value violates unique constraint "agency_closed_days_pkey"',
      'it is there already'
    ),
    (null, '23514', 'day must be a date from 1900-01-01 to 9999-12-31, not null', 'it is no day'),
    (
      'infinity',
      '23514',
      'day must be a date from 1900-01-01 to 9999-12-31, not infinity',
      'it is no day of a calendar'
    ),
    ('1899-12-31', '23514', 'day must be a date from 1900-01-01 to 9999-12-31, not 1899-12-31', 'it lies before 1900'),
    ('10000-01-01', '23514', 'day must be a date from 1900-01-01 to 9999-12-31, not 10000-01-01', 'it lies after 9999')
) as refused (day, state, message, reason);

select throws_ok(
  $$insert into public.agency_closed_days (agency_id, day) values (gen_random_uuid(), '2001-12-26')$$,
  '23503',
  null,
  'A closed day belongs to an agency'
);

-- A calendar that closes for more than a year

select throws_ok(
  format(
    'insert into public.agency_closed_days (agency_id, day) select %L, date %L + n from generate_series(0, 366) as n',
    :'agency', '2002-01-05'
  ),
  '23514',
  'agency "Harbour" would be closed for 367 days in a row, from 2002-01-05 on',
  'An agency cannot be closed for 367 days in a row'
);

select lives_ok(
  format(
    'insert into public.agency_closed_days (agency_id, day) select %L, date %L + n from generate_series(0, 365) as n',
    :'agency', '2002-01-05'
  ),
  'An agency can be closed for 366 days in a row'
);

select throws_ok(
  format('insert into public.agency_closed_days (agency_id, day) values (%L, %L)', :'agency', '2003-01-06'),
  '23514',
  'agency "Harbour" would be closed for 367 days in a row, from 2002-01-05 on',
  'One more day at the end of a year of closed days is refused'
);

-- 2003-01-06 was a Monday.
select throws_ok(
  format('update public.agencies set closed_weekdays = %L where id = %L', '{1}', :'agency'),
  '23514',
  'agency "Harbour" would be closed for 367 days in a row, from 2002-01-05 on',
  'A closed weekday that makes the closure longer is refused'
);

select throws_ok(
  format('update public.agency_closed_days set day = %L where day = %L', '2003-01-06', '2001-12-25'),
  '23514',
  'agency "Harbour" would be closed for 367 days in a row, from 2002-01-05 on',
  'A closed day cannot be moved to where it makes the closure too long'
);

insert into public.agency_closed_days (agency_id, day)
select :'another', date '2001-01-01' + n
from generate_series(0, 3650) as n
where extract(isodow from date '2001-01-01' + n) <> 2;

select throws_ok(
  format('update public.agencies set closed_weekdays = %L where id = %L', '{2}', :'another'),
  '23514',
  'agency "Another" would be closed for 3651 days in a row, from 2001-01-01 on',
  'Closed days and weekdays that together leave no day open are refused'
);

-- Who sees and changes them

select pg_temp.insert_user('member', :'agency') as member \gset
select pg_temp.insert_user('admin') as admin \gset

select pg_temp.sign_in(:'member');
select set_eq(
  'select distinct agency_id from public.agency_closed_days',
  array[uuid :'agency'],
  'A member sees the closed days of their own agency'
);
select throws_ok(
  format('insert into public.agency_closed_days (agency_id, day) values (%L, %L)', :'agency', '2001-05-01'),
  '42501',
  null,
  'A member cannot add a closed day'
);
delete from public.agency_closed_days where day = '2001-12-25';
update public.agency_closed_days set day = '2001-05-01' where day = '2001-12-25';
select ok(
  exists (select 1 from public.agency_closed_days where day = '2001-12-25' and agency_id = :'agency'),
  'A member cannot change or remove a closed day'
);
reset role;

select pg_temp.sign_in(:'admin');
select lives_ok(
  format('insert into public.agency_closed_days (agency_id, day) values (%L, %L)', :'agency', '2001-05-01'),
  'An admin adds a closed day'
);
select lives_ok(
  format('update public.agency_closed_days set day = %L where agency_id = %L and day = %L', '2001-05-02', :'agency', '2001-05-01'),
  'An admin changes a closed day'
);
select lives_ok(
  format('delete from public.agency_closed_days where agency_id = %L and day = %L', :'agency', '2001-05-02'),
  'An admin removes a closed day'
);
select is_empty(
  $$select 1 from public.agency_closed_days where day between '2001-05-01' and '2001-05-02' and agency_id <> all (select id from public.agencies where name = 'Another')$$,
  'What an admin has removed is gone'
);
reset role;

set local role service_role;
select lives_ok(
  format('insert into public.agency_closed_days (agency_id, day) values (%L, %L)', :'agency', '2001-05-01'),
  'The service role adds a closed day'
);
reset role;

set local role anon;
select throws_ok(
  'select 1 from public.agency_closed_days',
  '42501',
  null,
  'Without a sign-in no role reads closed days'
);
reset role;

select * from finish();
rollback;
