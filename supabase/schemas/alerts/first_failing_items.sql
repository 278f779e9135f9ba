create function jobs.first_failing_items(job_name text)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'id', first_ten.item_id,
        'name', first_ten.name,
        'error', first_ten.error,
        'failures', first_ten.failures,
        'failing_since', first_ten.failing_since
      )
      order by first_ten.failures, first_ten.name, first_ten.item_id
    ),
    '[]'
  )
  from (
    select known.*
    from jobs.failing_items as known
    where known.job_name = first_failing_items.job_name
      and known.failures > 1
    order by known.failures, known.name, known.item_id
    limit 10
  ) as first_ten;
$function$;

revoke all on function jobs.first_failing_items(text)
  from public, anon, authenticated, service_role;

comment on function jobs.first_failing_items(text) is
  'The first ten items of a job that failed in at least two runs in a row, those that joined last at the top. Returns an '
  'array.';
