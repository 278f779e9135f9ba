begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_digest.psql
select no_plan();

-- The agencies of the database are not those of the test.
delete from public.installments where true;
delete from public.payment_plans where true;
delete from public.user_roles where true;
delete from public.agencies where true;
select pg_temp.unregister_all();
select jobs.register(
  job_name => 'weekly-overdue-digest',
  description => 'A job of the tests',
  schedule => '0 0 1 1 *',
  due_check => 'jobs.overdue_digest_is_due'
);
-- After all instants of the test: it would be turned on only then.
update jobs.definitions set enabled_at = '2020-01-01 00:00:00+00' where job_name = 'weekly-overdue-digest';

create function pg_temp.succeed(started_at timestamptz)
returns void
language sql
as $$
  insert into public.jobs_log (job_name, started_at, completed_at, status)
  values ('weekly-overdue-digest', succeed.started_at, succeed.started_at, 'success');
$$;

create function pg_temp.is_due(as_of timestamptz)
returns boolean
language sql
as $$
  select jobs.is_due('weekly-overdue-digest', is_due.as_of);
$$;

select is(pg_temp.is_due('2001-03-12 12:00:00+00'), false, 'Without agencies nothing is due');

select pg_temp.insert_customer(timezone => 'Pacific/Kiritimati');
select pg_temp.insert_customer(timezone => 'Pacific/Pago_Pago');
select pg_temp.insert_customer(timezone => 'Europe/London');

select is(pg_temp.is_due('2001-03-08 00:00:00+00'), true, 'Before its first success the digest is due');
select pg_temp.succeed('2001-03-08 00:00:00+00');

select results_eq(
  $$
    select instant, pg_temp.is_due(instant)
    from unnest(
      array[
        '2001-03-08 00:00:00+00',
        '2001-03-11 17:59:59.999999+00',
        '2001-03-11 18:00:00+00',
        '2001-03-14 00:00:00+00'
      ]::timestamptz[]
    ) as instant
  $$,
  $$
    values
      (timestamptz '2001-03-08 00:00:00+00', false),
      ('2001-03-11 17:59:59.999999+00', false),
      ('2001-03-11 18:00:00+00', true),
      ('2001-03-14 00:00:00+00', true)
  $$,
  'It becomes due at 08:00 on Monday in the first zone, and stays so until a run succeeds'
);

insert into public.jobs_log (job_name, started_at, completed_at, status)
values ('weekly-overdue-digest', '2001-03-11 18:00:05+00', '2001-03-11 18:00:05+00', 'failed');
select is(pg_temp.is_due('2001-03-11 18:01:00+00'), true, 'A run that failed has settled nothing');
select pg_temp.succeed('2001-03-11 18:02:00+00');

select results_eq(
  $$
    select instant, pg_temp.is_due(instant)
    from unnest(
      array['2001-03-11 18:02:00+00', '2001-03-12 07:59:59+00', '2001-03-12 08:00:00+00']::timestamptz[]
    ) as instant
  $$,
  $$
    values
      (timestamptz '2001-03-11 18:02:00+00', false),
      ('2001-03-12 07:59:59+00', false),
      ('2001-03-12 08:00:00+00', true)
  $$,
  'A success settles the zones in which it was Monday, 08:00, and no others'
);

select pg_temp.succeed('2001-03-12 08:00:30+00');
select pg_temp.succeed('2001-03-12 19:00:30+00');
select is(
  pg_temp.is_due(instant),
  false,
  format('With all zones settled nothing is due at %s', instant)
)
from unnest(array['2001-03-12 19:01:00+00', '2001-03-15 00:00:00+00', '2001-03-18 17:59:59+00']::timestamptz[]) as instant;
select is(pg_temp.is_due('2001-03-18 18:00:00+00'), true, 'A week later it is due again');

-- Turned on in mid-week

update jobs.definitions set enabled_at = '2001-03-21 12:00:00+00' where job_name = 'weekly-overdue-digest';
select is(
  array[pg_temp.is_due('2001-03-21 12:00:00+00'), pg_temp.is_due('2001-03-25 17:59:59+00'), pg_temp.is_due('2001-03-25 18:00:00+00')],
  array[false, false, true],
  'A digest that is turned on sends its first mails on the next Monday'
);

-- Every zone, every week of a year: a run whenever it is due mails each agency once
-- in each of its weeks, at 08:00 local time.

delete from public.agencies where true;
delete from public.jobs_log where true;
update jobs.definitions set enabled_at = '2020-01-01 00:00:00+00' where job_name = 'weekly-overdue-digest';
select pg_temp.insert_customer(timezone => zone)
from unnest(
  array[
    'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Asia/Kathmandu', 'Pacific/Chatham', 'Australia/Lord_Howe',
    'America/St_Johns', 'Asia/Beirut', 'America/Santiago', 'CET', 'Etc/GMT+12'
  ]
) as zone;

create table pg_temp.mailed (timezone text, week text, at timestamp);

do $$
declare
  instant timestamptz := '2001-03-10 00:00:00+00';
begin
  perform pg_temp.succeed(instant);
  while instant < '2001-04-22 17:00:00+00' loop
    instant := instant + interval '15 minutes';
    if pg_temp.is_due(instant) then
      insert into pg_temp.mailed
      select agency.timezone, clock.week, jobs.local_time(instant, agency.timezone)
      from public.agencies as agency
      cross join lateral jobs.digest_time(instant, agency.timezone) as clock
      where clock.has_begun
        and not exists (
          select 1
          from pg_temp.mailed as former
          where former.timezone = agency.timezone
            and former.week = clock.week
        );
      perform pg_temp.succeed(instant);
    end if;
  end loop;
end
$$;

select results_eq(
  $$
    select timezone, count(*), min(week), max(week), bool_and(extract(isodow from at) = 1 and at::time = '08:00')
    from pg_temp.mailed
    where week > '2001-W10'
    group by timezone
    order by timezone
  $$,
  $$
    select timezone, 6::bigint, '2001-W11', '2001-W16', true
    from public.agencies
    order by timezone
  $$,
  'With clocks that change on the Sunday before, too, each agency is mailed once a week, on Monday at 08:00'
);

select * from finish();
rollback;
