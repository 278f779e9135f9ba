begin;
\ir ../../arrange.psql
select no_plan();

select pg_temp.insert_agency('Australia/Brisbane', name => 'Harbour') as agency \gset

-- The facts of an installment that is marked, with the run that has marked it.
create function pg_temp.sentence_of(marked_at timestamptz, changes jsonb)
returns text
language sql
as $$
  select jobs.explanation_sentence(
    jobs.installment_explanation(
      '2001-12-03 12:00+10',
      null,
      'overdue',
      '2001-11-23',
      'active',
      (select id from public.agencies where name = 'Harbour')
    )
      || jsonb_build_object(
        'markedBy',
        jsonb_build_object('runId', '3f2a9c1d-0000-8000-8000-000000000000', 'at', marked_at)
      )
      || changes,
    '2001-12-03 12:00+10'
  );
$$;

select is(
  pg_temp.sentence_of('2001-11-23 17:00:04+10', '{}'),
  'Overdue since Friday 23 November 2001, 17:00 in Brisbane: it was due that day, the agency''s cut-off is 17:00, and it '
  'was still pending. Marked by run 3f2a9c1d at 17:00:04.',
  'A run that marks on the same day is named with its time'
);

select is(
  pg_temp.sentence_of('2001-11-24 07:00:00+10', '{}'),
  'Overdue since Friday 23 November 2001, 17:00 in Brisbane: it was due that day, the agency''s cut-off is 17:00, and it '
  'was still pending. Marked by run 3f2a9c1d on Saturday 24 November 2001 at 07:00:00.',
  'A run that marks later is named with its date'
);

select is(
  pg_temp.sentence_of('2001-11-24 07:00:00+10', '{"verdict": "correctable", "planStatus": "cancelled"}'),
  'Marked overdue, but not overdue by today''s rule: its plan is cancelled. Marked by run 3f2a9c1d on Saturday 24 November '
  '2001 at 07:00:00. An admin can set it back to pending with correct_overdue().',
  'What a run has marked and is not overdue can be corrected'
);

select is(
  pg_temp.sentence_of(
    '2001-11-24 07:00:00+10',
    '{
      "verdict": "correctable",
      "dueDate": "2001-12-20",
      "effectiveDueDate": "2001-12-20",
      "overdueAt": "2001-12-20T07:00:00Z",
      "markedBy": {"runId": "3f2a9c1d-0000-8000-8000-000000000000", "at": "2001-11-23T21:00:00Z", "dueDate": "2001-11-23"}
    }'
  ),
  'Marked overdue, but not overdue by today''s rule: due on Thursday 20 December, so it becomes overdue that day at 17:00 '
  '(Brisbane), in 17 days. Marked by run 3f2a9c1d on Saturday 24 November 2001 at 07:00:00. Its due date has been moved '
  'since, so the next run sets it back to pending.',
  'What was moved is corrected by the next run'
);

select is(
  pg_temp.sentence_of('2001-11-24 07:00:00+10', '{"markedBy": null}'),
  'Overdue since Friday 23 November 2001, 17:00 in Brisbane: it was due that day, the agency''s cut-off is 17:00, and it is '
  'marked overdue. Duewatch did not mark it.',
  'What nobody knows of is not said to be marked by a run'
);

select is(
  jobs.wait_text('2001-11-23 00:00+00', later),
  expected,
  format('At %s it is %s', later, expected)
)
from (
  values
    (timestamptz '2001-11-23 00:00:59+00', 'in less than a minute'),
    ('2001-11-23 00:01+00', 'in 1 minute'),
    ('2001-11-23 01:59+00', 'in 119 minutes'),
    ('2001-11-23 02:00+00', 'in 2 hours'),
    ('2001-11-24 23:00+00', 'in 47 hours'),
    ('2001-11-25 00:00+00', 'in 2 days'),
    ('2001-12-23 00:00+00', 'in 30 days')
) as instants (later, expected);

select is(
  jobs.city_of(timezone),
  expected,
  format('People call %s %s', timezone, expected)
)
from (
  values
    ('Australia/Brisbane', 'Brisbane'),
    ('America/Argentina/Buenos_Aires', 'Buenos Aires'),
    ('UTC', 'UTC'),
    ('America/Port-au-Prince', 'Port-au-Prince'),
    ('US/Eastern', 'US/Eastern'),
    ('GMT', 'GMT'),
    ('Etc/GMT', 'GMT'),
    ('Etc/GMT+12', 'UTC-12'),
    ('Etc/GMT-5', 'UTC+5')
) as zones (timezone, expected);

-- Whatever the locale

set local lc_time = 'C';
select is(jobs.day_text('2001-11-05'), 'Monday 5 November 2001', 'A day has its weekday, month and year');
select is(jobs.day_text('2001-11-05', '2001-01-01'), 'Monday 5 November', 'In the same year, the year is left out');
select is(jobs.day_text('0044-03-15 BC'), 'Friday 15 March 44 BC', 'A year before Christ says so');

select * from finish();
rollback;
