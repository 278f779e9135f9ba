begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir ../arrange_runs.psql
select no_plan();

select pg_temp.register('pgtap-b');
insert into public.jobs_log (job_name, started_at, status)
values
  ('pgtap-a', '2001-03-10 12:00:00+00', 'running'),
  ('pgtap-a', '2001-03-11 12:00:00+00', 'running'),
  ('pgtap-b', '2001-03-11 12:00:00+00', 'running');

select is(
  (
    select jsonb_agg(name order by position)
    from jsonb_array_elements_text(public.list_job_names()) with ordinality as listed (name, position)
    where name like 'pgtap-%'
  ),
  '["pgtap-a", "pgtap-b"]',
  'Jobs that are registered or only logged are listed once, by name'
);

select * from finish();
rollback;
