select cron.schedule(
  job_name => 'jobs-retention',
  schedule => '23 3 * * *',
  command => 'select jobs.prune()'
);
