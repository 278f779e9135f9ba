create function jobs.effective_due_date(
  agency_id uuid,
  student_due_date date,
  grace_days int,
  closed_weekdays smallint[]
)
returns date
language plpgsql
stable
security definer
set search_path = ''
as $function$
declare
  candidate date := effective_due_date.student_due_date;
begin
  -- Infinite dates, and those at the ends of what Postgres can calculate with.
  if candidate is null or candidate not between '4713-01-01 BC' and '5870000-01-01' then
    return candidate;
  end if;

  candidate := candidate + effective_due_date.grace_days;
  -- The checks of the tables leave an open day within 366. A bound, all the same.
  for step in 1 .. 1000 loop
    if extract(isodow from candidate)::smallint <> all (effective_due_date.closed_weekdays)
      and not exists (
        select 1
        from public.agency_closed_days as closed_day
        where closed_day.agency_id = effective_due_date.agency_id
          and closed_day.day = candidate
      )
    then
      return candidate;
    end if;
    candidate := candidate + 1;
  end loop;
  return null;
end
$function$;

revoke all on function jobs.effective_due_date(uuid, date, int, smallint[])
  from public, anon, authenticated, service_role;
grant execute on function jobs.effective_due_date(uuid, date, int, smallint[])
  to authenticated, service_role;

comment on function jobs.effective_due_date(uuid, date, int, smallint[]) is
  'The day at whose cut-off an installment becomes overdue: its due date plus the grace, moved on to the next day on which '
  'the agency is open. The same rule as jobs.agency_cutoffs(), read forwards. '
  'Security definer, because it is asked once per installment and the caller''s policies would be, too. It can be called '
  'only through views and functions that the caller may use.';
