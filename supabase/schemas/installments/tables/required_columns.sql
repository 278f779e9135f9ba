-- What existing tables need. The error lists all that is missing.
do $migration$
declare
  missing text;
begin
  select string_agg(needed.table_name || '.' || needed.column_name, ', ')
  into missing
  from (
    values
      ('agencies', 'id'),
      ('agencies', 'name'),
      ('user_roles', 'user_id'),
      ('user_roles', 'role'),
      ('payment_plans', 'id'),
      ('payment_plans', 'agency_id'),
      ('payment_plans', 'status'),
      ('installments', 'id'),
      ('installments', 'payment_plan_id'),
      ('installments', 'amount'),
      ('installments', 'student_due_date'),
      ('installments', 'status')
  ) as needed (table_name, column_name)
  where not exists (
    select 1
    from pg_catalog.pg_attribute as present
    where present.attrelid = to_regclass('public.' || needed.table_name)
      and present.attname = needed.column_name
      and not present.attisdropped
  );

  if missing is not null then
    raise exception 'columns are missing: %', missing
      using hint = 'docs/how-to/install.md lists what the tables need to have.';
  end if;
end
$migration$;
