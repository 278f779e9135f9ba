create function jobs.items_judged(run public.jobs_log)
returns int
language sql
immutable
set search_path = ''
as $function$
  select greatest(
    (items_judged.run).items_total,
    case
      when jsonb_typeof((items_judged.run).metadata -> 'items_overall') = 'number'
        then least(((items_judged.run).metadata ->> 'items_overall')::numeric, 2147483647)::int
    end
  );
$function$;

revoke all on function jobs.items_judged(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.items_judged(public.jobs_log) is
  'Of how many items the failed ones of a run are a share: its list, or metadata.items_overall where that is more. A job '
  'whose list is what earlier runs have left over says so how long the whole list is.';
