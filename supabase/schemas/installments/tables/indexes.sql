insert into jobs.installed_objects (kind, name)
select 'index', wanted.name
from (
  values
    ('public.installments_pending_due_date_idx'),
    ('public.installments_overdue_due_date_idx')
) as wanted (name)
where to_regclass(wanted.name) is null;

-- Holds only what can still become overdue, by date alone. Equal dates share one
-- entry, so it stays small and cheap to write.
create index if not exists installments_pending_due_date_idx
  on public.installments (student_due_date)
  where status = 'pending';

-- Finds what is overdue although its due date was moved to a day that is not past,
-- without reading all that is overdue.
create index if not exists installments_overdue_due_date_idx
  on public.installments (student_due_date)
  where status = 'overdue';

-- From an agency to its plans, and from a plan to its installments. Without
-- them every digest would read all installments of all agencies.
do $migration$
declare
  wanted record;
begin
  for wanted in
    select
      indexes.index_name,
      parsed.parts[1] as schema_name,
      parsed.parts[2] as table_name,
      parsed.parts[3] as column_name
    from (
      values
        ('public.payment_plans.agency_id', 'payment_plans_agency_id_idx'),
        ('public.installments.payment_plan_id', 'installments_payment_plan_id_idx')
    ) as indexes (indexed, index_name)
    cross join lateral parse_ident(indexes.indexed) as parsed (parts)
    where not exists (
      select 1
      from pg_catalog.pg_index as present
      join pg_catalog.pg_attribute as leading_column
        on leading_column.attrelid = present.indrelid
        and leading_column.attnum = present.indkey[0]
      where present.indrelid = format('%I.%I', parsed.parts[1], parsed.parts[2])::regclass
        and present.indisvalid
        and present.indpred is null
        and leading_column.attname = parsed.parts[3]
    )
  loop
    execute format(
      'create index %I on %I.%I (%I)',
      wanted.index_name,
      wanted.schema_name,
      wanted.table_name,
      wanted.column_name
    );
    insert into jobs.installed_objects (kind, name)
    values ('index', format('%I.%I', wanted.schema_name, wanted.index_name));
  end loop;
end
$migration$;
