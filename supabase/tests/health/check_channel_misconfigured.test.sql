begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_system_checks.psql
select no_plan();

select pg_temp.claim(channels => '[{"name": "slack", "kinds": ["heartbeat"]}]');
select public.report_channel_problems('[]');
select is(pg_temp.findings(), '{}', 'Channels that are set up completely are no finding');

select is(
  public.report_channel_problems(
    '[{"channel": "email", "problem": "ALERT_EMAIL_TO is not set."}, {"channel": "links", "problem": "DASHBOARD_URL must be an address."}]'
  ),
  '{"problems": 2}',
  'The function reports what is wrong'
);
select is(
  pg_temp.findings(),
  array[
    'warning channel_misconfigured: Alerts go out without their links: DASHBOARD_URL must be an address.',
    'warning channel_misconfigured: No alert goes out on email: ALERT_EMAIL_TO is not set.'
  ],
  'Each is a warning'
);
select public.report_channel_problems('[{"channel": "email", "problem": "RESEND_API_KEY is not set."}]');
select is(
  pg_temp.findings(),
  array['warning channel_misconfigured: No alert goes out on email: RESEND_API_KEY is not set.'],
  'What is reported replaces what was'
);
select public.report_channel_problems('[]');
select is(pg_temp.findings(), '{}', 'The reason ends when the function reports none');

select * from finish();
rollback;
