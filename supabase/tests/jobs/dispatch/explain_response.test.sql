begin;
\ir ../../arrange.psql
select no_plan();

select matches(
  jobs.explain_response(status, '{"error": "error of the function"}'),
  format('^The function answered %s: .*%s.*error of the function', status, explanation),
  format('An answer of %s is explained: %s', status, explanation)
)
from (
  values
    (401, 'does not accept the key.*JOBS_API_KEY'),
    (403, 'does not accept the key.*JOBS_API_KEY'),
    (404, 'no such function.*functions_url'),
    (503, 'not set up completely'),
    (500, 'failed before it could log'),
    (546, 'failed before it could log'),
    (200, 'did not log the run.*functions_url'),
    (409, 'did not log the run')
) as answers (status, explanation);

select matches(
  jobs.explain_response(500, content),
  '\(empty\)$',
  format('An answer of %L is reported as empty', content)
)
from (
  values (null), (''), ('  ')
) as answers (content);

select is(
  length(jobs.explain_response(500, repeat('x', 100000))) - length(jobs.explain_response(500, 'x')),
  499,
  'A long answer is cut to 500 characters'
);

select * from finish();
rollback;
