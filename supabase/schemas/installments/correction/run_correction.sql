create function jobs.run_correction(
  agency_id uuid,
  dry_run boolean,
  as_of timestamptz,
  run_id uuid
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
declare
  batch_size constant int := 50000;
  requested_by constant text := jobs.correction_requested_by();
  own_run_id constant uuid := gen_random_uuid();
  began_at constant timestamptz := clock_timestamp();
  judgements jobs.agency_judgement[];
  wrong record;
  corrected record;
  errors jsonb := jsonb '[]';
  is_logged boolean := false;
  answer jsonb;
begin
  if run_correction.as_of is null or not isfinite(run_correction.as_of) then
    raise exception 'as_of has to be an instant'
      using errcode = 'invalid_parameter_value';
  end if;

  if run_correction.agency_id is not null and not exists (
    select 1
    from public.agencies as agency
    where agency.id = run_correction.agency_id
  ) then
    raise exception 'there is no agency %', run_correction.agency_id
      using errcode = 'PT404';
  end if;

  if run_correction.run_id is not null
    and not exists (
      select 1
      from jobs.status_changes as change
      where change.run_id = run_correction.run_id
    )
    and not exists (
      select 1
      from public.jobs_log as logged
      where logged.id = run_correction.run_id
    )
  then
    raise exception 'there is no run %', run_correction.run_id
      using errcode = 'PT404';
  end if;

  -- A deferred trigger raises at once, so that its agency is left out alone.
  set constraints all immediate;

  select array_agg(row(cutoff.*)::jobs.agency_judgement)
  into judgements
  from jobs.agency_cutoffs(run_correction.as_of, run_correction.agency_id) as cutoff
  where cutoff.overdue_before is not null;

  select
    count(*)::int as found_count,
    coalesce(array_agg(found.installment_id) filter (where found.position <= batch_size), '{}') as ids,
    coalesce(array_agg(found.agency_id) filter (where found.position <= batch_size), '{}') as agency_ids,
    coalesce(array_agg(found.due_date) filter (where found.position <= batch_size), '{}') as due_dates,
    coalesce(array_agg(found.reason) filter (where found.position <= batch_size), '{}') as reasons
  into wrong
  from (
    -- In turn, so that an agency whose update fails does not take the place of others.
    select
      listed.*,
      row_number() over (order by listed.turn) as position
    from (
      select
        one.*,
        row_number() over (partition by one.agency_id) as turn
      from jobs.wrongly_overdue(
        judgements,
        only_moved => false,
        of_run => run_correction.run_id
      ) as one
    ) as listed
  ) as found;

  if not coalesce(run_correction.dry_run, true) then
    corrected := jobs.correct_installments(
      run_id => own_run_id,
      as_of => run_correction.as_of,
      judgements => judgements,
      ids => wrong.ids,
      agency_ids => wrong.agency_ids,
      due_dates => wrong.due_dates,
      reasons => wrong.reasons
    );
    errors := jobs.agency_errors(corrected.failures);
    perform jobs.add_run_results(own_run_id, 'overdue_to_pending', corrected.agencies, corrected.counts);

    is_logged := cardinality(corrected.agencies) > 0
      or errors <> '[]'
      -- A success that changes nothing ends what a failure has opened.
      or exists (
        select 1
        from jobs.incidents as incident
        where incident.job_name = 'correct-overdue-installments'
          and incident.closed_at is null
      );
    if is_logged then
      perform jobs.log_own_run(
        run_id => own_run_id,
        job_name => 'correct-overdue-installments',
        started_at => began_at,
        metadata => jsonb_strip_nulls(
          jsonb_build_object(
            'as_of', run_correction.as_of,
            'requested_by', requested_by,
            'of_agency', run_correction.agency_id,
            'of_run', run_correction.run_id
          )
        ),
        errors => errors
      );
    end if;
  end if;

  select jsonb_build_object(
    'dryRun', coalesce(run_correction.dry_run, true),
    'corrected', coalesce(sum(changed.count), 0),
    'remaining', wrong.found_count - coalesce(sum(changed.count), 0),
    'byAgency', coalesce(
      jsonb_agg(
        jsonb_build_object(
          'agencyId', changed.agency_id,
          'name', changed.name,
          'corrected', changed.count,
          'reasons', changed.reasons
        )
        order by changed.count desc, changed.name, changed.agency_id
      ),
      '[]'
    ),
    'errors', errors,
    'runId', case when is_logged then own_run_id end
  )
  into answer
  from (
    select
      agency.id as agency_id,
      agency.name,
      sum(one.count)::int as count,
      jsonb_object_agg(one.reason, one.count) as reasons
    from (
      select
        given.agency_id,
        given.reason,
        count(*)::int as count
      from unnest(wrong.agency_ids, wrong.reasons) as given (agency_id, reason)
      where coalesce(run_correction.dry_run, true)
      group by given.agency_id, given.reason

      union all

      select
        change.agency_id,
        change.reason,
        sum(cardinality(change.installment_ids))::int
      from jobs.status_changes as change
      where change.run_id = own_run_id
      group by change.agency_id, change.reason
    ) as one
    join public.agencies as agency
      on agency.id = one.agency_id
    group by agency.id, agency.name
  ) as changed;

  return answer;
end
$function$;

revoke all on function jobs.run_correction(uuid, boolean, timestamptz, uuid)
  from public, anon, authenticated, service_role;
grant execute on function jobs.run_correction(uuid, boolean, timestamptz, uuid)
  to authenticated, service_role;

comment on function jobs.run_correction(uuid, boolean, timestamptz, uuid) is
  'What public.correct_overdue() does. Security definer, because callers may not change installments; it asks itself '
  'whether the caller is an admin (jobs.correction_requested_by()).';
