begin;
\ir ../../arrange.psql
select no_plan();

delete from vault.secrets where name = 'alert_timezone';

select is(
  jobs.instant_text('2026-11-22 07:00:59+00'), '2026-11-22 07:00 UTC', 'Without a setting an instant is in UTC'
);

select vault.create_secret('australia/brisbane', 'alert_timezone') as secret_id \gset
select is(
  jobs.instant_text('2026-11-22 07:00:59+00'),
  '2026-11-22 07:00 UTC (17:00 in Brisbane)',
  'The setting adds the clock of the reader, however it is written'
);
select is(
  jobs.instant_text('2026-11-22 18:30:00+00'),
  '2026-11-22 18:30 UTC (2026-11-23 04:30 in Brisbane)',
  'On another date, with the date'
);

select vault.update_secret(:'secret_id', 'America/Argentina/Buenos_Aires');
select is(
  jobs.instant_text('2026-11-22 07:00:00+00'),
  '2026-11-22 07:00 UTC (04:00 in Buenos Aires)',
  'A place is written as people write it'
);

select vault.update_secret(:'secret_id', 'UTC');
select is(jobs.instant_text('2026-11-22 07:00:00+00'), '2026-11-22 07:00 UTC', 'UTC is not repeated');

-- What cannot be used

select vault.update_secret(:'secret_id', wrong.zone)
from (values ('Bogus5')) as wrong (zone);
select is(jobs.instant_text('2026-11-22 07:00:00+00'), '2026-11-22 07:00 UTC', 'A wrong setting leaves UTC');
select is(
  (select problem from jobs.alert_timezone()),
  'the setting alert_timezone is no time zone, such as Australia/Brisbane: times are in UTC only',
  'It is reported'
);
select ok(
  jobs.test_last_resort() ? 'the setting alert_timezone is no time zone, such as Australia/Brisbane: times are in UTC only',
  'The test of the last resort reports it too'
);

create or replace function jobs.optional_setting(name text)
returns text
language plpgsql
as $$
begin
  raise exception 'Vault cannot be read';
end
$$;
select is(jobs.instant_text('2026-11-22 07:00:00+00'), '2026-11-22 07:00 UTC', 'So does a Vault that cannot be read');

select * from finish();
rollback;
