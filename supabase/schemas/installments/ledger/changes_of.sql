create function jobs.changes_of(installment_id uuid)
returns table (
  id bigint,
  changed_at timestamptz,
  from_status text,
  to_status text,
  run_id uuid,
  reason text,
  as_of timestamptz,
  timezone text,
  local_time timestamp,
  cutoff_time time,
  grace_days int,
  due_date date,
  effective_due_date date
)
language sql
stable
security definer
set search_path = ''
-- The form of the dates in moved_dates.
set datestyle = 'ISO'
-- Otherwise all rows of the agency would be fetched from the table.
set enable_seqscan = off
set enable_bitmapscan = off
rows 5
as $function$
  select
    change.id,
    change.changed_at,
    change.from_status,
    change.to_status,
    change.run_id,
    change.reason,
    change.as_of,
    change.timezone,
    change.local_time,
    change.cutoff_time,
    change.grace_days,
    judged.due_date,
    coalesce(
      (change.moved_dates ->> judged.due_date::text)::date,
      -- Postgres cannot add to the last of its dates.
      judged.due_date + case when judged.due_date < '5870000-01-01' then change.grace_days else 0 end
    )
  from jobs.status_changes as change
  cross join lateral (
    select change.due_dates[array_position(change.installment_ids, changes_of.installment_id)] as due_date
  ) as judged
  where change.id = any (
    array(
      select holder.id
      from public.installments as installment
      join public.payment_plans as plan
        on plan.id = installment.payment_plan_id
      join jobs.status_changes as holder
        on holder.agency_id = plan.agency_id
      where installment.id = changes_of.installment_id
        and holder.id_suffix in (
          '',
          right(changes_of.installment_id::text, 1),
          right(changes_of.installment_id::text, 2)
        )
        and changes_of.installment_id = any (holder.installment_ids)
    )
  )
  order by change.id desc;
$function$;

revoke all on function jobs.changes_of(uuid)
  from public, anon, authenticated, service_role;
grant execute on function jobs.changes_of(uuid)
  to authenticated, service_role;

comment on function jobs.changes_of(uuid) is
  'The changes of one installment''s status in the ledger, newest first, with what was judged. '
  'Security definer, and it does not ask who may see the installment: only for functions that have asked before, such as '
  'public.installment_history(). The Data API does not reach the schema jobs.';
