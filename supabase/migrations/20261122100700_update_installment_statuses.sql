-- The rule, applied: pending installments past their agency's cut-off become overdue.
--
-- Why:       set-based, so that the cost follows what is due: one look at each
--            agency's clock, one range of the index of pending due dates, one
--            update. No loop over agencies unless one of them fails.
-- Locks:     the rows it updates. Rows locked by others are left, never waited
--            for.
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
      + (clock.local_time::time >= coalesce(agency.overdue_cutoff_time, '17:00'))::int
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

create function jobs.overdue_slices(
  agency_ids uuid[],
  overdue_before date[]
)
returns table (due_from date, due_before date, agencies uuid[])
language sql
immutable
set search_path = ''
as $function$
  with cutoff as (
    select *
    from unnest(overdue_slices.agency_ids, overdue_slices.overdue_before)
      as given (agency_id, overdue_before)
  )
  select
    coalesce(lag(day.overdue_before) over (order by day.overdue_before), '-infinity'),
    day.overdue_before,
    array(
      select cutoff.agency_id
      from cutoff
      where cutoff.overdue_before >= day.overdue_before
    )
  from (
    select distinct cutoff.overdue_before
    from cutoff
  ) as day
  order by day.overdue_before;
$function$;

revoke all on function jobs.overdue_slices(uuid[], date[])
  from public, anon, authenticated, service_role;

comment on function jobs.overdue_slices(uuid[], date[]) is
  'Cuts the due dates where agencies differ, which at one instant is by three days at most: a due date in a slice '
  '(from due_from, before due_before) is overdue for exactly the agencies of the slice. '
  'What is left to ask of an installment is its date and its plan. Oldest slice first.';

create function jobs.pick_overdue(
  due_from date,
  due_before date,
  agencies uuid[],
  batch_size int,
  locking boolean,
  out row_pointers tid[],
  out ids uuid[],
  out agency_ids uuid[],
  out due_until date
)
language plpgsql
set search_path = ''
-- Rows that are dear to look up one by one would make the planner read tables,
-- and a cache of plans costs more than it saves: hardly two installments share one.
set random_page_cost = 1.1
set enable_memoize = off
set jit = off
as $function$
begin
  -- Dynamic, so that it is planned for these dates and with or without locks.
  execute
    $query$
      select
        array_agg(due.row_pointer),
        array_agg(due.id),
        array_agg(due.agency_id),
        max(due.student_due_date)
      from (
        select
          installment.ctid as row_pointer,
          installment.id,
          plan.agency_id,
          installment.student_due_date
        from public.installments as installment
        cross join lateral (
          select looked_up.agency_id
          from public.payment_plans as looked_up
          where looked_up.id = installment.payment_plan_id
            and looked_up.status = 'active'
          -- A fence. Past dates are mostly paid, which the planner does not
          -- know: it would read all plans for installments that are not there.
          offset 0
        ) as plan
        where installment.status = 'pending'
          and installment.student_due_date >= $1
          and installment.student_due_date < $2
          and plan.agency_id = any ($3)
        order by installment.student_due_date
        limit $4
    $query$
    || case when pick_overdue.locking then 'for no key update of installment skip locked' else '' end
    || ') as due'
  into row_pointers, ids, agency_ids, due_until
  using pick_overdue.due_from, pick_overdue.due_before, pick_overdue.agencies, pick_overdue.batch_size;
end
$function$;

revoke all on function jobs.pick_overdue(date, date, uuid[], int, boolean)
  from public, anon, authenticated, service_role;

comment on function jobs.pick_overdue(date, date, uuid[], int, boolean) is
  'Finds pending installments of active plans of these agencies, due in [due_from, due_before), oldest first, at most '
  'batch_size. With locking they are locked, and those that others hold are left out. '
  'Returns arrays of the same length (null for none) and the last due date among them.';

create function jobs.mark_agency_by_agency(
  ids uuid[],
  agency_ids uuid[],
  out marked_agencies uuid[],
  out failures jsonb
)
language plpgsql
set search_path = ''
as $function$
declare
  portion record;
  pending_count int;
begin
  marked_agencies := '{}';
  failures := '{}';

  -- Adopters' triggers expect the path that the Data API gives them.
  perform set_config('search_path', 'public, extensions', true);

  for portion in
    select
      picked.agency_id,
      array_agg(picked.id) as ids,
      count(*)::int as picked_count
    from unnest(mark_agency_by_agency.ids, mark_agency_by_agency.agency_ids) as picked (id, agency_id)
    group by picked.agency_id
  loop
    begin
      update public.installments as installment
      set status = 'overdue'
      where installment.id = any (portion.ids)
        and installment.status = 'pending';

      select count(*)
      into pending_count
      from public.installments as installment
      where installment.id = any (portion.ids)
        and installment.status = 'pending';

      marked_agencies := marked_agencies
        || array_fill(portion.agency_id, array[portion.picked_count - pending_count]);
      if pending_count > 0 then
        failures := failures || jsonb_build_object(
          portion.agency_id,
          format('a trigger on public.installments left %s installments pending', pending_count)
        );
      end if;
    exception
      when others then
        failures := failures || jsonb_build_object(
          portion.agency_id,
          format('%s (SQLSTATE %s)', left(sqlerrm, 1000), sqlstate)
        );
    end;
  end loop;
end
$function$;

revoke all on function jobs.mark_agency_by_agency(uuid[], uuid[])
  from public, anon, authenticated, service_role;

comment on function jobs.mark_agency_by_agency(uuid[], uuid[]) is
  'Marks installments that are locked by this transaction, each agency in a subtransaction of its own: one whose update '
  'raises is undone and reported, one whose trigger leaves rows pending is reported, the others go on. '
  'Returns marked_agencies (one entry per installment that was marked) and failures {agency_id: message}.';

create function jobs.installments_have_triggers()
returns boolean
language sql
stable
set search_path = ''
as $function$
  select exists (
    select 1
    from pg_catalog.pg_trigger as present
    where not present.tgisinternal
      and (
        present.tgrelid = 'public.installments'::regclass
        or present.tgrelid in (
          select partition.relid
          from pg_catalog.pg_partition_tree('public.installments'::regclass) as partition
        )
      )
  );
$function$;

revoke all on function jobs.installments_have_triggers()
  from public, anon, authenticated, service_role;

comment on function jobs.installments_have_triggers() is
  'Whether an adopter''s trigger may change what an update of public.installments, or of one of its partitions, does.';

create function jobs.mark_overdue_batch(
  as_of timestamptz,
  batch_size int,
  due_from date default '-infinity',
  skip_agencies uuid[] default '{}',
  out picked_count int,
  out due_until date,
  out agencies jsonb,
  out errors jsonb
)
language plpgsql
set search_path = ''
-- The update is to go by the physical rows it is given, whatever their number.
set random_page_cost = 1.1
set plan_cache_mode = force_custom_plan
set jit = off
as $function$
declare
  cutoff_agencies uuid[];
  cutoff_dates date[];
  failures jsonb;
  has_triggers boolean := jobs.installments_have_triggers();
  callers_lock_timeout text := current_setting('lock_timeout');
  slice record;
  picked record;
  careful record;
  changed_count int;
  marked_agencies uuid[] := array[]::uuid[];
begin
  if mark_overdue_batch.as_of is null or not isfinite(mark_overdue_batch.as_of) then
    raise exception 'as_of has to be an instant'
      using errcode = 'invalid_parameter_value';
  end if;

  picked_count := 0;

  -- A deferred trigger that raised at commit would undo every agency. From here
  -- on they raise at once; what the caller has pending is the caller's error.
  set constraints all immediate;

  -- Adopters' triggers expect the path that the Data API gives them.
  perform set_config('search_path', 'public, extensions', true);

  select
    array_agg(cutoff.agency_id) filter (where cutoff.overdue_before is not null),
    array_agg(cutoff.overdue_before) filter (where cutoff.overdue_before is not null),
    coalesce(
      jsonb_object_agg(cutoff.agency_id, 'the agency has no time zone that the database knows')
        filter (where cutoff.overdue_before is null),
      '{}'
    )
  into cutoff_agencies, cutoff_dates, failures
  from jobs.agency_cutoffs(mark_overdue_batch.as_of) as cutoff
  where cutoff.agency_id <> all (mark_overdue_batch.skip_agencies);

  for slice in
    select
      greatest(found.due_from, mark_overdue_batch.due_from) as due_from,
      found.due_before,
      found.agencies
    from jobs.overdue_slices(cutoff_agencies, cutoff_dates) as found
    where found.due_before > mark_overdue_batch.due_from
  loop
    exit when picked_count >= mark_overdue_batch.batch_size;

    if failures <> '{}' then
      slice.agencies := array(
        select agency.id
        from unnest(slice.agencies) as agency (id)
        where not failures ? agency.id::text
      );
    end if;

    picked := jobs.pick_overdue(
      slice.due_from,
      slice.due_before,
      slice.agencies,
      mark_overdue_batch.batch_size - picked_count,
      false
    );
    continue when picked.ids is null;

    begin
      -- Everything at once, which nearly always succeeds. Locking beforehand
      -- would write every row twice; instead a row that is held ends the attempt.
      perform set_config('lock_timeout', '1ms', true);

      -- By physical row, and by id as well: partitions number their rows alike.
      -- The rest is for a row that was changed in this very moment.
      update public.installments as installment
      set status = 'overdue'
      where installment.ctid = any (picked.row_pointers)
        and installment.id = any (picked.ids)
        and installment.status = 'pending'
        and installment.student_due_date < slice.due_before;

      get diagnostics changed_count = row_count;
      perform set_config('lock_timeout', callers_lock_timeout, true);

      if changed_count < cardinality(picked.ids)
        or (
          has_triggers
          and exists (
            select 1
            from public.installments as installment
            where installment.id = any (picked.ids)
              and installment.status = 'pending'
          )
        )
      then
        raise exception 'not every row was marked';
      end if;

      marked_agencies := marked_agencies || picked.agency_ids;
    exception
      when others then
        -- Again with care. Whatever it was, this pass finds whose it is.
        picked := jobs.pick_overdue(
          slice.due_from,
          slice.due_before,
          slice.agencies,
          mark_overdue_batch.batch_size - picked_count,
          true
        );
        careful := jobs.mark_agency_by_agency(picked.ids, picked.agency_ids);
        marked_agencies := marked_agencies || careful.marked_agencies;
        failures := failures || careful.failures;
        -- A due date that is moved while it is locked would carry the position
        -- past installments that nobody has looked at.
        picked.due_until := slice.due_from;
    end;

    picked_count := picked_count + coalesce(cardinality(picked.ids), 0);
    due_until := coalesce(picked.due_until, due_until);
  end loop;

  select coalesce(
    jsonb_agg(
      jsonb_build_object('agency_id', marked.agency_id, 'updated_count', marked.updated_count)
    ),
    '[]'
  )
  into agencies
  from (
    select
      marked_row.agency_id,
      count(*) as updated_count
    from unnest(marked_agencies) as marked_row (agency_id)
    group by marked_row.agency_id
  ) as marked;

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
  'Marks at most batch_size pending installments overdue, as judged at as_of, oldest due date first. '
  'Defaults: from the beginning (due_from), no agency left out (skip_agencies). Idempotent. '
  'Rows that others hold are left. An agency whose update raises, or is refused by a trigger, is undone and reported '
  'while the others go on. '
  'Returns picked_count (fewer than batch_size: nothing more from due_from on), due_until (where the next batch starts), '
  'agencies [{agency_id, updated_count}] with a change, errors [{id, name, error}]. Raises 22023 for an as_of that is no instant.';

create function public.update_installment_statuses(as_of timestamptz default now())
returns table (agency_id uuid, updated_count int, transitions jsonb)
language plpgsql
security definer
set search_path = ''
as $function$
declare
  -- Bounds the memory; what is usual is one portion.
  portion_size constant int := 50000;
  portion record;
  position_reached date := date '-infinity';
  counts jsonb := jsonb '[]';
  failures jsonb := jsonb '[]';
begin
  loop
    portion := jobs.mark_overdue_batch(
      as_of => update_installment_statuses.as_of,
      batch_size => portion_size,
      due_from => position_reached,
      skip_agencies => array(
        select (failed.error ->> 'id')::uuid
        from jsonb_array_elements(failures) as failed (error)
      )
    );
    counts := counts || portion.agencies;
    failures := failures || portion.errors;
    exit when portion.picked_count < portion_size;
    position_reached := portion.due_until;
  end loop;

  if failures <> '[]' then
    raise warning '% agencies could not be updated: %',
      jsonb_array_length(failures),
      left(failures::text, 2000);
  end if;

  return query
  select
    agency.id,
    coalesce(changed.updated_count, 0)::int,
    jsonb_strip_nulls(
      jsonb_build_object(
        'pending_to_overdue', coalesce(changed.updated_count, 0),
        'error', failed.error
      )
    )
  from public.agencies as agency
  left join (
    select
      counted.agency_id,
      sum(counted.updated_count) as updated_count
    from jsonb_to_recordset(counts) as counted (agency_id uuid, updated_count int)
    group by counted.agency_id
  ) as changed
    on changed.agency_id = agency.id
  left join jsonb_to_recordset(failures) as failed (id uuid, error text)
    on failed.id = agency.id;
end
$function$;

revoke all on function public.update_installment_statuses(timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.update_installment_statuses(timestamptz)
  to service_role;

comment on function public.update_installment_statuses(timestamptz) is
  'Marks every installment overdue that is past its agency''s cut-off at as_of (default now()), in one transaction. '
  'Idempotent; rows that others hold are left for the next call. '
  'Returns one row per agency: {"pending_to_overdue": n}, with a key error (and a warning) where the agency''s update '
  'failed; the others are updated all the same. The daily run does the same in batches: process_installment_batch(). '
  'Raises 22023 for an as_of that is null or infinite.';

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

  run := jobs.hold_running_run(process_installment_batch.run_id);
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
