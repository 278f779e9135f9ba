-- How old is what is not paid?
--
-- Answer:  one row per agency and currency with open amounts, by the days since the
--          due date in the agency's own calendar. not_due is not overdue yet. What is
--          partly paid stands apart, with its full amounts. No row: nothing is open.
-- Columns: agency_id, agency, currency, not_due, days_1_to_30, days_31_to_60,
--          days_61_to_90, days_over_90, partial_not_due, partial_overdue
-- To do:   see docs/how-to/read-the-aging-report.md. For another day, replace now().

select
  agency.id as agency_id,
  agency.name as agency,
  aging.currency,
  aging.not_due,
  aging.days_1_to_30,
  aging.days_31_to_60,
  aging.days_61_to_90,
  aging.days_over_90,
  aging.partial_not_due,
  aging.partial_overdue
from public.installments_aging_at(now()) as aging
join public.agencies as agency
  on agency.id = aging.agency_id
order by
  aging.days_over_90 desc,
  agency.name,
  aging.currency;
