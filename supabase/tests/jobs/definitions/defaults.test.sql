begin;
\ir ../../arrange.psql
select no_plan();

select results_eq(
  'select * from jobs.defaults()',
  $$values (interval '25 hours', interval '10 minutes', interval '60 seconds', 0.20, 0.50, 30)$$,
  'By default a job runs daily, for at most 10 minutes, is slow above 60 seconds, degraded above 20 % and failed above 50 %, and caught up 30 times'
);

select jobs.register('pgtap-default', 'A job of the tests', '0 0 1 1 *');

select results_eq(
  $$
    select expected_interval, max_runtime, slow_after, degraded_error_ratio, failed_error_ratio, max_catch_ups
    from jobs.definitions
    where job_name = 'pgtap-default'
  $$,
  'select * from jobs.defaults()',
  'They hold for a job that is registered without them'
);

select is(
  jobs.max_runtime('pgtap-not-registered'),
  (jobs.defaults()).max_runtime,
  'And for the run time of a job that is not registered'
);

select * from finish();
rollback;
