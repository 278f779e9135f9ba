-- What existing tables need. The error lists all that is missing.
do $migration$
declare
  missing text;
begin
  select string_agg(needed.name, ', ')
  into missing
  from (
    values
      ('public.agencies.id'),
      ('public.agencies.name'),
      ('public.agency_closed_days.agency_id'),
      ('public.agency_closed_days.day'),
      ('public.user_roles.user_id'),
      ('public.user_roles.role'),
      ('public.payment_plans.id'),
      ('public.payment_plans.agency_id'),
      ('public.payment_plans.status'),
      ('public.installments.id'),
      ('public.installments.payment_plan_id'),
      ('public.installments.amount'),
      ('public.installments.student_due_date'),
      ('public.installments.status')
  ) as needed (name)
  cross join lateral parse_ident(needed.name) as parsed (parts)
  where not exists (
    select 1
    from pg_catalog.pg_attribute as present
    where present.attrelid = to_regclass(format('%I.%I', parsed.parts[1], parsed.parts[2]))
      and present.attname = parsed.parts[3]
      and not present.attisdropped
  );

  if missing is not null then
    raise exception 'columns are missing: %', missing
      using hint = 'docs/how-to/install.md lists what the tables need to have.';
  end if;
end
$migration$;
