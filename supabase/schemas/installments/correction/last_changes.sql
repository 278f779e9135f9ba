create function jobs.last_changes(
  agency_id uuid,
  ids uuid[]
)
returns table (
  installment_id uuid,
  to_status text,
  run_id uuid,
  due_date date
)
language plpgsql
stable
set search_path = ''
set jit = off
set plan_cache_mode = force_custom_plan
as $function$
begin
  -- A look into the index for each, or the whole history of the agency once.
  if cardinality(last_changes.ids) <= 5 then
    return query
    select
      wanted.id,
      change.to_status,
      change.run_id,
      change.due_date
    from unnest(last_changes.ids) as wanted (id)
    cross join lateral (
      select
        newest.to_status,
        newest.run_id,
        newest.due_dates[array_position(newest.installment_ids, wanted.id)] as due_date
      from jobs.status_changes as newest
      where newest.id = (
        select max(holder.id)
        from jobs.status_changes as holder
        where holder.agency_id = last_changes.agency_id
          and holder.id_suffix in ('', right(wanted.id::text, 1), right(wanted.id::text, 2))
          and wanted.id = any (holder.installment_ids)
      )
    ) as change;
  else
    return query
    select distinct on (one.id)
      one.id,
      change.to_status,
      change.run_id,
      one.due_date
    from jobs.status_changes as change
    cross join lateral unnest(change.installment_ids, change.due_dates) as one (id, due_date)
    where change.agency_id = last_changes.agency_id
      and one.id = any (last_changes.ids)
    order by
      one.id,
      change.id desc;
  end if;
end
$function$;

revoke all on function jobs.last_changes(uuid, uuid[])
  from public, anon, authenticated, service_role;

comment on function jobs.last_changes(uuid, uuid[]) is
  'The last change in the ledger of each of these installments of an agency: one row for each that has one.';
