-- What an agency needs so that its dates can be judged: zone, cut-off, threshold.
--
-- Why:       due dates are dates in the agency's own calendar, and a day ends
--            for payments at the agency's cut-off.
-- Locks:     adding a column with a constant default rewrites nothing; the
--            checks read public.agencies once under an exclusive lock.
-- Take back: supabase/rollbacks/main_job.sql drops the columns and checks that
--            were added here to a table that existed before.

create table jobs.timezone_names (
  name text not null,
  constraint timezone_names_pkey primary key (name)
);

alter table jobs.timezone_names enable row level security;

revoke all on table jobs.timezone_names
  from public, anon, authenticated, service_role;

comment on table jobs.timezone_names is
  'The names of pg_timezone_names, kept because that view reads hundreds of files (30 ms) at every look. '
  'A name that is missing here is looked up there and added: see jobs.check_agency_timezone().';

insert into jobs.timezone_names (name)
select zone.name
from pg_catalog.pg_timezone_names as zone;

-- Columns: recorded first, so that the rollback knows which of them are ours.
insert into jobs.installed_objects (kind, name)
select 'column', 'public.agencies.' || wanted.column_name
from (
  values
    ('timezone'),
    ('overdue_cutoff_time'),
    ('due_soon_threshold_days'),
    ('contact_email')
) as wanted (column_name)
where not exists (
  select 1
  from pg_catalog.pg_attribute as present
  where present.attrelid = 'public.agencies'::regclass
    and present.attname = wanted.column_name
    and not present.attisdropped
);

alter table public.agencies
  add column if not exists timezone text not null default 'Australia/Brisbane',
  add column if not exists overdue_cutoff_time time not null default '17:00:00',
  add column if not exists due_soon_threshold_days int not null default 4,
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
      values ('constraint', 'public.agencies.' || wanted.constraint_name);
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
      values ('comment', 'public.agencies.' || wanted.column_name);
    end if;
  end loop;
end
$migration$;

create function jobs.check_agency_timezone()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
declare
  similar_name text;
begin
  if exists (
    select 1
    from jobs.timezone_names as known
    where known.name = new.timezone
  ) then
    return new;
  end if;

  -- The zone data of the server may be younger than our list of names.
  insert into jobs.timezone_names (name)
  select zone.name
  from pg_catalog.pg_timezone_names as zone
  where zone.name = new.timezone
  on conflict (name) do nothing;

  if found then
    return new;
  end if;

  select known.name
  into similar_name
  from jobs.timezone_names as known
  where lower(known.name) = lower(btrim(new.timezone))
  limit 1;

  raise exception '"%" is not the name of a time zone', coalesce(new.timezone, 'null')
    using
      errcode = 'check_violation',
      constraint = 'agencies_timezone_check',
      schema = tg_table_schema,
      table = tg_table_name,
      column = 'timezone',
      hint = case
        when similar_name is not null then format('Did you mean %s?', similar_name)
        else 'Use an IANA name such as Australia/Brisbane. Offsets such as UTC+5 are read backwards by Postgres and are refused.'
      end;
end
$function$;

revoke all on function jobs.check_agency_timezone()
  from public, anon, authenticated, service_role;

comment on function jobs.check_agency_timezone() is
  'Trigger of public.agencies: refuses a timezone that is not a name in pg_timezone_names. '
  'AT TIME ZONE accepts rubbish such as Bogus5, and UTC+5 means west: a wrong zone must not get in. '
  'Raises check_violation (23514) with the constraint name agencies_timezone_check.';

create trigger check_agency_timezone
  before insert or update of timezone on public.agencies
  for each row
  execute function jobs.check_agency_timezone();

-- Rows that were there before are judged too, once, with names to act upon.
do $migration$
declare
  offenders text;
begin
  select string_agg(format('%s (%s)', agency.id, coalesce(agency.timezone, 'null')), ', ')
  into offenders
  from (
    select existing.id, existing.timezone
    from public.agencies as existing
    where not exists (
      select 1
      from jobs.timezone_names as known
      where known.name = existing.timezone
    )
    order by existing.id
    limit 20
  ) as agency;

  if offenders is not null then
    raise exception 'agencies with an unknown time zone: %', offenders
      using hint = 'Set public.agencies.timezone to a name from pg_timezone_names, then apply the migration again.';
  end if;
end
$migration$;
