begin;
\ir ../../arrange.psql
select no_plan();

select is(
  jobs.redact_secrets(E'  re_secret_1 and\r\n/services/T0 broke  ', array['re_secret_1', null, '/services/T0', 'and']),
  '(key) and (key) broke',
  'Secrets are taken out, in one line; a short one would take words out'
);
select is(length(jobs.redact_secrets(repeat('x', 1000), '{}')), 300, 'It is cut');
select is(
  jobs.redact_secrets(repeat('x', 295) || 're_secret_1', array['re_secret_1']),
  repeat('x', 295) || '(key)',
  'After the secrets are out, and not through one'
);
select is(jobs.redact_secrets(null, array['re_secret_1']), null, 'Nothing stays nothing');

select * from finish();
rollback;
