-- Which items failed in the last run of each job, and why?
--
-- Answer:  one row per item that failed in the newest finished run of its job.
--          For update-installment-statuses an item is an agency. No row: no item
--          failed.
-- Columns: job_name, run_id, started_at, status, item_id, item_name, error
-- To do:   the same error on every item has one cause: docs/runbooks/run-failed.md.
--          Different errors belong to the items: docs/runbooks/run-degraded.md.

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
  failed.item ->> 'error' as error
from newest
cross join lateral jsonb_array_elements(newest.errors) with ordinality as failed (item, position)
order by
  newest.job_name,
  failed.position;
