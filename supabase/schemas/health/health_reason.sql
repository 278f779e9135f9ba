create type jobs.health_reason as (
  code text,
  severity text,
  message text
);

comment on type jobs.health_reason is
  'What a check has found. code names the check (jobs.check_<code>) and its page in docs/runbooks; severity is '
  'info, warning or critical; message is written for people.';
