-- What would a run mark now?
--
-- Answer:  one row per agency and currency with installments that the next run marks
--          overdue. It changes nothing. No row: nothing is to be marked.
-- Columns: agency_id, agency, currency, installments, amount, local_time, due_before
-- To do:   to try another cut-off, time zone or grace before you set it, add
--          agency_id => '…', cutoff_time => '12:00', timezone => 'Asia/Tokyo' or
--          grace_days => 3 to the call.

select
  (agency.facts ->> 'agencyId')::uuid as agency_id,
  agency.facts ->> 'name' as agency,
  amount.currency,
  amount.installments,
  amount.amount,
  (agency.facts ->> 'localTime')::timestamp as local_time,
  (agency.facts ->> 'dueBefore')::date as due_before
from jsonb_array_elements(public.preview_overdue() -> 'byAgency') as agency (facts)
cross join jsonb_to_recordset(agency.facts -> 'amounts')
  as amount (currency text, installments int, amount numeric)
order by
  amount.installments desc,
  agency;
