create function public.update_installment_statuses(
  as_of timestamptz default now(),
  run_id uuid default null
)
returns table (agency_id uuid, updated_count int, transitions jsonb)
language plpgsql
security definer
set search_path = ''
-- The Data API's own limit is 8 seconds. 1.5 million rows take 28.
set statement_timeout = '60s'
as $function$
declare
  -- Bounds the memory. Usually one portion is enough.
  portion_size constant int := 50000;
  own_run_id constant uuid := coalesce(update_installment_statuses.run_id, gen_random_uuid());
  started_at constant timestamptz := clock_timestamp();
  judgements jobs.agency_judgement[];
  portion record;
  position_reached date := date '-infinity';
  sweep text;
  failures jsonb := jsonb '[]';
  failed_agencies uuid[] := array[]::uuid[];
  corrected_agencies uuid[] := array[]::uuid[];
  corrected_counts int[] := array[]::int[];
  marked_agencies uuid[] := array[]::uuid[];
  marked_counts int[] := array[]::int[];
begin
  if update_installment_statuses.run_id is not null then
    perform jobs.lock_running_run(update_installment_statuses.run_id);
  end if;

  judgements := jobs.judge_agencies(update_installment_statuses.as_of);

  loop
    portion := jobs.correct_moved_batch(
      as_of => update_installment_statuses.as_of,
      batch_size => portion_size,
      run_id => own_run_id,
      judgements => judgements,
      skip_agencies => failed_agencies
    );
    corrected_agencies := corrected_agencies || portion.agencies;
    corrected_counts := corrected_counts || portion.counts;
    failures := failures || portion.errors;
    failed_agencies := array(
      select (failed.error ->> 'id')::uuid
      from jsonb_array_elements(failures) as failed (error)
    );
    -- Once more without the agencies that have failed.
    exit when portion.corrected_count < portion_size and portion.errors = '[]';
  end loop;

  loop
    portion := jobs.mark_overdue_batch(
      as_of => update_installment_statuses.as_of,
      batch_size => portion_size,
      run_id => own_run_id,
      judgements => judgements,
      due_from => position_reached,
      skip_agencies => failed_agencies,
      sweep => sweep
    );
    marked_agencies := marked_agencies || portion.agencies;
    marked_counts := marked_counts || portion.counts;
    failures := failures || portion.errors;
    failed_agencies := array(
      select (failed.error ->> 'id')::uuid
      from jsonb_array_elements(failures) as failed (error)
    );
    exit when portion.picked_count < portion_size;
    position_reached := portion.due_until;
    sweep := portion.sweep;
  end loop;

  perform jobs.add_run_results(own_run_id, 'overdue_to_pending', corrected_agencies, corrected_counts);
  perform jobs.add_run_results(own_run_id, 'pending_to_overdue', marked_agencies, marked_counts);

  if update_installment_statuses.run_id is null and cardinality(corrected_agencies || marked_agencies) > 0 then
    perform jobs.log_own_run(
      run_id => own_run_id,
      job_name => 'update-installment-statuses',
      started_at => started_at,
      metadata => jsonb_build_object('as_of', update_installment_statuses.as_of),
      errors => failures
    );
  end if;

  if failures <> '[]' then
    raise warning '% agencies could not be updated: %',
      jsonb_array_length(failures),
      left(failures::text, 2000);
  end if;

  return query
  select
    agency.id::uuid,
    coalesce(changed.updated_count, 0)::int,
    jsonb_build_object('pending_to_overdue', 0)
      || coalesce(changed.transitions, '{}')
      || jsonb_strip_nulls(jsonb_build_object('error', failed.error))
  from public.agencies as agency
  left join (
    select
      change.agency_id,
      sum(change.count) as updated_count,
      jsonb_object_agg(change.transition, change.count) as transitions
    from (
      select
        one.agency_id,
        one.transition,
        sum(one.count)::int as count
      from (
        select 'pending_to_overdue' as transition, *
        from unnest(marked_agencies, marked_counts) as marked (agency_id, count)
        union all
        select 'overdue_to_pending', *
        from unnest(corrected_agencies, corrected_counts) as corrected (agency_id, count)
      ) as one
      group by one.agency_id, one.transition
    ) as change
    group by change.agency_id
  ) as changed
    on changed.agency_id = agency.id
  left join jsonb_to_recordset(failures) as failed (id uuid, error text)
    on failed.id = agency.id;
end
$function$;

revoke all on function public.update_installment_statuses(timestamptz, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.update_installment_statuses(timestamptz, uuid)
  to service_role;

comment on function public.update_installment_statuses(timestamptz, uuid) is
  'Marks every installment overdue that is past its agency''s cut-off at as_of (default now()), in one transaction, and '
  'sets back to pending what Duewatch marked and a moved due date has made wrong. '
  'Idempotent; rows that others hold are left for the next call. '
  'run_id: the running run that it is part of. Default null: a call that changes something logs a run of '
  'update-installment-statuses of its own, with trigger_source manual. '
  'Returns one row per agency: {"pending_to_overdue": n}, with a key overdue_to_pending where something was corrected, and '
  'a key error (and a warning) where the agency''s update failed; the others are updated all the same. The daily run does '
  'the same in batches: process_installment_batch(). '
  'Raises 22023 for an as_of that is null or infinite, PT404 for an unknown run_id and PT409 for a run that is not running.';
