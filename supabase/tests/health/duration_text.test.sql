begin;
\ir ../arrange.psql
select no_plan();

select is(jobs.duration_text(duration), text, format('%s is %s', duration, text))
from (
  values
    (interval '0', '0 seconds'),
    ('1 second', '1 second'),
    ('1.25 seconds', '1.3 seconds'),
    ('59 seconds', '59 seconds'),
    ('1 minute', '1 minute'),
    ('5 minutes 6 seconds', '5.1 minutes'),
    ('1 hour', '1 hour'),
    ('25 hours', '25 hours'),
    ('1 day 1 hour', '25 hours'),
    ('100 hours', '100 hours')
) as cases (duration, text);

select * from finish();
rollback;
