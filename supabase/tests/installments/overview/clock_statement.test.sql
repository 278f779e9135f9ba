begin;
\ir ../../arrange.psql
select no_plan();

select is(
  jobs.clock_statement('00000000-0000-4000-8000-000000000001', 'Asia/Ho_Chi_Minh', '16:30'),
  $$update public.agencies
set timezone = 'Asia/Ho_Chi_Minh', overdue_cutoff_time = '16:30:00'
where id = '00000000-0000-4000-8000-000000000001';$$,
  'It can be run as it is'
);
select is(
  jobs.clock_statement('00000000-0000-4000-8000-000000000001', $$it's$$, '16:30') ~ $$timezone = 'it''s'$$,
  true,
  'Values are quoted'
);

select * from finish();
rollback;
