-- What the digest of an agency tells: its overdue installments at an instant.
--
-- Why:       the same judgement as the main job's (jobs.agency_cutoffs), so that
--            a digest and the dashboard never disagree, in whichever order the
--            two jobs run.
-- Locks:     the indexes are built while writes wait, on tables of an adopter
--            that have none that would do; build them beforehand, concurrently,
--            under the same names.
-- Take back: supabase/rollbacks/digest.sql.

-- From an agency to its plans, and from a plan to its installments. Without
-- them every single digest would read all installments of all agencies.
do $migration$
declare
  wanted record;
begin
  for wanted in
    select *
    from (
      values
        ('payment_plans', 'agency_id', 'payment_plans_agency_id_idx'),
        ('installments', 'payment_plan_id', 'installments_payment_plan_id_idx')
    ) as indexes (table_name, column_name, index_name)
    where not exists (
      select 1
      from pg_catalog.pg_index as present
      join pg_catalog.pg_attribute as leading_column
        on leading_column.attrelid = present.indrelid
        and leading_column.attnum = present.indkey[0]
      where present.indrelid = format('public.%I', indexes.table_name)::regclass
        and present.indisvalid
        and present.indpred is null
        and leading_column.attname = indexes.column_name
    )
  loop
    execute format(
      'create index %I on public.%I (%I)',
      wanted.index_name,
      wanted.table_name,
      wanted.column_name
    );
    insert into jobs.installed_objects (kind, name)
    values ('index', 'public.' || wanted.index_name);
  end loop;
end
$migration$;

create function jobs.iso_week(as_of timestamptz default now())
returns text
language sql
stable
set search_path = ''
as $function$
  select to_char(iso_week.as_of at time zone 'UTC', 'IYYY-"W"IW');
$function$;

revoke all on function jobs.iso_week(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.iso_week(timestamptz) is
  'The ISO week of an instant (default now()) in UTC, as 2026-W48: it begins on Monday, and the first one of a year has '
  'its first Thursday.';

create view jobs.overdue_candidates
with (security_invoker = true)
as
select
  installment.id,
  installment.payment_plan_id,
  plan.agency_id,
  coalesce(installment.amount::numeric, 0) as amount,
  installment.student_due_date,
  installment.status = 'overdue' as is_marked
from public.installments as installment
join public.payment_plans as plan
  on plan.id = installment.payment_plan_id
where installment.status = 'overdue'
  or (installment.status = 'pending' and plan.status = 'active');

revoke all on table jobs.overdue_candidates
  from public, anon, authenticated, service_role;

comment on view jobs.overdue_candidates is
  'The installments that are overdue or become so as time passes. One is overdue when it is marked, or when its '
  'student_due_date is before the overdue_before of its agency (jobs.agency_cutoffs): what public.installments_due says, '
  'at any instant. An amount that is missing counts as 0.';
comment on column jobs.overdue_candidates.is_marked is
  'Whether the main job has marked it already; otherwise it is pending on an active plan.';

create function jobs.amount_as_text(amount numeric)
returns text
language sql
immutable
set search_path = ''
as $function$
  select round(amount_as_text.amount, greatest(2, min_scale(amount_as_text.amount)))::text;
$function$;

revoke all on function jobs.amount_as_text(numeric)
  from public, anon, authenticated, service_role;

comment on function jobs.amount_as_text(numeric) is
  'An amount in full, for JSON, whose numbers are floating point to many readers: two decimals, or as many as it takes.';

create function jobs.overdue_digest(
  agency_id uuid,
  as_of timestamptz default now()
)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  with agency as (
    select
      stored.id,
      nullif(btrim(stored.name::text, E' \t\r\n'), '') as name,
      nullif(btrim(stored.contact_email::text, E' \t\r\n'), '') as contact_email,
      stored.timezone::text as timezone,
      jobs.local_time(overdue_digest.as_of, stored.timezone::text) as local_time,
      cutoff.overdue_before
    from public.agencies as stored
    join jobs.agency_cutoffs(overdue_digest.as_of) as cutoff
      on cutoff.agency_id = stored.id
    where stored.id = overdue_digest.agency_id
  ),
  -- What a plan tells of itself is read as JSON: an adopter's may tell less.
  plan as materialized (
    select
      stored.id,
      nullif(upper(btrim(told.attributes ->> 'currency', E' \t\r\n')), '') as currency,
      nullif(btrim(told.attributes ->> 'student_name', E' \t\r\n'), '') as student_name,
      nullif(btrim(told.attributes ->> 'course_name', E' \t\r\n'), '') as course_name
    from public.payment_plans as stored
    cross join lateral (
      select to_jsonb(stored.*) as attributes
    ) as told
    where stored.agency_id = overdue_digest.agency_id
  ),
  installment as materialized (
    select
      overdue.id,
      overdue.amount,
      overdue.student_due_date,
      plan.currency,
      plan.student_name,
      plan.course_name,
      row_number() over (order by overdue.student_due_date, overdue.amount desc, overdue.id) as by_age,
      row_number() over (order by overdue.amount desc, overdue.student_due_date, overdue.id) as by_amount
    from jobs.overdue_candidates as overdue
    join plan
      on plan.id = overdue.payment_plan_id
    cross join agency
    -- By the argument, whose plans the index has; a join would look at all.
    where overdue.agency_id = overdue_digest.agency_id
      and (overdue.is_marked or overdue.student_due_date < agency.overdue_before)
  ),
  told as (
    select
      installment.by_age,
      installment.by_amount,
      jsonb_build_object(
        'id', installment.id,
        'student_name', installment.student_name,
        'course_name', installment.course_name,
        'amount', jobs.amount_as_text(installment.amount),
        'currency', installment.currency,
        'due_date', installment.student_due_date,
        -- A due date may be moved once the installment is marked.
        'days_overdue', greatest(agency.local_time::date - installment.student_due_date, 0)
      ) as details
    from installment
    cross join agency
    where installment.by_age = 1
      or installment.by_amount <= 10
  ),
  total as (
    select
      installment.currency,
      count(*) as installments,
      sum(installment.amount) as amount
    from installment
    group by installment.currency
  )
  select jsonb_build_object(
    'agency', jsonb_build_object(
      'id', agency.id,
      'name', agency.name,
      'contact_email', agency.contact_email
    ),
    'judged_at', overdue_digest.as_of,
    'timezone', agency.timezone,
    'local_date', agency.local_time::date,
    'local_time', to_char(agency.local_time, 'HH24:MI'),
    'installments', (
      select sum(total.installments)
      from total
    ),
    'totals', (
      select jsonb_agg(
        jsonb_build_object(
          'currency', total.currency,
          'installments', total.installments,
          'amount', jobs.amount_as_text(total.amount)
        )
        order by total.installments desc, total.currency
      )
      from total
    ),
    'oldest', (
      select told.details
      from told
      where told.by_age = 1
    ),
    'largest', (
      select jsonb_agg(told.details order by told.by_amount)
      from told
      where told.by_amount <= 10
    )
  )
  from agency
  where exists (
    select 1
    from installment
  );
$function$;

revoke all on function jobs.overdue_digest(uuid, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.overdue_digest(uuid, timestamptz) is
  'What the digest of an agency tells as of an instant (default now()), in the agency''s own calendar; null when nothing is '
  'overdue. Amounts are exact decimal texts. The ten largest are so by number: there are no exchange rates here. '
  'Returns {agency: {id, name, contact_email}, judged_at, timezone, local_date, local_time, installments, '
  'totals: [{currency, installments, amount}], oldest, largest: [{id, student_name, course_name, amount, currency, '
  'due_date, days_overdue}]}; local_date is null for an agency whose time zone the database does not know.';
