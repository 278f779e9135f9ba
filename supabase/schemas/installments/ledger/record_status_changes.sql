create function jobs.record_status_changes(
  run_id uuid,
  as_of timestamptz,
  from_status text,
  to_status text,
  reason text,
  ids uuid[],
  agency_ids uuid[],
  due_dates date[]
)
returns void
language sql
set search_path = ''
as $function$
  with changed as materialized (
    select
      given.agency_id,
      array_agg(given.id) as ids,
      array_agg(given.due_date) as due_dates
    from unnest(
      record_status_changes.ids,
      record_status_changes.agency_ids,
      record_status_changes.due_dates
    ) as given (id, agency_id, due_date)
    group by given.agency_id
  ),
  portion as (
    select
      changed.agency_id,
      '' as id_suffix,
      changed.ids,
      changed.due_dates
    from changed
    where cardinality(changed.ids) <= 100

    union all

    select
      numbered.agency_id,
      numbered.id_suffix,
      array_agg(numbered.id),
      array_agg(numbered.due_date)
    from (
      select
        many.*,
        (row_number() over (partition by many.agency_id, many.id_suffix) - 1) / 100 as portion
      from (
        select
          changed.agency_id,
          one.id,
          one.due_date,
          right(one.id::text, case when cardinality(changed.ids) <= 1600 then 1 else 2 end) as id_suffix
        from changed
        cross join lateral unnest(changed.ids, changed.due_dates) as one (id, due_date)
        where cardinality(changed.ids) > 100
      ) as many
    ) as numbered
    group by numbered.agency_id, numbered.id_suffix, numbered.portion
  ),
  clock as materialized (
    select
      zone.timezone,
      jobs.local_time(record_status_changes.as_of, zone.timezone) as local_time
    from (
      select distinct agency.timezone
      from public.agencies as agency
      where agency.id in (
        select changed.agency_id
        from changed
      )
    ) as zone
  )
  insert into jobs.status_changes (
    run_id,
    agency_id,
    id_suffix,
    from_status,
    to_status,
    reason,
    as_of,
    timezone,
    local_time,
    cutoff_time,
    installment_ids,
    due_dates
  )
  select
    record_status_changes.run_id,
    portion.agency_id,
    portion.id_suffix,
    record_status_changes.from_status,
    record_status_changes.to_status,
    record_status_changes.reason,
    record_status_changes.as_of,
    agency.timezone,
    clock.local_time,
    coalesce(agency.overdue_cutoff_time, '17:00'),
    portion.ids,
    portion.due_dates
  from portion
  join public.agencies as agency
    on agency.id = portion.agency_id
  join clock
    on clock.timezone = agency.timezone;
$function$;

revoke all on function jobs.record_status_changes(uuid, timestamptz, text, text, text, uuid[], uuid[], date[])
  from public, anon, authenticated, service_role;

comment on function jobs.record_status_changes(uuid, timestamptz, text, text, text, uuid[], uuid[], date[]) is
  'Writes changed installments (three arrays of the same length) to the ledger, with what the rule saw of their agencies '
  'at as_of. Call it in the transaction of the change, after it: who changes a row later then has the higher id. '
  'An agency with more than 100 changes gets several rows, by the last characters of the ids.';
