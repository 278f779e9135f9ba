create function jobs.correct_moved_batch(
  as_of timestamptz,
  batch_size int,
  run_id uuid,
  judgements jobs.agency_judgement[] default null,
  skip_agencies uuid[] default '{}',
  out corrected_count int,
  out agencies uuid[],
  out counts int[],
  out errors jsonb
)
language plpgsql
set search_path = ''
as $function$
declare
  judged jobs.agency_judgement[];
  wrong record;
  corrected record;
begin
  corrected_count := 0;
  agencies := '{}';
  counts := '{}';
  errors := '[]';

  if not (
    select settings.correct_automatically
    from jobs.ledger_settings as settings
  ) then
    return;
  end if;

  select array_agg(cutoff)
  into judged
  from unnest(
    coalesce(correct_moved_batch.judgements, jobs.judge_agencies(correct_moved_batch.as_of))
  ) as cutoff
  where cutoff.overdue_before is not null
    and cutoff.agency_id <> all (correct_moved_batch.skip_agencies);

  select
    array_agg(found.installment_id) as ids,
    array_agg(found.agency_id) as agency_ids,
    array_agg(found.due_date) as due_dates,
    array_agg(found.reason) as reasons
  into wrong
  from (
    -- In turn, so that an agency whose update fails does not take the place of others.
    select listed.*
    from jobs.wrongly_overdue(judged, only_moved => true) as listed
    order by row_number() over (partition by listed.agency_id)
    limit correct_moved_batch.batch_size
  ) as found;

  if wrong.ids is null then
    return;
  end if;

  corrected := jobs.correct_installments(
    run_id => correct_moved_batch.run_id,
    as_of => correct_moved_batch.as_of,
    judgements => judged,
    ids => wrong.ids,
    agency_ids => wrong.agency_ids,
    due_dates => wrong.due_dates,
    reasons => wrong.reasons
  );
  agencies := corrected.agencies;
  counts := corrected.counts;
  errors := jobs.agency_errors(corrected.failures);
  corrected_count := coalesce(
    (
      select sum(one.count)
      from unnest(counts) as one (count)
    ),
    0
  );
end
$function$;

revoke all on function jobs.correct_moved_batch(timestamptz, int, uuid, jobs.agency_judgement[], uuid[])
  from public, anon, authenticated, service_role;

comment on function jobs.correct_moved_batch(timestamptz, int, uuid, jobs.agency_judgement[], uuid[]) is
  'Sets back to pending, at most batch_size, what Duewatch marked overdue and whose due date has been moved since, to one '
  'that is not past at as_of. Nothing when jobs.correct_automatically(false) was called. '
  'Returns corrected_count, agencies and counts, and errors [{id, name, error}]. A repeated call leaves what it has '
  'corrected.';
