create function jobs.mark_overdue_batch(
  as_of timestamptz,
  batch_size int,
  due_from date default '-infinity',
  skip_agencies uuid[] default '{}',
  out picked_count int,
  out due_until date,
  out marked_agencies uuid[],
  out errors jsonb
)
language plpgsql
set search_path = ''
as $function$
declare
  cutoff_agencies uuid[];
  cutoff_dates date[];
  failures jsonb;
  slice record;
  picked record;
  careful record;
begin
  if mark_overdue_batch.as_of is null or not isfinite(mark_overdue_batch.as_of) then
    raise exception 'as_of has to be an instant'
      using errcode = 'invalid_parameter_value';
  end if;

  -- A deferred trigger that raises at commit would undo every agency. From here
  -- on they raise at once; what the caller has pending is the caller's error.
  set constraints all immediate;

  picked_count := 0;
  marked_agencies := array[]::uuid[];

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
      perform jobs.mark_at_once(picked.row_pointers, picked.ids, slice.due_before);
      marked_agencies := marked_agencies || picked.agency_ids;
    exception
      when others then
        -- Going agency by agency finds the agencies that caused it.
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
        -- past installments that were never looked at.
        picked.due_until := slice.due_from;
    end;

    picked_count := picked_count + coalesce(cardinality(picked.ids), 0);
    due_until := coalesce(picked.due_until, due_until);
  end loop;

  errors := jobs.agency_errors(failures);
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
  'marked_agencies (one entry per installment that was marked) and errors [{id, name, error}]. '
  'Raises 22023 for an as_of that is no instant.';
