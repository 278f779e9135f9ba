create function jobs.raise_item_failing(
  run public.jobs_log,
  run_facts jsonb,
  as_of timestamptz default now()
)
returns uuid
language sql
set search_path = ''
as $function$
  select jobs.raise_incident(
    job_name => (raise_item_failing.run).job_name,
    kind => 'item_failing',
    details => jsonb_build_object(
      'run', raise_item_failing.run_facts,
      'items_failing', failing.items,
      'items', jobs.first_failing_items((raise_item_failing.run).job_name)
    ),
    run_id => (raise_item_failing.run).id,
    is_worse => failing.has_joined,
    as_of => raise_item_failing.as_of,
    since => failing.since
  )
  from (
    select
      count(*) as items,
      min(known.failing_since) as since,
      bool_or(known.run_id = (raise_item_failing.run).id) as is_observed,
      bool_or(known.run_id = (raise_item_failing.run).id and known.failures = 2) as has_joined
    from jobs.failing_items as known
    where known.job_name = (raise_item_failing.run).job_name
      and known.failures > 1
  ) as failing
  where failing.is_observed;
$function$;

revoke all on function jobs.raise_item_failing(public.jobs_log, jsonb, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_item_failing(public.jobs_log, jsonb, timestamptz) is
  'Opens or observes the incident item_failing when a run that ended has seen an item fail for at least the second run '
  'in a row. It alerts again at once when an item joins. Returns the id of the alert, or null when none was due.';
