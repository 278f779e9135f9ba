-- What has been set back from overdue to pending, and why?
--
-- Answer:  one row per day, agency, reason and job of the last 90 days, the newest
--          first. job_name is null where the run is not in the log any more. No
--          row: nothing was corrected.
-- Columns: day, agency_id, agency, reason, job_name, installments, runs,
--          requested_by
-- To do:   settings_changed in one agency again and again: look at its zone and
--          cut-off, docs/how-to/change-a-zone-or-cut-off.md. day is in UTC.

select
  (change.changed_at at time zone 'UTC')::date as day,
  change.agency_id,
  agency.name as agency,
  change.reason,
  run.job_name,
  sum(cardinality(change.installment_ids)) as installments,
  count(distinct change.run_id) as runs,
  string_agg(distinct run.metadata ->> 'requested_by', ', ') as requested_by
from jobs.status_changes as change
left join public.jobs_log as run
  on run.id = change.run_id
left join public.agencies as agency
  on agency.id = change.agency_id
-- Everything else that Duewatch changes is past its cut-off.
where change.reason <> 'cutoff_passed'
  and change.changed_at >= now() - interval '90 days'
group by
  day,
  change.agency_id,
  agency.name,
  change.reason,
  run.job_name
order by
  day desc,
  installments desc,
  agency.name;
