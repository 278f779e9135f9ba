select jobs.register(
  job_name => 'update-installment-statuses',
  description => 'Marks pending installments overdue when their agency''s cut-off on the due date has passed.',
  impact => 'installments that have become overdue are still shown as pending',
  schedule => '0 7 * * *',
  cron_job_name => 'update-installment-statuses-daily',
  -- As it was: jobs.follow_cutoffs().
  due_check => (
    select definition.due_check
    from jobs.definitions as definition
    where definition.job_name = 'update-installment-statuses'
  )
);
