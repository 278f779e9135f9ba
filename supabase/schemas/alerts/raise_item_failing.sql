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
      'items_failing', failing.items_failing,
      'items', failing.first_items
    ),
    run_id => (raise_item_failing.run).id,
    is_worse => failing.has_joined,
    as_of => raise_item_failing.as_of
  )
  from (
    select
      count(*) as items_failing,
      bool_or(item.failures = 2 and item.run_id = (raise_item_failing.run).id) as has_joined,
      bool_or(item.run_id = (raise_item_failing.run).id) as is_observed,
      jsonb_agg(
        jsonb_build_object(
          'id', item.item_id,
          'name', item.name,
          'error', item.error,
          'failures', item.failures,
          'failing_since', item.failing_since
        )
        order by item.position
      ) filter (where item.position <= 10) as first_items
    from (
      select
        known.*,
        row_number() over (order by known.failures, known.name, known.item_id) as position
      from jobs.failing_items as known
      where known.job_name = (raise_item_failing.run).job_name
        and known.failures > 1
    ) as item
  ) as failing
  where failing.is_observed;
$function$;

revoke all on function jobs.raise_item_failing(public.jobs_log, jsonb, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_item_failing(public.jobs_log, jsonb, timestamptz) is
  'Opens or observes the incident item_failing when a run that ended has seen an item fail for at least the second run '
  'in a row. It alerts again at once when an item joins. The details have the first ten items, those that joined last at '
  'the top, and how many there are. Returns the id of the alert, or null when none was due.';
