select jobs.register(
  job_name => 'update-installment-statuses',
  description => 'Marks pending installments overdue when their agency''s cut-off on the due date has passed.',
  schedule => '0 7 * * *',
  cron_job_name => 'update-installment-statuses-daily'
);
