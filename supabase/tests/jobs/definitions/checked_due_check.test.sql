begin;
\ir ../../arrange.psql
select no_plan();

create function public.pgtap_is_due(as_of timestamptz)
returns boolean
language sql
return true;

create function public."pgtap; Is ""Due"""(as_of timestamptz)
returns boolean
language sql
return true;

create function public.pgtap_number(as_of timestamptz)
returns int
language sql
return 1;

create function public.pgtap_set(as_of timestamptz)
returns setof boolean
language sql
as 'select true';

create function public.pgtap_of_date(as_of date)
returns boolean
language sql
return true;

create procedure public.pgtap_procedure(as_of timestamptz)
language sql
as 'select 1';

create function pg_temp.register(due_check text)
returns text
language plpgsql
as $$
begin
  perform jobs.register(
    job_name => 'pgtap-due',
    description => 'A job of the tests',
    schedule => '0 0 1 1 *',
    due_check => register.due_check
  );
  return (
    select definition.due_check
    from jobs.definitions as definition
    where definition.job_name = 'pgtap-due'
  );
end
$$;

select is(pg_temp.register(null), null, 'A job has no due check by default');
select is(pg_temp.register('public.pgtap_is_due'), 'public.pgtap_is_due', 'A function with its schema is one');
select is(pg_temp.register(' PUBLIC . pgtap_IS_due '), 'public.pgtap_is_due', 'It is stored as Postgres reads it');
select is(
  pg_temp.register('public."pgtap; Is ""Due"""'),
  'public."pgtap; Is ""Due"""',
  'A name that needs quotes keeps them'
);
select is(jobs.is_due('pgtap-due', now()), true, 'So it can be asked');
select is(pg_temp.register(null), null, 'Registered without it, the job has none any more');
select is(jobs.is_due('pgtap-due', now()), false, 'And is never due');

select throws_ok(
  format('select pg_temp.register(%L)', due_check),
  state,
  message,
  format('%s is refused', due_check)
)
from (
  values
    ('', '22023', 'due_check is not the name of a function with its schema: '),
    ('pgtap_is_due', '22023', 'due_check is not the name of a function with its schema: pgtap_is_due'),
    ('a.b.c', '22023', 'due_check is not the name of a function with its schema: a.b.c'),
    ('public.f(); drop table x', '22023', 'due_check is not the name of a function with its schema: public.f(); drop table x'),
    ('public.pgtap_is_due(timestamptz)', '22023', 'due_check is not the name of a function with its schema: public.pgtap_is_due(timestamptz)'),
    ('public.pgtap_unknown', '42883', 'due_check names a function that does not exist: public.pgtap_unknown(timestamptz)'),
    ('nowhere.pgtap_is_due', '42883', 'due_check names a function that does not exist: nowhere.pgtap_is_due(timestamptz)'),
    ('public.pgtap_of_date', '42883', 'due_check names a function that does not exist: public.pgtap_of_date(timestamptz)'),
    ('public.pgtap_number', '42P13', 'due_check names a function that does not return boolean: public.pgtap_number(timestamptz) returns integer'),
    ('public.pgtap_set', '42P13', 'due_check names a function that does not return boolean: public.pgtap_set(timestamptz) returns SETOF boolean'),
    ('public.pgtap_procedure', '42P13', 'due_check names a function that does not return boolean: public.pgtap_procedure(timestamptz) returns nothing')
) as refused (due_check, state, message);

select is(
  (select definition.due_check from jobs.definitions as definition where definition.job_name = 'pgtap-due'),
  null,
  'What is refused changes nothing'
);

select * from finish();
rollback;
