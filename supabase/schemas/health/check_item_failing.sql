create function jobs.check_item_failing(job jobs.job_stats)
returns setof jobs.health_reason
language sql
stable
set search_path = ''
as $function$
  select
    'item_failing',
    'warning',
    case count(*)
      when 1 then
        format('%s failed in its last %s runs: %s', min(item.label), min(item.failures), min(item.error))
      else
        format(
          '%s items failed in at least two runs in a row: %s%s.',
          count(*),
          string_agg(item.label, ', ' order by item.position) filter (where item.position <= 5),
          case when count(*) > 5 then format(' and %s more', count(*) - 5) end
        )
    end
  from (
    select
      coalesce(nullif(btrim(known.name), ''), known.item_id) as label,
      known.failures,
      coalesce(known.error, 'it left no message.') as error,
      row_number() over (order by known.failures, known.name, known.item_id) as position
    from jobs.failing_items as known
    where known.job_name = (check_item_failing.job).job_name
      and known.failures > 1
  ) as item
  having count(*) > 0;
$function$;

revoke all on function jobs.check_item_failing(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_item_failing(jobs.job_stats) is
  'An item failed in the last two runs that tried it, or in more: it is left out, however well the runs end.';
