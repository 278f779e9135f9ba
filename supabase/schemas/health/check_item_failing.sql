create function jobs.check_item_failing(job jobs.job_stats)
returns setof jobs.health_reason
language sql
stable
set search_path = ''
as $function$
  -- Without names and errors: dashboards show reasons to people who may not see
  -- those.
  select
    'item_failing',
    'warning',
    case count(*)
      when 1 then format('One item failed in its last %s runs.', min(known.failures))
      else format('%s items failed in their last 2 runs or more.', count(*))
    end
  from jobs.failing_items as known
  where known.job_name = (check_item_failing.job).job_name
    and known.failures > 1
  having count(*) > 0;
$function$;

revoke all on function jobs.check_item_failing(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_item_failing(jobs.job_stats) is
  'An item failed in the last two runs that tried it, or in more: it is left out, however well the runs end.';
