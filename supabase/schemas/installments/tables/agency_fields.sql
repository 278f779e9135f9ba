-- Columns: recorded first, so that the rollback knows which of them are ours.
insert into jobs.installed_objects (kind, name)
select 'column', 'public.agencies.' || quote_ident(wanted.column_name)
from (
  values
    ('timezone'),
    ('overdue_cutoff_time'),
    ('due_soon_threshold_days'),
    ('grace_days'),
    ('closed_weekdays'),
    ('contact_email')
) as wanted (column_name)
where not exists (
  select 1
  from pg_catalog.pg_attribute as present
  where present.attrelid = 'public.agencies'::regclass
    and present.attname = wanted.column_name
    and not present.attisdropped
)
on conflict do nothing;

alter table public.agencies
  add column if not exists timezone text not null default 'Australia/Brisbane',
  add column if not exists overdue_cutoff_time time not null default '17:00:00',
  add column if not exists due_soon_threshold_days int not null default 4,
  add column if not exists grace_days int not null default 0,
  add column if not exists closed_weekdays smallint[] not null default '{}',
  add column if not exists contact_email text;

-- Checks. A name that is taken by the adopter's own check is left alone.
do $migration$
declare
  wanted record;
begin
  for wanted in
    select *
    from (
      values
        (
          'agencies_overdue_cutoff_time_check',
          'check (overdue_cutoff_time between ''00:00:00'' and ''23:59:59'')'
        ),
        (
          'agencies_due_soon_threshold_days_check',
          'check (due_soon_threshold_days between 1 and 30)'
        ),
        (
          'agencies_grace_days_check',
          'check (grace_days between 0 and 60)'
        ),
        -- Some day of the week has to be open, or the rule would look for it for ever.
        (
          'agencies_closed_weekdays_check',
          'check (closed_weekdays <@ ''{1,2,3,4,5,6,7}'' and not closed_weekdays @> ''{1,2,3,4,5,6,7}'')'
        )
    ) as checks (constraint_name, definition)
  loop
    if not exists (
      select 1
      from pg_catalog.pg_constraint as present
      where present.conrelid = 'public.agencies'::regclass
        and present.conname = wanted.constraint_name
    ) then
      execute format(
        'alter table public.agencies add constraint %I %s',
        wanted.constraint_name,
        wanted.definition
      );
      insert into jobs.installed_objects (kind, name)
      values ('constraint', 'public.agencies.' || quote_ident(wanted.constraint_name))
      on conflict do nothing;
    end if;
  end loop;
end
$migration$;

-- An adopter's own comments stay.
do $migration$
declare
  wanted record;
begin
  for wanted in
    select *
    from (
      values
        (
          'timezone',
          'IANA name of the zone in which the agency''s dates are judged, as in pg_timezone_names. Default Australia/Brisbane.'
        ),
        (
          'overdue_cutoff_time',
          'Local time of day at which a pending installment that is due that day becomes overdue: at this second, not after it. Default 17:00.'
        ),
        (
          'due_soon_threshold_days',
          'How many days ahead of its due date an installment counts as due soon, 1 to 30. Default 4.'
        ),
        (
          'grace_days',
          'How many days after its due date an installment may be paid before it becomes overdue, 0 to 60. Default 0.'
        ),
        (
          'closed_weekdays',
          'Days of the week on which nothing becomes overdue, as ISO numbers: 1 is Monday, 7 is Sunday. Default {}, none.'
        ),
        (
          'contact_email',
          'Where the agency reads mail about its overdue installments; null for none.'
        )
    ) as comments (column_name, description)
  loop
    if col_description(
      'public.agencies'::regclass,
      (
        select present.attnum
        from pg_catalog.pg_attribute as present
        where present.attrelid = 'public.agencies'::regclass
          and present.attname = wanted.column_name
      )
    ) is null then
      execute format(
        'comment on column public.agencies.%I is %L',
        wanted.column_name,
        wanted.description
      );
      insert into jobs.installed_objects (kind, name)
      values ('comment', 'public.agencies.' || quote_ident(wanted.column_name))
      on conflict do nothing;
    end if;
  end loop;
end
$migration$;
