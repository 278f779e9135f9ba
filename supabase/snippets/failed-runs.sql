-- Which runs failed in the last seven days, and why?
--
-- Answer:  one row per failed run, newest first. is_caught_up says whether a
--          later run of the job has succeeded. No row: no run failed.
-- Columns: id, job_name, started_at, trigger_source, error_message, failed_items,
--          records_updated, is_caught_up
-- To do:   docs/runbooks/run-failed.md has a row for each form of error_message.

select
  run.id,
  run.job_name,
  run.started_at,
  run.trigger_source,
  run.error_message,
  greatest(run.items_failed, jsonb_array_length(run.errors), 0) as failed_items,
  run.records_updated,
  exists (
    select 1
    from public.jobs_log as later
    where later.job_name = run.job_name
      and later.status = 'success'
      and not jobs.is_continued(later.metadata)
      and later.started_at > run.started_at
  ) as is_caught_up
from public.jobs_log as run
where run.status = 'failed'
  and run.started_at > now() - interval '7 days'
order by run.started_at desc;
