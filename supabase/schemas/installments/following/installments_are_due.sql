create function jobs.installments_are_due(as_of timestamptz)
returns boolean
language plpgsql
set search_path = ''
set jit = off
as $function$
declare
  succeeded_at constant timestamptz := jobs.last_success_at(
    'update-installment-statuses',
    installments_are_due.as_of
  );
  agencies uuid[];
  due_from date[];
  due_before date[];
  days record;
  picked record;
  is_due boolean := false;
begin
  -- The agencies whose date is another one than when they were last looked at.
  select
    array_agg(moved.agency_id),
    array_agg(moved.due_from),
    array_agg(moved.due_before)
  into agencies, due_from, due_before
  from (
    select
      cutoff.agency_id,
      greatest(
        coalesce(followed.overdue_before, '-infinity'),
        case when followed.asked_at <= succeeded_at then followed.asked_before end
      ) as due_from,
      cutoff.overdue_before as due_before
    from jobs.agency_cutoffs(installments_are_due.as_of) as cutoff
    left join jobs.followed_cutoffs as followed
      on followed.agency_id = cutoff.agency_id
    where cutoff.overdue_before is not null
      and (
        followed.overdue_before is distinct from cutoff.overdue_before
        or followed.asked_at is not null
      )
  ) as moved;

  if agencies is null then
    return false;
  end if;

  for days in
    select
      moved.due_from,
      moved.due_before,
      array_agg(moved.agency_id) as agencies
    from unnest(agencies, due_from, due_before) as moved (agency_id, due_from, due_before)
    where moved.due_from < moved.due_before
    group by
      moved.due_from,
      moved.due_before
    order by moved.due_before desc
  loop
    continue when not jobs.has_pending(days.due_from, days.due_before);
    picked := jobs.pick_overdue(days.due_from, days.due_before, days.agencies, 1, false);
    is_due := picked.ids is not null;
    exit when is_due;
  end loop;

  insert into jobs.followed_cutoffs as followed (agency_id, overdue_before, asked_before, asked_at)
  select
    moved.agency_id,
    case when moved.is_asked then moved.due_from else moved.due_before end,
    case when moved.is_asked then moved.due_before end,
    case when moved.is_asked then installments_are_due.as_of end
  from (
    select
      *,
      is_due and given.due_from < given.due_before as is_asked
    from unnest(agencies, due_from, due_before) as given (agency_id, due_from, due_before)
  ) as moved
  on conflict on constraint followed_cutoffs_pkey do update
  set
    overdue_before = excluded.overdue_before,
    asked_before = excluded.asked_before,
    asked_at = excluded.asked_at;

  return is_due;
end
$function$;

revoke all on function jobs.installments_are_due(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.installments_are_due(timestamptz) is
  'The due check of update-installment-statuses, while it follows the cut-offs (jobs.follow_cutoffs()): whether an '
  'installment has become overdue since it last looked. It looks only at agencies whose date has changed, by time or by a '
  'change of their settings, and only at the due dates in between; what it has found nothing in, or a run has succeeded '
  'for, is noted in jobs.followed_cutoffs and not read again. '
  'So an installment that comes to lie in dates that are past already (inserted, moved, its plan activated again, or left '
  'by the run because somebody held it) waits for the next run, at the latest the daily one.';
