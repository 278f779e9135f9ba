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
      cutoff.local_time,
      cutoff.overdue_before
    from public.agencies as stored
    join jobs.agency_cutoffs(
      as_of => overdue_digest.as_of,
      only_agency => overdue_digest.agency_id
    ) as cutoff
      on cutoff.agency_id = stored.id
    where stored.id = overdue_digest.agency_id
  ),
  -- Read as JSON, because an adopter's plans may lack these columns.
  plan as materialized (
    select
      stored.id,
      nullif(upper(btrim(described.attributes ->> 'currency', E' \t\r\n')), '') as currency,
      nullif(btrim(described.attributes ->> 'student_name', E' \t\r\n'), '') as student_name,
      nullif(btrim(described.attributes ->> 'course_name', E' \t\r\n'), '') as course_name
    from public.payment_plans as stored
    cross join lateral (
      select to_jsonb(stored.*) as attributes
    ) as described
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
      -- A date that is none, such as -infinity, is older than nothing.
      row_number() over (
        order by not isfinite(overdue.student_due_date), overdue.student_due_date, overdue.amount desc, overdue.id
      ) as by_age,
      row_number() over (
        partition by plan.currency
        order by overdue.amount desc, overdue.student_due_date, overdue.id
      ) as by_amount
    from jobs.overdue_candidates as overdue
    join plan
      on plan.id = overdue.payment_plan_id
    cross join agency
    -- By the argument, so that the index is used. A join would read every plan.
    where overdue.agency_id = overdue_digest.agency_id
      and (overdue.is_marked or overdue.student_due_date < agency.overdue_before)
  ),
  total as (
    select
      installment.currency,
      count(*) as installments,
      sum(installment.amount) as amount,
      row_number() over (order by count(*) desc, installment.currency) as by_count
    from installment
    group by installment.currency
  ),
  described as (
    select
      installment.by_age,
      installment.by_amount,
      total.by_count,
      jsonb_build_object(
        'id', installment.id,
        'student_name', installment.student_name,
        'course_name', installment.course_name,
        'amount', jobs.amount_as_text(installment.amount),
        'currency', installment.currency,
        'due_date', case when isfinite(installment.student_due_date) then installment.student_due_date end,
        -- A due date can be moved after the installment is marked.
        'days_overdue', case
          when isfinite(installment.student_due_date)
            then greatest(agency.local_time::date - installment.student_due_date, 0)
        end
      ) as details
    from installment
    join total
      on total.currency is not distinct from installment.currency
    cross join agency
    where installment.by_age = 1
      or (installment.by_amount <= 10 and total.by_count <= 5)
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
        order by total.by_count
      )
      from total
    ),
    'oldest', (
      select described.details
      from described
      where described.by_age = 1
    ),
    'largest', (
      select jsonb_agg(described.details order by described.by_count, described.by_amount)
      from described
      where described.by_amount <= 10
        and described.by_count <= 5
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
  'The content of an agency''s digest as of an instant (default now()), in the agency''s own calendar; null when nothing is '
  'overdue. Amounts are exact decimal texts. The ten largest of each of the five currencies with most installments are '
  'listed, in the order of the totals. due_date and days_overdue are null where the due date is no date, such as infinity. '
  'Returns {agency: {id, name, contact_email}, judged_at, timezone, local_date, local_time, installments, '
  'totals: [{currency, installments, amount}], oldest, largest: [{id, student_name, course_name, amount, currency, '
  'due_date, days_overdue}]}; local_date is null for an agency whose time zone the database does not know.';
