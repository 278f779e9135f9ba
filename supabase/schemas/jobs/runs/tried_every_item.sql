create function jobs.tried_every_item(run public.jobs_log)
returns boolean
language sql
immutable
set search_path = ''
as $function$
  select
    coalesce(
      (tried_every_item.run).items_total > 0,
      jsonb_typeof((tried_every_item.run).errors) = 'array',
      false
    )
    and coalesce(
      (tried_every_item.run).items_processed >= (tried_every_item.run).items_total,
      (tried_every_item.run).status = 'success'
    )
    -- Of very many failed items, errors names only the first.
    and coalesce((tried_every_item.run).items_failed, 0)
      <= coalesce(jsonb_array_length((tried_every_item.run).errors), 0);
$function$;

revoke all on function jobs.tried_every_item(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.tried_every_item(public.jobs_log) is
  'Whether a run that has ended came to the end of its list and names every item that failed: then each item that it '
  'does not name has worked. False for a run with an empty list or without a list, which tried nothing.';
