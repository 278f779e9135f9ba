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
