-- The rule, applied: pending installments past their agency's cut-off become overdue.
--
-- Why:       set-based, so that the cost follows what is due: one look at each
--            agency's clock, one range of the index of pending due dates, one
--            update. No loop over agencies unless one of them fails.
-- Locks:     the rows it updates. Rows locked by others are skipped, never
--            waited for.
-- Take back: supabase/rollbacks/main_job.sql.

create function jobs.local_time(
  as_of timestamptz,
  timezone text
)
returns timestamp
language plpgsql
stable
set search_path = ''
set timezone = 'UTC'
as $function$
begin
  if local_time.timezone is null then
    return null;
  end if;

  -- Not AT TIME ZONE: it reads CET, EET, MET and WET as abbreviations, without
  -- their summer time. The setting reads names only, and ends with the function.
  perform set_config('timezone', local_time.timezone, true);
  return local_time.as_of::timestamp;
exception
  when invalid_parameter_value then
    return null;
end
$function$;

revoke all on function jobs.local_time(timestamptz, text)
  from public, anon, authenticated, service_role;

comment on function jobs.local_time(timestamptz, text) is
  'The wall clock in a time zone at an instant; null for a zone that the server does not know (or null), '
  'so that one bad zone does not stop the others.';

create function jobs.agency_cutoffs(as_of timestamptz default now())
returns table (agency_id uuid, overdue_before date)
language sql
stable
set search_path = ''
rows 1000
as $function$
  with clocks as materialized (
    select
      zone.timezone,
      jobs.local_time(agency_cutoffs.as_of, zone.timezone) as local_time
    from (
      select distinct agency.timezone
      from public.agencies as agency
    ) as zone
  )
  select
    agency.id,
    clock.local_time::date
      + (clock.local_time::time >= agency.overdue_cutoff_time)::int
  from public.agencies as agency
  left join clocks as clock
    on clock.timezone = agency.timezone;
$function$;

revoke all on function jobs.agency_cutoffs(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.agency_cutoffs(timestamptz) is
  'The rule, per agency: installments with a student_due_date before overdue_before are overdue at as_of (default now()). '
  'That is the agency''s local date, or the day after it from the second of the cut-off on. '
  'Null where the agency has no time zone that the server knows. One row per agency.';

create function jobs.is_transient_error(error_state text)
returns boolean
language sql
immutable
set search_path = ''
as $function$
  -- 40001 is left out: the Data API would repeat the call without end.
  select
    is_transient_error.error_state <> '40001'
    and (
      left(is_transient_error.error_state, 2) in ('08', '40', '53', '57')
      or is_transient_error.error_state = '55P03'
    );
$function$;

revoke all on function jobs.is_transient_error(text)
  from public, anon, authenticated, service_role;

comment on function jobs.is_transient_error(text) is
  'Whether an SQLSTATE may go away by itself (connection, deadlock, resources, lock not available, shutdown), '
  'so that the whole batch is to be tried again instead of blaming one agency.';

create function jobs.mark_overdue_batch(
  as_of timestamptz default now(),
  batch_size int default null,
  due_from date default '-infinity',
  skip_agencies uuid[] default '{}',
  out picked_count int,
  out due_until date,
  out agencies jsonb,
  out errors jsonb
)
language plpgsql
set search_path = ''
-- The cost has to follow what is due: a plan made for an unknown horizon, or for
-- rows that are dear to look up one by one, would read whole tables instead.
set plan_cache_mode = force_custom_plan
set random_page_cost = 1.1
set jit = off
as $function$
declare
  cutoff_agencies uuid[];
  cutoff_dates date[];
  horizon date;
  picked_rows tid[];
  picked_ids uuid[];
  picked_agencies uuid[];
  changed_count int := 0;
  failures jsonb;
  portion record;
begin
  select
    array_agg(cutoff.agency_id) filter (where cutoff.overdue_before is not null),
    array_agg(cutoff.overdue_before) filter (where cutoff.overdue_before is not null),
    max(cutoff.overdue_before),
    coalesce(
      jsonb_object_agg(cutoff.agency_id, 'the agency has no time zone that the database knows')
        filter (where cutoff.overdue_before is null),
      '{}'
    )
  into cutoff_agencies, cutoff_dates, horizon, failures
  from jobs.agency_cutoffs(mark_overdue_batch.as_of) as cutoff
  where cutoff.agency_id <> all (mark_overdue_batch.skip_agencies);

  -- Picking locks the rows: from here on a payment either was seen or waits.
  select
    array_agg(due.row_pointer),
    array_agg(due.id),
    array_agg(due.agency_id),
    count(*),
    max(due.student_due_date)
  into picked_rows, picked_ids, picked_agencies, picked_count, due_until
  from (
    select
      installment.ctid as row_pointer,
      installment.id,
      plan.agency_id,
      installment.student_due_date
    from public.installments as installment
    join public.payment_plans as plan
      on plan.id = installment.payment_plan_id
    join unnest(cutoff_agencies, cutoff_dates) as cutoff (agency_id, overdue_before)
      on cutoff.agency_id = plan.agency_id
    where installment.status = 'pending'
      and installment.student_due_date >= mark_overdue_batch.due_from
      and installment.student_due_date < horizon
      and installment.student_due_date < cutoff.overdue_before
      and plan.status = 'active'
    order by case when mark_overdue_batch.batch_size is not null then installment.student_due_date end
    limit mark_overdue_batch.batch_size
    for no key update of installment skip locked
  ) as due;

  if picked_count > 0 then
    begin
      -- By physical row, which a lock keeps in place; by id as well, because
      -- partitions of one table number their rows alike.
      with changed as (
        update public.installments as installment
        set status = 'overdue'
        where installment.ctid = any (picked_rows)
          and installment.id = any (picked_ids)
        returning installment.status
      )
      select count(*) filter (where changed.status <> 'pending')
      into changed_count
      from changed;

      -- A deferred trigger that raises at commit would undo every agency.
      set constraints all immediate;
    exception
      when others then
        if jobs.is_transient_error(sqlstate) then
          raise;
        end if;
        changed_count := 0;
    end;
  end if;

  if changed_count < picked_count then
    for portion in
      select
        picked.agency_id,
        array_agg(picked.id) as ids
      from unnest(picked_ids, picked_agencies) as picked (id, agency_id)
      group by picked.agency_id
    loop
      begin
        update public.installments as installment
        set status = 'overdue'
        where installment.id = any (portion.ids)
          and installment.status = 'pending';

        set constraints all immediate;
      exception
        when others then
          if jobs.is_transient_error(sqlstate) then
            raise;
          end if;
          failures := failures
            || jsonb_build_object(portion.agency_id, format('%s (SQLSTATE %s)', sqlerrm, sqlstate));
      end;
    end loop;

    -- A trigger of the adopter may also refuse, or put the status back, without raising.
    select
      failures || coalesce(
        jsonb_object_agg(
          refused.agency_id,
          format('a trigger on public.installments left %s installments pending', refused.pending_count)
        ),
        '{}'
      )
    into failures
    from (
      select
        picked.agency_id,
        count(*) as pending_count
      from unnest(picked_ids, picked_agencies) as picked (id, agency_id)
      join public.installments as installment
        on installment.id = picked.id
      where installment.status = 'pending'
        and not failures ? picked.agency_id::text
      group by picked.agency_id
    ) as refused;
  end if;

  select coalesce(
    jsonb_agg(
      jsonb_build_object('agency_id', changed.agency_id, 'updated_count', changed.updated_count)
    ),
    '[]'
  )
  into agencies
  from (
    select
      picked.agency_id,
      count(*) as updated_count
    from unnest(picked_ids, picked_agencies) as picked (id, agency_id)
    where changed_count = picked_count
      or not exists (
        select 1
        from public.installments as installment
        where installment.id = picked.id
          and installment.status = 'pending'
      )
    group by picked.agency_id
  ) as changed;

  select coalesce(
    jsonb_agg(
      jsonb_build_object('id', agency.id, 'name', agency.name, 'error', failure.message)
      order by agency.name, agency.id
    ),
    '[]'
  )
  into errors
  from jsonb_each_text(failures) as failure (agency_id, message)
  join public.agencies as agency
    on agency.id = failure.agency_id::uuid;
end
$function$;

revoke all on function jobs.mark_overdue_batch(timestamptz, int, date, uuid[])
  from public, anon, authenticated, service_role;

comment on function jobs.mark_overdue_batch(timestamptz, int, date, uuid[]) is
  'Marks pending installments overdue in one transaction, oldest due date first. '
  'Defaults: as_of now(), no limit (batch_size), from the beginning (due_from), no agency left out (skip_agencies). '
  'Idempotent. Rows locked by others are skipped. An agency whose update raises, or is refused by a trigger, is '
  'undone and reported in errors while the others go on; transient errors are raised, for the batch to be repeated. '
  'Returns picked_count (fewer than batch_size: nothing is left), due_until (where the next batch starts), '
  'agencies [{agency_id, updated_count}] with a change, errors [{id, name, error}].';

create function public.update_installment_statuses(as_of timestamptz default now())
returns table (agency_id uuid, updated_count int, transitions jsonb)
language plpgsql
security definer
set search_path = ''
as $function$
declare
  batch record;
begin
  select *
  into batch
  from jobs.mark_overdue_batch(as_of => update_installment_statuses.as_of);

  if batch.errors <> '[]' then
    raise warning '% agencies could not be updated: %',
      jsonb_array_length(batch.errors),
      left(batch.errors::text, 2000);
  end if;

  return query
  select
    agency.id,
    coalesce(changed.updated_count, 0),
    jsonb_strip_nulls(
      jsonb_build_object(
        'pending_to_overdue', coalesce(changed.updated_count, 0),
        'error', failed.error
      )
    )
  from public.agencies as agency
  left join jsonb_to_recordset(batch.agencies) as changed (agency_id uuid, updated_count int)
    on changed.agency_id = agency.id
  left join jsonb_to_recordset(batch.errors) as failed (id uuid, error text)
    on failed.id = agency.id;
end
$function$;

revoke all on function public.update_installment_statuses(timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.update_installment_statuses(timestamptz)
  to service_role;

comment on function public.update_installment_statuses(timestamptz) is
  'Marks every installment overdue that is past its agency''s cut-off at as_of (default now()), in one transaction. '
  'Idempotent; rows locked by others are skipped and picked up by the next call. '
  'Returns one row per agency: {"pending_to_overdue": n}, with a key error (and a warning) where the agency''s update '
  'failed; the others are updated all the same. The daily run does the same in batches: process_installment_batch().';

create function public.process_installment_batch(
  run_id uuid,
  batch_size int default 5000
)
returns jsonb
language plpgsql
security definer
set search_path = ''
-- Room for an adopter's slow triggers; the Data API's own limit is 8 seconds.
set statement_timeout = '60s'
as $function$
declare
  run public.jobs_log;
  batch record;
  updated int;
  done boolean;
begin
  if process_installment_batch.batch_size is null
    or process_installment_batch.batch_size not between 1 and 50000 then
    raise exception 'batch_size must be between 1 and 50000'
      using errcode = 'invalid_parameter_value';
  end if;

  select *
  into run
  from public.jobs_log as logged
  where logged.id = process_installment_batch.run_id
  for update;

  if not found then
    raise exception 'there is no run %', process_installment_batch.run_id
      using errcode = 'PT404';
  end if;

  if run.status <> 'running' then
    raise exception 'run % is not running any more: %', run.id, run.status
      using
        errcode = 'PT409',
        detail = coalesce(run.error_message, '');
  end if;

  run.metadata := coalesce(run.metadata, '{}');
  run.errors := coalesce(run.errors, '[]');

  select *
  into batch
  from jobs.mark_overdue_batch(
    as_of => run.started_at,
    batch_size => process_installment_batch.batch_size,
    due_from => coalesce((run.metadata ->> 'due_from')::date, '-infinity'),
    skip_agencies => array(
      select (failed.error ->> 'id')::uuid
      from jsonb_array_elements(run.errors) as failed (error)
    )
  );

  done := batch.picked_count < process_installment_batch.batch_size;

  select coalesce(sum(changed.updated_count), 0)
  into updated
  from jsonb_to_recordset(batch.agencies) as changed (updated_count int);

  select run.metadata || jsonb_build_object(
    'agencies',
    coalesce(
      jsonb_agg(
        jsonb_build_object(
          'agency_id', total.agency_id,
          'updated_count', total.updated_count,
          'transitions', jsonb_build_object('pending_to_overdue', total.updated_count)
        )
        order by total.updated_count desc, total.agency_id
      ),
      '[]'
    ),
    'due_from', batch.due_until
  )
  into run.metadata
  from (
    select
      counted.agency_id,
      sum(counted.updated_count)::int as updated_count
    from (
      select former.agency_id, former.updated_count
      from jsonb_to_recordset(run.metadata -> 'agencies') as former (agency_id uuid, updated_count int)
      union all
      select changed.agency_id, changed.updated_count
      from jsonb_to_recordset(batch.agencies) as changed (agency_id uuid, updated_count int)
    ) as counted
    group by counted.agency_id
  ) as total;

  if done then
    run.items_total := (
      select count(*)
      from public.agencies
    );
    run.items_processed := run.items_total;
    run.metadata := run.metadata
      - 'due_from'
      || jsonb_build_object('total_agencies_processed', run.items_total);
  end if;

  update public.jobs_log as logged
  set
    records_updated = coalesce(run.records_updated, 0) + updated,
    metadata = run.metadata,
    errors = run.errors || batch.errors,
    items_total = run.items_total,
    items_processed = run.items_processed
  where logged.id = run.id
  returning *
  into run;

  return jsonb_build_object(
    'done', done,
    'updated', updated,
    'records_updated', run.records_updated,
    'failed_agencies', jsonb_array_length(run.errors)
  );
end
$function$;

revoke all on function public.process_installment_batch(uuid, int)
  from public, anon, authenticated, service_role;
grant execute on function public.process_installment_batch(uuid, int)
  to service_role;

comment on function public.process_installment_batch(uuid, int) is
  'Does the next batch of a run of update-installment-statuses, judged at the instant the run started, and accounts for '
  'it in the run''s log row in the same transaction: position, counts per agency, failed agencies. '
  'Default batch_size 5000, from 1 to 50000. A call that is repeated after a lost answer goes on where the database is. '
  'Call until done. Raises PT404 for an unknown run and PT409 for one that is not running any more (reaped, for instance). '
  'Returns {done, updated, records_updated, failed_agencies}; the last two count the run so far.';
