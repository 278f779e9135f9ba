begin;
\ir ../../arrange.psql
select no_plan();

-- Defaults

insert into public.agencies (name)
values ('Defaults')
returning id as agency
\gset

select is(timezone, 'Australia/Brisbane', 'An agency is in Brisbane by default')
from public.agencies
where id = :'agency';

select is(overdue_cutoff_time, '17:00:00', 'The cut-off is 17:00 by default')
from public.agencies
where id = :'agency';

select is(due_soon_threshold_days, 4, 'An installment is due soon 4 days ahead by default')
from public.agencies
where id = :'agency';

select isnt(created_at, null, 'An agency has the time of its creation')
from public.agencies
where id = :'agency';

-- Time zone

select lives_ok(
  $$
    insert into public.agencies (name, timezone)
    select 'zone ' || name, name
    from pg_catalog.pg_timezone_names
  $$,
  'Every name of pg_timezone_names is accepted'
);

select set_eq(
  $$
    select timezone
    from public.agencies
    where name = 'zone ' || timezone
  $$,
  'select name from pg_catalog.pg_timezone_names',
  'Time zones are stored as given'
);

create function pg_temp.error_of_timezone(timezone text)
returns table (state text, message text, hint text, detail text, constraint_name text)
language sql
as $$
  select *
  from pg_temp.error_of(
    format('insert into public.agencies (name, timezone) values (''refused'', %L)', timezone)
  );
$$;

select results_eq(
  format('select state, constraint_name from pg_temp.error_of_timezone(%L)', refused.timezone),
  $$values ('23514', 'agencies_timezone_check')$$,
  format('The time zone %L is refused: %s', refused.timezone, refused.reason)
)
from (
  values
    ('Bogus5', 'AT TIME ZONE would accept it as an invented abbreviation'),
    ('UTC+5', 'AT TIME ZONE would accept it, as five hours west'),
    ('', 'it names nothing'),
    (' ', 'it names nothing'),
    ('australia/brisbane', 'the name has another case'),
    (' Australia/Brisbane', 'the name has no space'),
    ('AEST', 'abbreviations stand for many zones'),
    ('+10:00', 'an offset has no summer time'),
    (null, 'the date would be unknown')
) as refused (timezone, reason);

select ok(
  length(failure.hint) > 0 and failure.message = '"Bogus5" is not the name of a time zone',
  'The error says which value is wrong and what to write instead'
)
from pg_temp.error_of_timezone('Bogus5') as failure;

select matches(
  failure.hint,
  'IANA name such as Australia/Brisbane',
  'The hint for an offset asks for an IANA name'
)
from pg_temp.error_of_timezone('UTC+5') as failure;

select is(
  failure.hint,
  'Did you mean Australia/Brisbane?',
  'The hint for a name in the wrong case offers the right one'
)
from pg_temp.error_of_timezone('australia/brisbane') as failure;

select is(
  failure.hint,
  'Did you mean Australia/Brisbane?',
  'The hint for a name with blanks around it offers the right one'
)
from pg_temp.error_of_timezone(' Australia/Brisbane ') as failure;

select matches(
  failure.hint,
  'IANA name',
  'A missing time zone gets a hint too'
)
from pg_temp.error_of_timezone(null) as failure;

select throws_ok(
  format('update public.agencies set timezone = %L where id = %L', 'Bogus5', :'agency'),
  '23514',
  null,
  'An agency cannot be moved to a time zone that does not exist'
);

delete from jobs.timezone_names
where name = 'Asia/Kathmandu';

select lives_ok(
  $$insert into public.agencies (name, timezone) values ('new zone', 'Asia/Kathmandu')$$,
  'A zone that was added to the server after the installation is accepted'
);

select ok(
  exists (
    select 1
    from jobs.timezone_names
    where name = 'Asia/Kathmandu'
  ),
  'A zone that was added to the server is stored'
);

-- Cut-off

select lives_ok(
  format('insert into public.agencies (name, overdue_cutoff_time) values (%L, %L)', 'cut-off', accepted.cutoff),
  format('The cut-off %s is accepted', accepted.cutoff)
)
from (
  values ('00:00:00'), ('12:30:15'), ('23:59:59')
) as accepted (cutoff);

select throws_ok(
  format('insert into public.agencies (name, overdue_cutoff_time) values (%L, %L)', 'cut-off', refused.cutoff),
  '23514',
  null,
  format('The cut-off %s is refused: no clock shows it to the second', refused.cutoff)
)
from (
  values ('24:00:00'), ('23:59:59.5')
) as refused (cutoff);

select throws_ok(
  format('insert into public.agencies (name, overdue_cutoff_time) values (%L, null)', 'cut-off'),
  '23502',
  null,
  'A null cut-off is refused'
);

-- Threshold

select lives_ok(
  format('insert into public.agencies (name, due_soon_threshold_days) values (%L, %s)', 'threshold', accepted.days),
  format('A threshold of %s days is accepted', accepted.days)
)
from (
  values (1), (30)
) as accepted (days);

select throws_ok(
  format('insert into public.agencies (name, due_soon_threshold_days) values (%L, %s)', 'threshold', refused.days),
  '23514',
  null,
  format('A threshold of %s days is refused', refused.days)
)
from (
  values (0), (31), (-1)
) as refused (days);

select throws_ok(
  format('insert into public.agencies (name, due_soon_threshold_days) values (%L, null)', 'threshold'),
  '23502',
  null,
  'A null threshold is refused'
);

select * from finish();
rollback;
