create function jobs.defaults(
  out expected_interval interval,
  out max_runtime interval,
  out degraded_error_ratio numeric,
  out failed_error_ratio numeric
)
language sql
immutable
set search_path = ''
as $function$
  select
    interval '25 hours',
    interval '10 minutes',
    0.20,
    0.50;
$function$;

revoke all on function jobs.defaults()
  from public, anon, authenticated, service_role;

comment on function jobs.defaults() is
  'What holds for a job that does not say otherwise, and for one that is not registered. '
  'Expected interval: daily, with an hour of grace.';
