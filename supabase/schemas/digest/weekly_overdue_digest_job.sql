do $migration$
declare
  is_new boolean := not exists (
    select 1
    from jobs.definitions as definition
    where definition.job_name = 'weekly-overdue-digest'
  );
begin
  perform jobs.register(
    job_name => 'weekly-overdue-digest',
    description => 'Mails each agency its overdue installments, on its own Monday after 08:00.',
    impact => 'agencies have no mail that lists what is overdue',
    -- By then it is past Monday, 08:00, in every time zone.
    schedule => '0 21 * * 1',
    due_check => 'jobs.overdue_digest_is_due',
    expected_interval => '7 days 2 hours',
    max_runtime => '6 minutes',
    -- Three hundred mails at two a second take half of it.
    slow_after => '5 minutes'
  );

  -- It mails customers. Once it is turned on, it stays so.
  if is_new then
    perform jobs.pause(
      job_name => 'weekly-overdue-digest',
      reason => 'It mails agencies, and needs an account at Resend first: docs/how-to/send-the-weekly-digest.md.',
      requested_by => 'duewatch'
    );
  end if;
end
$migration$;
