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
  judgements jobs.agency_judgement[];
  failed_agencies uuid[];
  corrected record;
  batch record;
  updated int;
  done boolean;
begin
  if process_installment_batch.batch_size is null
    or process_installment_batch.batch_size not between 1 and 50000 then
    raise exception 'batch_size must be between 1 and 50000'
      using errcode = 'invalid_parameter_value';
  end if;

  run := jobs.lock_running_run(process_installment_batch.run_id);
  run.metadata := coalesce(run.metadata, '{}');
  run.errors := coalesce(run.errors, '[]');

  failed_agencies := array(
    select (failed.error ->> 'id')::uuid
    from jsonb_array_elements(run.errors) as failed (error)
  );

  judgements := jobs.judge_agencies(run.started_at);

  updated := 0;
  -- Before anything is marked, because what is marked now is not wrong.
  if not run.metadata ? 'due_from' then
    loop
      corrected := jobs.correct_moved_batch(
        as_of => run.started_at,
        batch_size => process_installment_batch.batch_size - updated,
        run_id => run.id,
        judgements => judgements,
        skip_agencies => failed_agencies
      );
      updated := updated + corrected.corrected_count;
      run.errors := run.errors || corrected.errors;
      failed_agencies := failed_agencies || array(
        select (failed.error ->> 'id')::uuid
        from jsonb_array_elements(corrected.errors) as failed (error)
      );
      perform jobs.add_run_results(run.id, 'overdue_to_pending', corrected.agencies, corrected.counts);
      -- Once more without the agencies that have failed.
      exit when corrected.errors = '[]' or updated >= process_installment_batch.batch_size;
    end loop;
  end if;

  done := false;
  if updated < process_installment_batch.batch_size then
    batch := jobs.mark_overdue_batch(
      as_of => run.started_at,
      batch_size => process_installment_batch.batch_size - updated,
      run_id => run.id,
      judgements => judgements,
      due_from => coalesce((run.metadata ->> 'due_from')::date, '-infinity'),
      skip_agencies => failed_agencies,
      sweep => run.metadata ->> 'sweep'
    );
    done := batch.picked_count < process_installment_batch.batch_size - updated;
    updated := updated + coalesce(
      (
        select sum(one.count)
        from unnest(batch.counts) as one (count)
      ),
      0
    );
    run.errors := run.errors || batch.errors;
    run.metadata := run.metadata || jsonb_strip_nulls(
      jsonb_build_object('due_from', batch.due_until, 'sweep', batch.sweep)
    );
    perform jobs.add_run_results(run.id, 'pending_to_overdue', batch.agencies, batch.counts);
  end if;

  if done then
    run.items_total := (
      select count(*)
      from public.agencies
    );
    run.items_processed := run.items_total;
    run.metadata := run.metadata - '{due_from,sweep}'::text[] || jsonb_build_object(
      'agencies', jobs.agency_results(run.id),
      'total_agencies_processed', run.items_total
    );
  end if;

  update public.jobs_log as logged
  set
    records_updated = coalesce(run.records_updated, 0) + updated,
    items_updated = (
      select count(distinct result.item_id)
      from jobs.run_results as result
      where result.run_id = run.id
    ),
    metadata = run.metadata,
    errors = run.errors,
    items_total = run.items_total,
    items_processed = run.items_processed,
    -- Of a run that reports, and not of one that is driven by hand.
    last_progress_at = case
      when run.last_progress_at is not null then greatest(run.last_progress_at, clock_timestamp())
    end
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
  'Does the next batch of a run of update-installment-statuses, judged at the instant the run started. First it sets back '
  'to pending what Duewatch marked and a moved due date has made wrong, then it marks. In the same transaction it writes '
  'what it changed to the ledger and to jobs.run_results, and its position and the failed agencies to the row of the run; '
  'the last batch also writes metadata.agencies. '
  'Default batch_size 5000, from 1 to 50000. A call that is repeated after a lost answer goes on where the database is. '
  'Call it until done. Raises PT404 for an unknown run and PT409 for one that is not running any more (reaped, for instance). '
  'Returns {done, updated, records_updated, failed_agencies}; the last two count the run so far.';
