create function jobs.check_closed_day()
returns trigger
language plpgsql
set search_path = ''
as $function$
begin
  if new.day is null or new.day not between '1900-01-01' and '9999-12-31' then
    raise exception 'day must be a date from 1900-01-01 to 9999-12-31, not %', coalesce(new.day::text, 'null')
      using
        errcode = 'check_violation',
        constraint = 'agency_closed_days_day_check',
        schema = tg_table_schema,
        table = tg_table_name,
        column = 'day';
  end if;
  return new;
end
$function$;

revoke all on function jobs.check_closed_day()
  from public, anon, authenticated, service_role;

comment on function jobs.check_closed_day() is
  'Trigger of public.agency_closed_days: refuses a day that is null or outside 1900 to 9999, and says so. '
  'Raises check_violation (23514) with the name of the constraint.';

create trigger check_closed_day
  before insert or update of day on public.agency_closed_days
  for each row
  execute function jobs.check_closed_day();
