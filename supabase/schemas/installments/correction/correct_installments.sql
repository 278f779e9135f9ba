create function jobs.correct_installments(
  run_id uuid,
  as_of timestamptz,
  judgements jobs.agency_judgement[],
  ids uuid[],
  agency_ids uuid[],
  due_dates date[],
  reasons text[],
  out agencies uuid[],
  out counts int[],
  out failures jsonb
)
language plpgsql
set search_path = ''
-- A generic plan compares each of the ids with each of the locked ones.
set plan_cache_mode = force_custom_plan
as $function$
declare
  locked boolean := true;
  locked_ids uuid[];
  group_of_reason record;
  changed record;
  recorded record;
begin
  agencies := '{}';
  counts := '{}';
  failures := '{}';

  begin
    locked_ids := array(
      select installment.id
      from unnest(correct_installments.ids, correct_installments.due_dates) as wanted (id, due_date)
      join public.installments as installment
        on installment.id = wanted.id
        and installment.student_due_date = wanted.due_date
      where installment.status = 'overdue'
      for no key update of installment skip locked
    );
  exception
    -- Citus does not lock rows across shards.
    when feature_not_supported then
      locked := false;
      locked_ids := correct_installments.ids;
  end;

  for group_of_reason in
    select
      wanted.reason,
      array_agg(wanted.id) as ids,
      array_agg(wanted.agency_id) as agency_ids
    from unnest(
      correct_installments.ids,
      correct_installments.agency_ids,
      correct_installments.reasons
    ) as wanted (id, agency_id, reason)
    where wanted.id = any (locked_ids)
    group by wanted.reason
  loop
    changed := jobs.change_agency_by_agency(
      ids => group_of_reason.ids,
      agency_ids => group_of_reason.agency_ids,
      from_status => 'overdue',
      to_status => 'pending',
      locked => locked
    );
    failures := failures || changed.failures;
    recorded := jobs.record_status_changes(
      run_id => correct_installments.run_id,
      as_of => correct_installments.as_of,
      judgements => correct_installments.judgements,
      from_status => 'overdue',
      to_status => 'pending',
      reason => group_of_reason.reason,
      ids => changed.changed_ids,
      agency_ids => changed.changed_agencies,
      due_dates => changed.changed_due_dates
    );
    agencies := agencies || recorded.agencies;
    counts := counts || recorded.counts;
  end loop;
end
$function$;

revoke all on function jobs.correct_installments(
  uuid, timestamptz, jobs.agency_judgement[], uuid[], uuid[], date[], text[]
)
  from public, anon, authenticated, service_role;

comment on function jobs.correct_installments(
  uuid, timestamptz, jobs.agency_judgement[], uuid[], uuid[], date[], text[]
) is
  'Sets installments (arrays of the same length) back from overdue to pending and writes that to the ledger. Those that '
  'others hold, that have changed since they were found, or whose agency''s update raises are left. '
  'Returns agencies and counts (an agency once per reason) and failures {agency_id: message}.';
