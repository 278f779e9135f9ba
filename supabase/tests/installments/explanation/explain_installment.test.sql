begin;
\ir ../../arrange.psql
select no_plan();

-- 2001-11-23 was a Friday. Brisbane is ten hours ahead of UTC.
select pg_temp.insert_agency('Australia/Brisbane', name => 'Harbour') as agency \gset
select pg_temp.insert_plan(:'agency') as plan \gset

create function pg_temp.sentence(installment uuid, at timestamptz)
returns text
language sql
as $$
  select explained ->> 'verdict' || ': ' || (explained ->> 'sentence')
  from public.explain_installment(sentence.installment, sentence.at) as explained;
$$;

-- What is pending, around its cut-off

select pg_temp.insert_installment(:'plan', '2001-11-23') as pending \gset

select is(
  pg_temp.sentence(:'pending', at),
  sentence,
  format('At %s: %s', at, sentence)
)
from (
  values
    (
      timestamptz '2001-11-10 12:00+10',
      'not_yet: Not overdue yet: due on Friday 23 November, so it becomes overdue that day at 17:00 (Brisbane), in 13 days.'
    ),
    (
      '2001-11-21 17:00+10',
      'due_soon: Not overdue yet, but due soon: due on Friday 23 November, so it becomes overdue that day at 17:00 '
      '(Brisbane), in 2 days.'
    ),
    (
      '2001-11-23 09:00+10',
      'due_soon: Not overdue yet, but due today: due on Friday 23 November, so it becomes overdue that day at 17:00 '
      '(Brisbane), in 8 hours.'
    ),
    (
      '2001-11-23 16:30+10',
      'due_soon: Not overdue yet, but due today: due on Friday 23 November, so it becomes overdue that day at 17:00 '
      '(Brisbane), in 30 minutes.'
    ),
    (
      '2001-11-23 16:59:59.999999+10',
      'due_soon: Not overdue yet, but due today: due on Friday 23 November, so it becomes overdue that day at 17:00 '
      '(Brisbane), in less than a minute.'
    ),
    (
      '2001-11-23 17:00+10',
      'overdue: Overdue since Friday 23 November 2001, 17:00 in Brisbane: it was due that day, the agency''s cut-off is '
      '17:00, and it is still pending. The next run marks it.'
    )
) as moments (at, sentence);

-- Every status of plan and installment

select is_empty(
  $$
    select plan_status, status, days, explained ->> 'verdict'
    from unnest(array['draft', 'active', 'completed', 'cancelled']) as plan_status
    cross join unnest(array['draft', 'pending', 'overdue', 'paid', 'partial', 'cancelled']) as status
    cross join (values (-1), (10)) as due (days)
    cross join lateral jobs.installment_explanation(
      '2001-11-23 12:00+10',
      null,
      status,
      date '2001-11-23' + days,
      plan_status,
      (select id from public.agencies where name = 'Harbour')
    ) as explained
    where explained ->> 'verdict' is distinct from case
        when status = 'overdue' and plan_status = 'active' and days < 0 then 'overdue'
        when status = 'overdue' then 'correctable'
        when status in ('paid', 'cancelled') then 'closed'
        when plan_status <> 'active' or status = 'draft' then 'not_active'
        when days < 0 then 'overdue'
        else 'not_yet'
      end
      or explained ->> 'sentence' is null
      or explained ->> 'sentence' !~ '^[A-Z].*\.$'
  $$,
  'Every status of plan and installment has its verdict and a sentence'
);

select pg_temp.insert_installment(:'plan', '2001-11-22', 'paid') as paid \gset
select pg_temp.insert_installment(:'plan', '2001-11-22', 'partial') as partial \gset
select pg_temp.insert_installment(:'plan', '2001-11-22', 'draft') as draft \gset
select pg_temp.insert_installment(pg_temp.insert_plan(:'agency', 'cancelled'), '2001-11-22') as of_cancelled \gset
select pg_temp.insert_installment(pg_temp.insert_plan(:'agency', 'draft'), '2001-11-22') as of_draft \gset
select pg_temp.insert_installment(pg_temp.insert_plan(:'agency', 'completed'), '2001-11-22', 'overdue') as of_completed \gset
select pg_temp.insert_installment(:'plan', '2002-03-01', 'overdue') as moved \gset
select pg_temp.insert_installment(:'plan', 'infinity') as never \gset
select pg_temp.insert_installment(:'plan', '5874897-12-31') as last_of_all \gset
select pg_temp.insert_installment(:'plan', '-infinity') as always \gset

select is(
  pg_temp.sentence(case_of.id, '2001-11-23 12:00+10'),
  case_of.sentence,
  case_of.sentence
)
from (
  values
    (uuid :'paid', 'closed: It will not become overdue: it is paid.'),
    (
      :'partial',
      'overdue: Overdue since Thursday 22 November 2001, 17:00 in Brisbane: it was due that day, the agency''s cut-off is '
      '17:00, and it is only partly paid. It is not marked, because that would hide that a part is paid.'
    ),
    (:'draft', 'not_active: It does not become overdue while it is a draft: only pending installments do.'),
    (
      :'of_cancelled',
      'not_active: It does not become overdue while its plan is cancelled: only installments of active plans do.'
    ),
    (
      :'of_draft',
      'not_active: It does not become overdue while its plan is a draft: only installments of active plans do.'
    ),
    (
      :'of_completed',
      'correctable: Marked overdue, but not overdue by today''s rule: its plan is completed. Duewatch did not mark it and '
      'leaves it as it is: change its status by hand.'
    ),
    (
      :'moved',
      'correctable: Marked overdue, but not overdue by today''s rule: due on Friday 1 March 2002, so it becomes overdue '
      'that day at 17:00 (Brisbane), in 98 days. Duewatch did not mark it and leaves it as it is: change its status by '
      'hand.'
    ),
    (:'never', 'not_yet: Not overdue yet: its due date is infinity, which is never.'),
    (:'last_of_all', 'not_yet: Not overdue yet: its due date is 5874897-12-31.'),
    (:'always', 'overdue: Overdue: its due date is -infinity, which is always past.')
) as case_of (id, sentence);

-- Grace and closed days

update public.agencies
set closed_weekdays = '{5}'
where id = :'agency';

select is(
  pg_temp.sentence(:'pending', '2001-11-22 12:00+10'),
  'due_soon: Not overdue yet, but due soon: due on Friday 23 November; Friday is a closed day of this agency, so it becomes '
  'overdue on Saturday 24 November at 17:00 (Brisbane), in 2 days.',
  'A closed weekday is named'
);

update public.agencies
set
  closed_weekdays = '{6,7}',
  grace_days = 1
where id = :'agency';

select is(
  pg_temp.sentence(:'pending', '2001-11-24 12:00+10'),
  'due_soon: Not overdue yet, but past its due date: it was due on Friday 23 November, with 1 day of grace; the agency is '
  'closed from Saturday 24 November to Sunday 25 November, so it becomes overdue on Monday 26 November at 17:00 (Brisbane), in 2 days.',
  'A day of grace and a closed weekend are named'
);

insert into public.agency_closed_days (agency_id, day, name)
values (:'agency', '2001-11-27', 'Harvest');

update public.agencies
set grace_days = 4
where id = :'agency';

select is(
  pg_temp.sentence(:'pending', '2001-11-28 17:00+10'),
  'overdue: Overdue since Wednesday 28 November 2001, 17:00 in Brisbane: it was due on Friday 23 November 2001, with 4 days '
  'of grace; Tuesday 27 November 2001 was a closed day of this agency (Harvest); the agency''s cut-off is 17:00; and it is '
  'still pending. The next run marks it.',
  'A closed day is named by its name'
);

-- Clocks that are changed: 2001-03-25 in Beirut began at 01:00; in Chicago the hour
-- from 01:00 came twice on 2001-10-28

select pg_temp.insert_installment(pg_temp.insert_plan(pg_temp.insert_agency('Asia/Beirut', '00:00')), '2001-03-25') as beirut \gset
select pg_temp.insert_installment(pg_temp.insert_plan(pg_temp.insert_agency('America/Chicago', '01:30')), '2001-10-28') as chicago \gset

select is(
  pg_temp.sentence(moment.id, moment.at),
  moment.sentence,
  moment.sentence
)
from (
  values
    (
      uuid :'beirut',
      timestamptz '2001-03-24 21:59:59+00',
      'due_soon: Not overdue yet, but due soon: due on Sunday 25 March, so it becomes overdue that day at 01:00 (Beirut), '
      'in less than a minute.'
    ),
    (
      :'beirut',
      '2001-03-24 22:00:00+00',
      'overdue: Overdue since Sunday 25 March 2001, 01:00 in Beirut: it was due that day, the agency''s cut-off is 00:00, '
      'and it is still pending. The next run marks it.'
    ),
    (
      :'chicago',
      '2001-10-28 06:30:00+00',
      'overdue: Overdue since Sunday 28 October 2001, 01:30 in Chicago: it was due that day, the agency''s cut-off is '
      '01:30, and it is still pending. The next run marks it.'
    ),
    (
      :'chicago',
      '2001-10-28 07:00:00+00',
      'due_soon: Not overdue yet, but due today: due on Sunday 28 October, so it becomes overdue that day at 01:30 (Chicago).'
    )
) as moment (id, at, sentence);

-- An agency in an unknown zone, as an adopter's own column could hold

alter table public.agencies disable trigger check_agency_timezone;
update public.agencies
set timezone = 'Mars/Olympus_Mons'
where id = :'agency';

select is(
  pg_temp.sentence(:'pending', '2001-11-28 17:00+10'),
  'not_yet: Not overdue yet: the time zone of its agency, "Mars/Olympus_Mons", is unknown, so nobody can say when.',
  'An unknown time zone is named'
);

update public.agencies
set timezone = 'Australia/Brisbane'
where id = :'agency';

-- The facts

select is(
  public.explain_installment(:'pending', '2001-11-28 16:00+10') - '{sentence,installmentId}'::text[],
  jsonb_build_object(
    'asOf', timestamptz '2001-11-28 06:00+00',
    'verdict', 'due_soon',
    'status', 'pending',
    'planStatus', 'active',
    'dueDate', '2001-11-23',
    'effectiveDueDate', '2001-11-28',
    'overdueAt', timestamptz '2001-11-28 07:00+00',
    'agency', jsonb_build_object(
      'id', uuid :'agency',
      'name', 'Harbour',
      'timezone', 'Australia/Brisbane',
      'localTime', '2001-11-28T16:00:00',
      'cutoffTime', '17:00:00',
      'graceDays', 4,
      'closedWeekdays', '[6, 7]'::jsonb,
      'dueSoonThresholdDays', 4
    ),
    'markedBy', null
  ),
  'The facts behind the sentence are returned with it'
);

-- Who may ask

select is(
  public.explain_installment(gen_random_uuid()),
  null,
  'An unknown installment has no explanation'
);

select throws_ok(
  format('select public.explain_installment(%L, %L)', :'pending', refused),
  '22023',
  'as_of has to be an instant',
  format('The instant %s is refused', coalesce(refused, 'null'))
)
from (
  values ('infinity'), (null)
) as instants (refused);

select pg_temp.insert_user('member', :'agency') as member \gset
select pg_temp.insert_user('member', pg_temp.insert_agency()) as other_member \gset

select pg_temp.sign_in(:'member');
select ok(
  public.explain_installment(:'pending') ->> 'sentence' like 'Overdue since%',
  'A member gets the explanation of an installment of their agency'
);
select is(
  public.explain_installment(:'beirut'),
  null,
  'A member gets no explanation of an installment of another agency'
);
reset role;

select pg_temp.sign_in(:'other_member');
select is(
  public.explain_installment(:'pending'),
  null,
  'A member of another agency gets none'
);
reset role;

set local role anon;
select throws_ok(
  format('select public.explain_installment(%L)', :'pending'),
  '42501',
  null,
  'Without a sign-in there is no explanation'
);
reset role;

select * from finish();
rollback;
