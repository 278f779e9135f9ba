-- Which agencies have overdue installments that are still pending?
--
-- Answer:  one row per agency, the latest first. days_late counts from the oldest
--          due date to today, where the agency is: 0 and 1 are what a daily run
--          leaves between two runs, 2 and more were missed. No row: none.
-- Columns: agency_id, agency, contact_email, installments, oldest_due_date,
--          days_late
-- To do:   days_late of 2 and more: these agencies work with wrong lists. Inform
--          them when docs/runbooks/run-missed.md or run-failed.md says so.

select
  agency.id as agency_id,
  agency.name as agency,
  agency.contact_email,
  count(*) as installments,
  min(installment.student_due_date) as oldest_due_date,
  max(installment.agency_local_date - installment.student_due_date) as days_late
from public.installments_due as installment
join public.agencies as agency
  on agency.id = installment.agency_id
where installment.status = 'pending'
  and installment.is_overdue_now
group by agency.id, agency.name, agency.contact_email
order by
  days_late desc,
  installments desc;
