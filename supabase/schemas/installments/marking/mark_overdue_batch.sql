create function jobs.mark_overdue_batch(
  as_of timestamptz,
  batch_size int,
  run_id uuid,
  judgements jobs.agency_judgement[] default null,
  due_from date default '-infinity',
  skip_agencies uuid[] default '{}',
  inout sweep text default null,
  out picked_count int,
  out due_until date,
  out agencies uuid[],
  out counts int[],
  out errors jsonb
)
language plpgsql
set search_path = ''
as $function$
declare
  judged jobs.agency_judgement[];
  cutoff_agencies uuid[];
  cutoff_dates date[];
  failures jsonb;
  marked_ids uuid[] := array[]::uuid[];
  marked_agencies uuid[] := array[]::uuid[];
  marked_due_dates date[] := array[]::date[];
  pass_from date := mark_overdue_batch.due_from;
  slice record;
  picked record;
  careful record;
  recorded record;
begin
  if mark_overdue_batch.as_of is null or not isfinite(mark_overdue_batch.as_of) then
    raise exception 'as_of has to be an instant'
      using errcode = 'invalid_parameter_value';
  end if;

  -- A deferred trigger that raises at commit would undo every agency. From here
  -- on they raise at once; what the caller has pending is the caller's error.
  set constraints all immediate;

  picked_count := 0;
  judged := coalesce(mark_overdue_batch.judgements, jobs.judge_agencies(mark_overdue_batch.as_of));

  select
    array_agg(cutoff.agency_id) filter (where cutoff.overdue_before is not null),
    array_agg(cutoff.overdue_before) filter (where cutoff.overdue_before is not null),
    coalesce(
      jsonb_object_agg(cutoff.agency_id, 'the agency has no time zone that the database knows')
        filter (where cutoff.overdue_before is null),
      '{}'
    )
  into cutoff_agencies, cutoff_dates, failures
  from unnest(judged) as cutoff
  where cutoff.agency_id <> all (mark_overdue_batch.skip_agencies);

  loop
    for slice in
      select
        greatest(found.due_from, pass_from) as due_from,
        found.due_before,
        null::uuid[] as agencies
      from jobs.overdue_slices(cutoff_dates) as found
      where found.due_before > pass_from
    loop
      exit when picked_count >= mark_overdue_batch.batch_size;

      -- With many different graces there are many slices, most of them empty.
      continue when not jobs.has_pending(slice.due_from, slice.due_before);

      slice.agencies := array(
        select cutoff.agency_id
        from unnest(cutoff_agencies, cutoff_dates) as cutoff (agency_id, overdue_before)
        where cutoff.overdue_before >= slice.due_before
          and (failures = '{}' or not failures ? cutoff.agency_id::text)
      );

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
        marked_ids := marked_ids || picked.ids;
        marked_agencies := marked_agencies || picked.agency_ids;
        marked_due_dates := marked_due_dates || picked.due_dates;
        picked_count := picked_count + cardinality(picked.ids);
      exception
        when others then
          -- Going agency by agency finds the agencies that caused it, and leaves
          -- what others hold.
          careful := jobs.mark_carefully(
            slice.due_from,
            slice.due_before,
            slice.agencies,
            mark_overdue_batch.batch_size - picked_count
          );
          marked_ids := marked_ids || careful.ids;
          marked_agencies := marked_agencies || careful.agency_ids;
          marked_due_dates := marked_due_dates || careful.due_dates;
          failures := failures || careful.failures;
          picked_count := picked_count + careful.picked_count;
          sweep := coalesce(sweep, 'due');
      end;

      -- As seen before anything was locked: a due date that was moved in that
      -- moment would carry the position past others.
      due_until := picked.due_until;
    end loop;

    exit when picked_count >= mark_overdue_batch.batch_size;
    exit when sweep is distinct from 'due';
    -- What was left behind the position is looked at once more.
    sweep := 'under way';
    exit when pass_from = '-infinity';
    pass_from := '-infinity';
  end loop;

  recorded := jobs.record_status_changes(
    run_id => mark_overdue_batch.run_id,
    as_of => mark_overdue_batch.as_of,
    judgements => judged,
    from_status => 'pending',
    to_status => 'overdue',
    reason => 'cutoff_passed',
    ids => marked_ids,
    agency_ids => marked_agencies,
    due_dates => marked_due_dates
  );
  agencies := recorded.agencies;
  counts := recorded.counts;
  errors := jobs.agency_errors(failures);
end
$function$;

revoke all on function jobs.mark_overdue_batch(timestamptz, int, uuid, jobs.agency_judgement[], date, uuid[], text)
  from public, anon, authenticated, service_role;

comment on function jobs.mark_overdue_batch(timestamptz, int, uuid, jobs.agency_judgement[], date, uuid[], text) is
  'Marks at most batch_size pending installments overdue, as judged at as_of, oldest due date first, and writes them to '
  'the ledger as changed by run_id. '
  'Defaults: judgements as jobs.judge_agencies() has them at as_of, from the beginning (due_from), no agency left out (skip_agencies). Idempotent. '
  'Rows that others hold are left. An agency whose update raises, or is refused by a trigger, is undone and reported '
  'while the others go on. '
  'Returns picked_count (fewer than batch_size: nothing more), due_until (where the next batch starts), agencies and '
  'counts (how many installments of each were marked) and errors [{id, name, error}]. '
  'sweep is handed from batch to batch of a run: null at first, due when something may have been left behind the '
  'position, under way when the last batches look for it once more, from the beginning. '
  'Raises 22023 for an as_of that is no instant.';
