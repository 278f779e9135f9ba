create function jobs.record_status_changes(
  run_id uuid,
  as_of timestamptz,
  judgements jobs.agency_judgement[],
  from_status text,
  to_status text,
  reason text,
  ids uuid[],
  agency_ids uuid[],
  due_dates date[],
  out agencies uuid[],
  out counts int[]
)
language sql
set search_path = ''
set datestyle = 'ISO'
set jit = off
as $function$
  with changed as materialized (
    select
      given.agency_id,
      array_agg(given.id) as ids,
      array_agg(given.due_date) as due_dates,
      count(*)::int as changed_count
    from unnest(
      record_status_changes.ids,
      record_status_changes.agency_ids,
      record_status_changes.due_dates
    ) as given (id, agency_id, due_date)
    group by given.agency_id
  ),
  judged as materialized (
    select
      judgement.*,
      moved.dates as moved_dates
    from unnest(record_status_changes.judgements) as judgement
    join changed
      on changed.agency_id = judgement.agency_id
    left join lateral (
      select
        jsonb_object_agg(
          due.date::text,
          jobs.effective_due_date(
            judgement.agency_id,
            due.date,
            judgement.grace_days,
            judgement.closed_weekdays
          )
        ) as dates
      from (
        select distinct one.date
        from unnest(changed.due_dates) as one (date)
        -- Not infinite, and not so late that Postgres cannot add to it.
        where isfinite(one.date)
          and one.date < '5870000-01-01'
      ) as due
      where extract(isodow from due.date + judgement.grace_days)::smallint = any (judgement.closed_weekdays)
        or exists (
          select 1
          from public.agency_closed_days as closed_day
          where closed_day.agency_id = judgement.agency_id
            and closed_day.day = due.date + judgement.grace_days
        )
    ) as moved
      on exists (
        select 1
        from public.agency_closed_days
      )
      or judgement.closed_weekdays <> '{}'
  ),
  portion as (
    select
      changed.agency_id,
      '' as id_suffix,
      changed.ids,
      changed.due_dates
    from changed
    where changed.changed_count <= 100

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
          right(one.id::text, case when changed.changed_count <= 1600 then 1 else 2 end) as id_suffix
        from changed
        cross join lateral unnest(changed.ids, changed.due_dates) as one (id, due_date)
        where changed.changed_count > 100
      ) as many
    ) as numbered
    group by numbered.agency_id, numbered.id_suffix, numbered.portion
  ),
  written as (
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
      grace_days,
      moved_dates,
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
      judged.timezone,
      judged.local_time,
      judged.cutoff_time,
      judged.grace_days,
      judged.moved_dates,
      portion.ids,
      portion.due_dates
    from portion
    join judged
      on judged.agency_id = portion.agency_id
  )
  select
    coalesce(array_agg(changed.agency_id), '{}'),
    coalesce(array_agg(changed.changed_count), '{}')
  from changed;
$function$;

revoke all on function jobs.record_status_changes(
  uuid, timestamptz, jobs.agency_judgement[], text, text, text, uuid[], uuid[], date[]
)
  from public, anon, authenticated, service_role;

comment on function jobs.record_status_changes(
  uuid, timestamptz, jobs.agency_judgement[], text, text, text, uuid[], uuid[], date[]
) is
  'Writes changed installments (three arrays of the same length) to the ledger, with how their agencies were judged at '
  'as_of. Call it in the transaction of the change, after it: of two changes of one installment, the later one then has '
  'the higher id. An agency with more than 100 changes gets several rows, by the last characters of the ids. '
  'Returns the agencies and how many installments of each were changed.';
