begin;
\ir ../../arrange.psql
select no_plan();

-- An agency whose local time is noon, so that an instant before or after now is
-- on the same day.
select name as noon_zone
from pg_catalog.pg_timezone_names
where name ~ '^Etc/GMT[+-]\d+$'
  and extract(hour from now() at time zone name) = 12
limit 1
\gset

select
  (now() at time zone :'noon_zone')::date as today,
  (now() at time zone :'noon_zone')::time as this_instant
\gset

create function pg_temp.due_rows(agency uuid)
returns table (due_in_days int, plan_status text, status text, is_due_soon boolean, is_overdue_now boolean)
language sql
as $$
  select
    due.student_due_date - due.agency_local_date,
    plan.status,
    due.status,
    due.is_due_soon,
    due.is_overdue_now
  from public.installments_due as due
  join public.payment_plans as plan
    on plan.id = due.payment_plan_id
  where due.agency_id = due_rows.agency
  order by 1, 2, 3;
$$;

-- The edge of the cut-off

select pg_temp.insert_agency(:'noon_zone', :'this_instant') as at_cutoff \gset
select pg_temp.insert_agency(:'noon_zone', time :'this_instant' + interval '1 microsecond') as before_cutoff \gset

select pg_temp.insert_installment(pg_temp.insert_plan(edge.agency), date :'today' + days)
from (
  values (uuid :'at_cutoff'), (:'before_cutoff')
) as edge (agency)
cross join generate_series(-1, 5) as days;

select results_eq(
  format('select due_in_days, is_overdue_now, is_due_soon from pg_temp.due_rows(%L)', :'at_cutoff'),
  $$
    values
      (-1, true, false),
      (0, true, false),
      (1, false, true),
      (2, false, true),
      (3, false, true),
      (4, false, true),
      (5, false, false)
  $$,
  'At the cut-off, installments due today are overdue, and those of the next four days are due soon'
);

select results_eq(
  format('select due_in_days, is_overdue_now, is_due_soon from pg_temp.due_rows(%L)', :'before_cutoff'),
  $$
    values
      (-1, true, false),
      (0, false, true),
      (1, false, true),
      (2, false, true),
      (3, false, true),
      (4, false, true),
      (5, false, false)
  $$,
  'One microsecond before the cut-off, installments due today are due soon, and those due yesterday are overdue'
);

update public.agencies
set due_soon_threshold_days = 1
where id = :'before_cutoff';

select results_eq(
  format('select due_in_days from pg_temp.due_rows(%L) where is_due_soon', :'before_cutoff'),
  'values (0), (1)',
  'Each agency sets how many days ahead count as due soon'
);

set local timezone = 'Pacific/Kiritimati';

select results_eq(
  format('select due_in_days, is_overdue_now from pg_temp.due_rows(%L) where due_in_days between 0 and 1', :'at_cutoff'),
  'values (0, true), (1, false)',
  'The time zone of the session changes nothing'
);

set local timezone = 'Etc/GMT+12';

select is(
  (select distinct agency_local_date from public.installments_due where agency_id = :'at_cutoff'),
  :'today',
  'agency_local_date is the agency''s date in any session'
);

reset timezone;

-- Open installments

select pg_temp.insert_agency(:'noon_zone', :'this_instant') as agency \gset

select pg_temp.insert_installment(pg_temp.insert_plan(:'agency', plan_status), date :'today' + days, status)
from unnest(array['draft', 'active', 'completed', 'cancelled']) as plan_status
cross join unnest(array['draft', 'pending', 'overdue', 'paid', 'partial', 'cancelled']) as status
cross join (values (-1), (1)) as due (days);

select set_eq(
  format('select distinct status from pg_temp.due_rows(%L)', :'agency'),
  array['pending', 'partial', 'overdue'],
  'Pending, partial and overdue installments are open'
);

select is(
  (select count(*) from pg_temp.due_rows(:'agency')),
  24::bigint,
  'The view has every open installment once, whatever the status of its plan'
);

select set_eq(
  format(
    $$
      select due_in_days, plan_status
      from pg_temp.due_rows(%L)
      where status = 'pending'
        and is_overdue_now
    $$,
    :'agency'
  ),
  $$values (-1, 'active')$$,
  'A pending installment is overdue only on an active plan'
);

select set_eq(
  format('select due_in_days, plan_status, status from pg_temp.due_rows(%L) where is_due_soon', :'agency'),
  $$values (1, 'active', 'pending')$$,
  'Only a pending installment of an active plan is due soon'
);

select ok(
  (select bool_and(is_overdue_now) from pg_temp.due_rows(:'agency') where status = 'overdue'),
  'An installment that is marked overdue stays overdue, whatever its date and plan'
);

select set_eq(
  format(
    $$
      select due_in_days, plan_status
      from pg_temp.due_rows(%L)
      where status = 'partial'
        and is_overdue_now
    $$,
    :'agency'
  ),
  $$values (-1, 'active')$$,
  'A partly paid installment of an active plan is overdue once its cut-off has passed'
);

select is_empty(
  format(
    $$
      select due.status, plan.status, due.overdue_at
      from public.installments_due as due
      join public.payment_plans as plan
        on plan.id = due.payment_plan_id
      where due.agency_id = %L
        and due.overdue_at is distinct from case
          when plan.status = 'active'
            then (due.student_due_date + time %L) at time zone %L
        end
    $$,
    :'agency', :'this_instant', :'noon_zone'
  ),
  'overdue_at is the cut-off on the due date, whatever the status; without an active plan there is none'
);

-- Grace and closed days

select pg_temp.insert_agency(:'noon_zone', :'this_instant') as calendar_agency \gset

update public.agencies
set
  grace_days = 2,
  due_soon_threshold_days = 1
where id = :'calendar_agency';

insert into public.agency_closed_days (agency_id, day)
values
  (:'calendar_agency', date :'today' - 1),
  (:'calendar_agency', date :'today' + 1);

select pg_temp.insert_installment(pg_temp.insert_plan(:'calendar_agency'), date :'today' + days)
from generate_series(-4, 2) as days;

select results_eq(
  format(
    $$
      select
        student_due_date - agency_local_date,
        is_overdue_now,
        is_due_soon,
        (overdue_at at time zone %L)::date - agency_local_date
      from public.installments_due
      where agency_id = %L
      order by 1
    $$,
    :'noon_zone', :'calendar_agency'
  ),
  $$
    values
      (-4, true, false, -2),
      (-3, true, false, 0),
      (-2, true, false, 0),
      (-1, false, true, 2),
      (0, false, true, 2),
      (1, false, true, 3),
      (2, false, false, 4)
  $$,
  'Grace and closed days move overdue_at; in its grace an installment is due soon'
);

select pg_temp.insert_agency() as odd_agency \gset

select pg_temp.insert_installment(pg_temp.insert_plan(:'odd_agency'), day::date)
from (
  values ('infinity'), ('-infinity'), ('5874897-12-31'), ('4713-01-01 BC')
) as odd (day);

select results_eq(
  format(
    $$
      select overdue_at
      from public.installments_due
      where agency_id = %L
      order by student_due_date
    $$,
    :'odd_agency'
  ),
  $$values (timestamptz '-infinity'), ('-infinity'), ('infinity'), ('infinity')$$,
  'Infinite dates and dates beyond every clock have an infinite overdue_at'
);

-- The same rule as the job's

insert into public.agencies (name, timezone, overdue_cutoff_time)
select 'zone ' || zone.name, zone.name, (now() at time zone zone.name)::time + rival.difference
from pg_catalog.pg_timezone_names as zone
cross join (values (interval '0'), (interval '1 second')) as rival (difference)
where zone.name !~ '^(posix|right)/'
  and (now() at time zone zone.name)::time < '23:59:58';

insert into public.payment_plans (agency_id, status)
select id, 'active'
from public.agencies
where name = 'zone ' || timezone;

insert into public.installments (payment_plan_id, amount, student_due_date, status)
select plan.id, 1, now()::date + days, 'pending'
from public.payment_plans as plan
join public.agencies as agency
  on agency.id = plan.agency_id
cross join generate_series(-2, 2) as days
where agency.name = 'zone ' || agency.timezone;

-- Statistics of empty tables would make the planner compare each row with each.
analyze public.agencies, public.payment_plans, public.installments;

select cmp_ok(
  (select count(*) from public.agencies where name = 'zone ' || timezone),
  '>',
  800::bigint,
  'The test data has agencies in every zone, at and before their cut-off'
);

select is_empty(
  $$
    select agency.timezone, agency.overdue_cutoff_time, due.student_due_date
    from public.installments_due as due
    join public.agencies as agency
      on agency.id = due.agency_id
    left join jobs.agency_cutoffs(now()) as cutoff
      on cutoff.agency_id = agency.id
    where agency.name = 'zone ' || agency.timezone
      and due.is_overdue_now is distinct from (due.student_due_date < cutoff.overdue_before)
  $$,
  'In every zone, the job marks the installments that the view shows as overdue'
);

select is_empty(
  $$
    select agency.timezone, due.agency_local_date
    from public.installments_due as due
    join public.agencies as agency
      on agency.id = due.agency_id
    where agency.name = 'zone ' || agency.timezone
      and due.agency_local_date is distinct from jobs.local_time(now(), agency.timezone)::date
  $$,
  'In every zone, the view and the job see the same date'
);

-- The view reads now(). This copy reads another instant: in summer, in winter,
-- and around midnight.
create function pg_temp.view_at(instant timestamptz)
returns void
language plpgsql
as $$
begin
  execute 'drop view if exists pg_temp.installments_due_then';
  execute 'create view pg_temp.installments_due_then as '
    || replace(
      pg_get_viewdef('public.installments_due'::regclass),
      'now()',
      quote_literal(view_at.instant) || '::timestamptz'
    );
end
$$;

create function pg_temp.disagreements_at(instant timestamptz)
returns setof text
language plpgsql
as $$
begin
  perform pg_temp.view_at(disagreements_at.instant);

  update public.agencies
  set overdue_cutoff_time = least(
    jobs.local_time(disagreements_at.instant, timezone)::time,
    '23:59:59'
  )
  where name = 'zone ' || timezone;

  update public.installments as installment
  set student_due_date = jobs.local_time(disagreements_at.instant, agency.timezone)::date
  from public.payment_plans as plan
  join public.agencies as agency
    on agency.id = plan.agency_id
  where plan.id = installment.payment_plan_id
    and agency.name = 'zone ' || agency.timezone;

  return query execute
    $query$
      select agency.timezone
      from pg_temp.installments_due_then as due
      join public.agencies as agency
        on agency.id = due.agency_id
      join jobs.agency_cutoffs($1) as cutoff
        on cutoff.agency_id = agency.id
      where agency.name = 'zone ' || agency.timezone
        and (
          not due.is_overdue_now
          or due.student_due_date >= cutoff.overdue_before
          or due.agency_local_date <> due.student_due_date
        )
    $query$
  using disagreements_at.instant;
end
$$;

select is_empty(
  format('select pg_temp.disagreements_at(%L)', instant),
  format('In every zone, view and job agree on the second of the cut-off at %s', instant)
)
from (
  values
    ('2001-01-15 00:00:00+00'),
    ('2001-07-15 00:00:00+00'),
    ('2001-07-15 10:30:00+00'),
    ('2001-07-15 22:30:00+00')
) as moments (instant);

-- Row level security

select ok(
  'security_invoker=true' = any (reloptions),
  'The view is read with the rights of the caller'
)
from pg_catalog.pg_class
where oid = 'public.installments_due'::regclass;

select pg_temp.insert_user('member', :'at_cutoff') as member \gset
select pg_temp.insert_user() as stranger \gset

select pg_temp.sign_in(:'member');
select set_eq(
  'select distinct agency_id from public.installments_due',
  array[uuid :'at_cutoff'],
  'A member sees the installments of their own agency'
);
reset role;

select pg_temp.sign_in(:'stranger');
select is_empty(
  'select 1 from public.installments_due',
  'A user without a role sees no installments'
);
reset role;

select * from finish();
rollback;
