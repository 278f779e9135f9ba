begin;
\ir ../arrange.psql
select no_plan();

select ok(
  jobs.is_transient_error(error_state),
  format('%s (%s) may go away by itself', error_state, description)
)
from (
  values
    ('08006', 'connection failure'),
    ('40P01', 'deadlock detected'),
    ('53300', 'too many connections'),
    ('55P03', 'lock not available'),
    ('57014', 'query cancelled'),
    ('57P01', 'server shutting down')
) as errors (error_state, description);

select ok(
  not jobs.is_transient_error(error_state),
  format('%s (%s) stays until somebody acts', error_state, description)
)
from (
  values
    ('40001', 'serialization failure, which the Data API would repeat without end'),
    ('23514', 'check violation'),
    ('42501', 'insufficient privilege'),
    ('55006', 'object in use'),
    ('P0001', 'raised by a trigger')
) as errors (error_state, description);

select * from finish();
rollback;
