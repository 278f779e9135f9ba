-- What will become overdue next?
--
-- Answer:  one row per agency and due date of the next seven days, the soonest
--          first. cutoff is in the agency's local time. The first run after it
--          marks them. No row: nothing falls due within a week.
-- Columns: agency_id, agency, timezone, cutoff, time_left, installments, amount
-- To do:   nothing. Use it to inform an agency before its students are in arrears.

select
  agency.id as agency_id,
  agency.name as agency,
  agency.timezone,
  due.cutoff,
  due.cutoff - clock.local_now as time_left,
  count(*) as installments,
  sum(installment.amount) as amount
from public.installments as installment
join public.payment_plans as plan
  on plan.id = installment.payment_plan_id
join public.agencies as agency
  on agency.id = plan.agency_id
cross join lateral jobs.local_time(now(), agency.timezone) as clock (local_now)
cross join lateral (
  select installment.student_due_date + coalesce(agency.overdue_cutoff_time, '17:00') as cutoff
) as due
where plan.status = 'active'
  and installment.status = 'pending'
  -- Wider than any agency's week, so that the index of due dates is read.
  and installment.student_due_date between current_date - 2 and current_date + 9
  and due.cutoff > clock.local_now
  and due.cutoff <= clock.local_now + interval '7 days'
group by
  agency.id,
  agency.name,
  agency.timezone,
  due.cutoff,
  clock.local_now
order by time_left;
