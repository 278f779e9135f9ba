-- The second job: every Monday at 06:00 UTC.
--
-- Why:       its agencies read what the week begins with. Two hours of grace
--            hold a run that is late and its catch-up. The platform ends a
--            function after 400 seconds, so a run ends itself before that; what
--            it has left is mailed by the catch-up run.
-- Locks:     nothing that exists.
-- Take back: select jobs.unregister('weekly-overdue-digest');

select jobs.register(
  job_name => 'weekly-overdue-digest',
  description => 'Mails each agency what it has overdue, once a week.',
  schedule => '0 6 * * 1',
  expected_interval => '7 days 2 hours',
  max_runtime => '6 minutes',
  notify_on_success => true
);
