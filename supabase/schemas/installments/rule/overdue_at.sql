create function jobs.overdue_at(
  effective_due_date date,
  cutoff_time time,
  timezone text
)
returns timestamptz
language plpgsql
stable
security definer
set search_path = ''
set timezone = 'UTC'
as $function$
declare
  wanted timestamp;
  instant timestamptz;
  turned_back interval;
  earlier timestamptz;
begin
  if overdue_at.timezone is null or overdue_at.effective_due_date is null then
    return null;
  elsif overdue_at.effective_due_date > '200000-01-01' then
    return timestamptz 'infinity';
  elsif overdue_at.effective_due_date < '4000-01-01 BC' then
    return timestamptz '-infinity';
  end if;

  perform jobs.use_timezone(overdue_at.timezone);
  wanted := overdue_at.effective_due_date + overdue_at.cutoff_time;
  instant := wanted::timestamptz;

  if instant::timestamp = wanted then
    -- Where the clock is turned back over this time, Postgres takes the second
    -- instant that shows it.
    turned_back := (instant - interval '24 hours')::timestamp + interval '24 hours' - wanted;
    if turned_back > interval '0' and (instant - turned_back)::timestamp = wanted then
      return instant - turned_back;
    end if;
    return instant;
  end if;

  -- The clock was put forward over this time: to the second of the change, which
  -- lies in the day before, at its very beginning where a whole day was skipped. A clock is changed at a full second, and the cut-off
  -- may have a fraction.
  instant := date_trunc('second', instant) + interval '1 second';
  earlier := instant - interval '24 hours 1 second';
  for step in 1 .. 17 loop
    exit when instant - earlier <= interval '1 second';
    declare
      middle constant timestamptz := earlier
        + make_interval(secs => floor(extract(epoch from instant - earlier) / 2)::int);
    begin
      if middle::timestamp < wanted then
        earlier := middle;
      else
        instant := middle;
      end if;
    end;
  end loop;
  return instant;
exception
  when invalid_parameter_value then
    return null;
end
$function$;

revoke all on function jobs.overdue_at(date, time, text)
  from public, anon, authenticated, service_role;
grant execute on function jobs.overdue_at(date, time, text)
  to authenticated, service_role;

comment on function jobs.overdue_at(date, time, text) is
  'The first instant at which the clock of a time zone shows the cut-off of an effective due date, or a later time. '
  'Where the clock is turned back over the cut-off, that is the first of two instants; where it is put forward over it, the '
  'instant of the change. Infinite for infinite dates; null for null and for a zone that the server does not know. '
  'Security definer, because it calls jobs.use_timezone() for signed-in users too. It reads no table.';
