-- Which items failed in the last run of each job, and why?
--
-- Answer:  one row per item that failed in the newest finished run of its job.
--          For update-installment-statuses an item is an agency. No row: no item
--          failed.
-- Columns: job_name, run_id, started_at, status, item_id, item_name, error,
--          runs_in_a_row
--          For update-installment-statuses an item is an agency. No row: no item
--          failed.
-- Columns: job_name, run_id, started_at, status, item_id, item_name, error,
--          runs_in_a_row
-- To do:   the same error on every item has one cause: docs/runbooks/run-failed.md.
--          Different errors belong to the items: docs/runbooks/run-degraded.md.
--          2 or more runs in a row: docs/runbooks/item-failing.md.
--          2 or more runs in a row: docs/runbooks/item-failing.md.

with newest as (
  select distinct on (run.job_name)
    run.id,
    run.job_name,
    run.started_at,
    run.status,
    run.errors
  from public.jobs_log as run
  where run.status <> 'running'
  order by
    run.job_name,
    run.started_at desc
)
select
  newest.job_name,
  newest.id as run_id,
  newest.started_at,
  newest.status,
  failed.item ->> 'id' as item_id,
  failed.item ->> 'name' as item_name,
  failed.item ->> 'error' as error,
  known.failures as runs_in_a_row
from newest
cross join lateral jsonb_array_elements(newest.errors) with ordinality as failed (item, position)
left join jobs.failing_items as known
  on known.job_name = newest.job_name
  and known.item_id = left(coalesce(failed.item ->> 'id', failed.item ->> 'name'), 200)
order by
  newest.job_name,
  failed.position;
