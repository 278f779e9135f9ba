create function jobs.defaults(
  out expected_interval interval,
  out max_runtime interval,
  out slow_after interval,
  out degraded_error_ratio numeric,
  out failed_error_ratio numeric,
  out max_catch_ups int
)
language sql
immutable
set search_path = ''
as $function$
  select
    interval '25 hours',
    interval '10 minutes',
    interval '60 seconds',
    0.20,
    0.50,
    30;
$function$;

revoke all on function jobs.defaults()
  from public, anon, authenticated, service_role;

comment on function jobs.defaults() is
  'The values of a job that is registered without them, and of an unregistered job. '
  'Expected interval: daily, with an hour of grace. Catch-up runs: about a day, because they back off to one an hour.';
