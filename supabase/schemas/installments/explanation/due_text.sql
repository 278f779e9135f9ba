create function jobs.due_text(
  agency_id uuid,
  due_date date,
  grace_days int,
  effective_due_date date,
  today date,
  is_over boolean
)
returns text
language sql
stable
set search_path = ''
return format(
  '%sdue %s%s%s',
  case when due_text.is_over or due_text.due_date < due_text.today then 'it was ' end,
  case
    when due_text.is_over and due_text.effective_due_date = due_text.due_date then 'that day'
    else 'on ' || jobs.day_text(due_text.due_date, case when not due_text.is_over then due_text.today end)
  end,
  case
    when due_text.grace_days = 1 then ', with 1 day of grace'
    when due_text.grace_days > 1 then format(', with %s days of grace', due_text.grace_days)
  end,
  '; ' || jobs.closure_text(
    due_text.agency_id,
    due_text.due_date + due_text.grace_days,
    due_text.effective_due_date,
    case when not due_text.is_over then due_text.today end,
    case when due_text.effective_due_date <= due_text.today then 'was' else 'is' end,
    due_text.grace_days = 0
  )
);

revoke all on function jobs.due_text(uuid, date, int, date, date, boolean)
  from public, anon, authenticated, service_role;

comment on function jobs.due_text(uuid, date, int, date, date, boolean) is
  'When an installment is due, and what moves that day, as people read it. is_over: it is read after the day that counts, '
  'which was named before.';
