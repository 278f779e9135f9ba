-- What has the last run that changed something changed?
--
-- Answer:  one row per installment, with what was judged then and how it is now.
--          It reads the ledger. No row: Duewatch has changed nothing yet.
-- Columns: run_id, changed_at, agency_id, agency, installment_id, from_status,
--          to_status, reason, due_date, local_time, timezone, cutoff_time,
--          status_now
-- To do:   for another run, replace the subquery by its id. To take back what a
--          wrong setting has marked, see
--          docs/how-to/take-back-what-was-marked.md.

select
  change.run_id,
  change.changed_at,
  change.agency_id,
  agency.name as agency,
  changed.installment_id,
  change.from_status,
  change.to_status,
  change.reason,
  changed.due_date,
  change.local_time,
  change.timezone,
  change.cutoff_time,
  installment.status::text as status_now
from jobs.status_changes as change
cross join lateral unnest(change.installment_ids, change.due_dates)
  as changed (installment_id, due_date)
left join public.installments as installment
  on installment.id = changed.installment_id
left join public.agencies as agency
  on agency.id = change.agency_id
where change.run_id = (
  select last.run_id
  from jobs.status_changes as last
  order by last.id desc
  limit 1
)
order by
  agency.name,
  changed.due_date,
  changed.installment_id
limit 1000;
