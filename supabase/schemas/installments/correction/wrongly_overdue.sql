create function jobs.wrongly_overdue(
  judgements jobs.agency_judgement[],
  only_moved boolean,
  of_run uuid default null
)
returns table (
  installment_id uuid,
  agency_id uuid,
  due_date date,
  reason text
)
language plpgsql
stable
set search_path = ''
set random_page_cost = 1.1
-- A generic plan compares each installment of an agency with each of its changes.
set plan_cache_mode = force_custom_plan
set jit = off
as $function$
declare
  marked_in_run uuid[];
  candidate record;
begin
  if wrongly_overdue.of_run is not null then
    marked_in_run := array(
      select one.id
      from jobs.status_changes as change
      cross join lateral unnest(change.installment_ids) as one (id)
      where change.run_id = wrongly_overdue.of_run
        and change.to_status = 'overdue'
    );
  end if;

  for candidate in
    select
      found.agency_id,
      array_agg(found.installment_id) as ids,
      array_agg(found.due_date) as due_dates,
      array_agg(found.is_active) as active
    from jobs.overdue_against_rule(
      wrongly_overdue.judgements,
      wrongly_overdue.only_moved,
      marked_in_run
    ) as found
    group by found.agency_id
  loop
    return query
    select
      given.id,
      candidate.agency_id,
      given.due_date,
      case
        when last.due_date is distinct from given.due_date then 'due_date_moved'
        when not given.is_active then 'plan_not_active'
        else 'settings_changed'
      end
    from unnest(candidate.ids, candidate.due_dates, candidate.active) as given (id, due_date, is_active)
    join jobs.last_changes(candidate.agency_id, candidate.ids) as last
      on last.installment_id = given.id
    where last.to_status = 'overdue'
      and (wrongly_overdue.of_run is null or last.run_id = wrongly_overdue.of_run)
      and (not wrongly_overdue.only_moved or last.due_date is distinct from given.due_date);
  end loop;
end
$function$;

revoke all on function jobs.wrongly_overdue(jobs.agency_judgement[], boolean, uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.wrongly_overdue(jobs.agency_judgement[], boolean, uuid) is
  'Installments of the judged agencies that are overdue, were last marked by Duewatch (of_run: by that run; default: by '
  'any) and are not overdue as judged, with the reason as in jobs.status_changes. What somebody else has marked is left '
  'out. only_moved: only those whose due date is another one than when they were marked, and is not past.';
