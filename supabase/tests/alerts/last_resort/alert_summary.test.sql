begin;
\ir ../../arrange.psql
select no_plan();

select is(jobs.alert_summary(kind, 'a-job', details), summary, format('%s is summed up', kind))
from (
  values
    ('run_failed', jsonb '{"run": {"error_message": "It broke."}}', 'Job Failed: a-job: It broke.'),
    ('run_missed', '{"hours_since_last_success": 26}', 'Job Missed: a-job: no success for 26 hours'),
    ('run_missed', '{"hours_since_last_success": null}', 'Job Missed: a-job'),
    ('job_unhealthy', '{"reasons": [{"message": "No entry."}]}', 'Job Unhealthy: a-job: No entry.'),
    ('heartbeat', '{}', 'Heartbeat: a-job')
) as alerts (kind, details, summary);

select * from finish();
rollback;
