begin;
\ir ../arrange.psql
select no_plan();

select is(
  jobs.time_ago(timestamptz '2001-03-10 12:00:00+00' - elapsed, '2001-03-10 12:00:00+00'),
  text,
  format('After %s the text is: %s', elapsed, text)
)
from (
  values
    (interval '-1 hour', 'just now'),
    ('0', 'just now'),
    ('59.999999 seconds', 'just now'),
    ('1 minute', '1 minute ago'),
    ('90 seconds', '1.5 minutes ago'),
    ('59 minutes', '59 minutes ago'),
    ('1 hour', '1 hour ago'),
    ('26 hours 18 minutes', '26.3 hours ago'),
    ('30 days', '720 hours ago')
) as cases (elapsed, text);
select is(jobs.time_ago(null, now()), null, 'A null instant gives null');

select * from finish();
rollback;
