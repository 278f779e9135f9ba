create type jobs.health_reason as (
  code text,
  severity text,
  message text
);

comment on type jobs.health_reason is
  'Why something is not well: code names the page in docs/runbooks, severity is warning or critical, message is a sentence.';
