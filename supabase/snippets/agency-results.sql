-- What did the jobs change for each agency in the last 30 days?
--
-- Answer:  one row per job, agency and transition, the largest first. agency is
--          null for one that has been deleted since. No row: nothing changed.
-- Columns: job_name, agency_id, agency, transition, updated_count, runs,
--          last_change_at
-- To do:   if an agency with students is missing here, check that its due dates
--          still come in. supabase/snippets/agencies-waiting.sql shows whether
--          it was left out.

select
  change.job_name,
  change.agency_id,
  agency.name as agency,
  change.transition,
  sum(change.updated_count) as updated_count,
  count(distinct change.run_id) as runs,
  max(change.time) as last_change_at
from jobs.agency_transitions(now() - interval '30 days', now()) as change
left join public.agencies as agency
  on agency.id::text = change.agency_id
group by
  change.job_name,
  change.agency_id,
  agency.name,
  change.transition
order by
  updated_count desc,
  change.agency_id;
