-- What will become overdue next?
--
-- Answer:  one row per agency and cut-off of the next seven days, the soonest
--          first. cutoff is in the agency's local time, after its grace and its
--          closed days. The first run after it marks them. No row: nothing becomes
--          overdue within a week.
-- Columns: agency_id, agency, timezone, cutoff, time_left, installments, amount
-- To do:   nothing. Use it to inform an agency before its students are in arrears.

select
  agency.id as agency_id,
  agency.name as agency,
  agency.timezone,
  jobs.local_time(due.overdue_at, agency.timezone) as cutoff,
  due.overdue_at - now() as time_left,
  count(*) as installments,
  sum(due.amount) as amount
from public.installments_due as due
join public.agencies as agency
  on agency.id = due.agency_id
where due.status = 'pending'
  -- Wider than any grace and closure, so that the index of due dates is read.
  and due.student_due_date between current_date - 430 and current_date + 9
  and due.overdue_at > now()
  and due.overdue_at <= now() + interval '7 days'
group by
  agency.id,
  agency.name,
  agency.timezone,
  due.overdue_at
order by time_left;
