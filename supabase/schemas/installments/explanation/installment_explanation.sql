create function jobs.installment_explanation(
  as_of timestamptz,
  installment_id uuid,
  status text,
  due_date date,
  plan_status text,
  agency_id uuid
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $function$
declare
  agency record;
  local_time timestamp;
  counts_on date;
  overdue_at timestamptz;
  holds boolean;
  facts jsonb;
begin
  select
    stored.name::text as name,
    stored.timezone::text as timezone,
    coalesce(stored.overdue_cutoff_time, '17:00') as cutoff_time,
    coalesce(stored.grace_days, 0)::int as grace_days,
    coalesce(stored.closed_weekdays, '{}')::smallint[] as closed_weekdays,
    stored.due_soon_threshold_days as due_soon_threshold_days
  into agency
  from public.agencies as stored
  where stored.id = installment_explanation.agency_id;

  local_time := jobs.local_time(installment_explanation.as_of, agency.timezone);
  if installment_explanation.plan_status = 'active'
    and installment_explanation.status in ('pending', 'partial', 'overdue')
  then
    counts_on := jobs.effective_due_date(
      installment_explanation.agency_id,
      installment_explanation.due_date,
      agency.grace_days,
      agency.closed_weekdays
    );
    overdue_at := jobs.overdue_at(counts_on, agency.cutoff_time, agency.timezone);
    -- By the clock, not by the instant: it may be turned back.
    holds := case
      when isfinite(overdue_at) then local_time >= counts_on + agency.cutoff_time
      else overdue_at = '-infinity'
    end;
  end if;

  facts := jsonb_build_object(
    'installmentId', installment_explanation.installment_id,
    'asOf', installment_explanation.as_of,
    'verdict', case
      when installment_explanation.status = 'overdue' then
        case when holds or local_time is null then 'overdue' else 'correctable' end
      when installment_explanation.status not in ('draft', 'pending', 'partial') then 'closed'
      when installment_explanation.plan_status <> 'active' or installment_explanation.status = 'draft' then 'not_active'
      when holds then 'overdue'
      when installment_explanation.status = 'pending'
        and installment_explanation.due_date <= local_time::date + agency.due_soon_threshold_days then 'due_soon'
      else 'not_yet'
    end,
    'status', installment_explanation.status,
    'planStatus', installment_explanation.plan_status,
    'dueDate', installment_explanation.due_date,
    'effectiveDueDate', counts_on,
    'overdueAt', case when isfinite(overdue_at) then overdue_at end,
    'agency', jsonb_build_object(
      'id', installment_explanation.agency_id,
      'name', agency.name,
      'timezone', agency.timezone,
      'localTime', to_char(local_time, 'YYYY-MM-DD"T"HH24:MI:SS'),
      'cutoffTime', agency.cutoff_time,
      'graceDays', agency.grace_days,
      'closedWeekdays', to_jsonb(agency.closed_weekdays),
      'dueSoonThresholdDays', agency.due_soon_threshold_days
    ),
    'markedBy', case
      when installment_explanation.status = 'overdue' then jobs.marked_by(installment_explanation.installment_id)
    end
  );

  return facts || jsonb_build_object(
    'sentence', jobs.explanation_sentence(facts, installment_explanation.as_of)
  );
end
$function$;

revoke all on function jobs.installment_explanation(timestamptz, uuid, text, date, text, uuid)
  from public, anon, authenticated, service_role;
grant execute on function jobs.installment_explanation(timestamptz, uuid, text, date, text, uuid)
  to authenticated, service_role;

comment on function jobs.installment_explanation(timestamptz, uuid, text, date, text, uuid) is
  'What public.explain_installment() returns, of an installment that the caller has read. '
  'Security definer, so that the functions that it calls are granted to nobody. The Data API does not reach it.';
