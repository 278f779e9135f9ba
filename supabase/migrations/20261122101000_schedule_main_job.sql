-- The main job: every day at 07:00 UTC, which is 17:00 in Brisbane.
--
-- Why:       the schedule of task 4, through the registry.
-- Locks:     nothing that exists.
-- Take back: select jobs.unregister('update-installment-statuses');

select jobs.register(
  job_name => 'update-installment-statuses',
  description => 'Marks pending installments overdue when their agency''s cut-off on the due date has passed.',
  schedule => '0 7 * * *',
  cron_job_name => 'update-installment-statuses-daily'
);
