create function jobs.catch_up_delay(failures bigint)
returns interval
language sql
immutable
set search_path = ''
as $function$
  select case
    when catch_up_delay.failures = 0 then interval '0'
    else least(interval '1 minute' * 2 ^ least(catch_up_delay.failures - 1, 10), interval '1 hour')
  end;
$function$;

revoke all on function jobs.catch_up_delay(bigint)
  from public, anon, authenticated, service_role;

comment on function jobs.catch_up_delay(bigint) is
  'The back-off before a catch-up run, after so many failures in a row: 1, 2, 4 minutes and so on, at most an hour. '
  'None without a failure.';
