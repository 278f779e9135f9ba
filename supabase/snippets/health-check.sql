-- Are the jobs healthy, and if not, why?
--
-- Answer:  one row per job, and one named duewatch for the system; one row per
--          reason where there are several. Worst first. The jobs are healthy
--          when every status is ok.
-- Columns: about, status, hours_since_last_success, severity, message, runbook
-- To do:   follow the page in the column runbook, critical ones first.

with health as (
  select public.get_job_health() as report
),
subjects as (
  select
    job ->> 'job_name' as about,
    job ->> 'status' as status,
    (job ->> 'hours_since_last_success')::numeric as hours_since_last_success,
    job -> 'reasons' as reasons
  from health
  cross join lateral jsonb_array_elements(health.report -> 'jobs') as job

  union all

  select
    'duewatch',
    health.report #>> '{system,status}',
    null,
    health.report #> '{system,reasons}'
  from health
)
select
  subject.about,
  subject.status,
  subject.hours_since_last_success,
  reason ->> 'severity' as severity,
  reason ->> 'message' as message,
  'docs/runbooks/' || replace(reason ->> 'code', '_', '-') || '.md' as runbook
from subjects as subject
left join lateral jsonb_array_elements(subject.reasons) as reason on true
order by
  array_position(array['critical', 'warning', 'info'], reason ->> 'severity') nulls last,
  subject.about;
