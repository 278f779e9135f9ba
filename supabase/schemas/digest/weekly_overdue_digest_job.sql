select jobs.register(
  job_name => 'weekly-overdue-digest',
  description => 'Mails each agency its overdue installments, once a week.',
  schedule => '0 6 * * 1',
  expected_interval => '7 days 2 hours',
  max_runtime => '6 minutes',
  -- Three hundred mails at two a second take half of it.
  slow_after => '5 minutes',
  notify_on_success => true
);
