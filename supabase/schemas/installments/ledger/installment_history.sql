create function public.installment_history(installment_id uuid)
returns table (
  changed_at timestamptz,
  from_status text,
  to_status text,
  run_id uuid,
  as_of timestamptz,
  timezone text,
  local_time timestamp,
  cutoff_time time,
  effective_due_date date,
  reason text
)
language sql
stable
set search_path = ''
rows 5
begin atomic
  select
    change.changed_at,
    change.from_status,
    change.to_status,
    change.run_id,
    change.as_of,
    change.timezone,
    change.local_time,
    change.cutoff_time,
    change.effective_due_date,
    change.reason
  from public.installments as installment
  cross join lateral jobs.changes_of(installment.id) as change
  where installment.id = installment_history.installment_id
  order by change.id desc;
end;

revoke all on function public.installment_history(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.installment_history(uuid)
  to authenticated, service_role;

comment on function public.installment_history(uuid) is
  'What Duewatch has done to the status of an installment, newest first: when, in which run, and by which instant, zone, '
  'local time, cut-off and effective due date it judged, as they were then. '
  'reason: cutoff_passed, due_date_moved, plan_not_active or settings_changed. '
  'Who can see the installment sees its history (row level security); for others, and for an unknown id, it is empty.';
