create function jobs.next_cutoff_at(
  agency_id uuid,
  as_of timestamptz,
  local_time timestamp,
  cutoff_time time,
  timezone text,
  closed_weekdays smallint[]
)
returns timestamptz
language plpgsql
stable
security definer
set search_path = ''
set timezone = 'UTC'
as $function$
declare
  -- Today, or tomorrow when today's cut-off has passed; or the next open day.
  day constant date := jobs.effective_due_date(
    next_cutoff_at.agency_id,
    next_cutoff_at.local_time::date + (next_cutoff_at.local_time::time >= next_cutoff_at.cutoff_time)::int,
    0,
    next_cutoff_at.closed_weekdays
  );
  instant timestamptz := jobs.overdue_at(day, next_cutoff_at.cutoff_time, next_cutoff_at.timezone);
begin
  -- The clock has shown that time already, and was turned back. It will show it
  -- again; Postgres takes the second instant.
  if instant <= next_cutoff_at.as_of then
    perform jobs.use_timezone(next_cutoff_at.timezone);
    instant := (day + next_cutoff_at.cutoff_time)::timestamptz;
  end if;
  return instant;
end
$function$;

revoke all on function jobs.next_cutoff_at(uuid, timestamptz, timestamp, time, text, smallint[])
  from public, anon, authenticated, service_role;
grant execute on function jobs.next_cutoff_at(uuid, timestamptz, timestamp, time, text, smallint[])
  to authenticated, service_role;

comment on function jobs.next_cutoff_at(uuid, timestamptz, timestamp, time, text, smallint[]) is
  'The first instant after as_of at which more due dates are overdue for an agency than at as_of: the cut-off of the next '
  'day on which it is open. The other arguments are a row of jobs.agency_cutoffs(as_of). Where the clock is put forward over '
  'the cut-off, it is the instant of the change. Which due dates are overdue then, jobs.agency_cutoffs() says of that '
  'instant. Null where the agency has no time zone that the server knows. '
  'Security definer, as jobs.effective_due_date(), and reads the closed days of that agency alone. It can be called only '
  'through views and functions that the caller may use.';
