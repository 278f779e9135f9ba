create function jobs.check_agency_calendar()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
declare
  problem text;
begin
  problem := case
    when new.grace_days is null or new.grace_days not between 0 and 60 then
      format('grace_days must be from 0 to 60, not %s', coalesce(new.grace_days::text, 'null'))
    when new.closed_weekdays is null then
      'closed_weekdays must be a list, not null; {} is no closed weekday'
    when array_ndims(new.closed_weekdays) > 1 then
      format('closed_weekdays must be a plain list, not %s', new.closed_weekdays)
    when exists (
      select 1
      from unnest(new.closed_weekdays) as weekday (number)
      where (weekday.number between 1 and 7) is not true
    ) then
      format('closed_weekdays must hold numbers from 1 (Monday) to 7 (Sunday), not %s', new.closed_weekdays)
    when cardinality(new.closed_weekdays) > (
      select count(distinct weekday.number)
      from unnest(new.closed_weekdays) as weekday (number)
    ) then
      format('closed_weekdays must name each day once, not %s', new.closed_weekdays)
    when cardinality(new.closed_weekdays) = 7 then
      'closed_weekdays must leave a day of the week open, or nothing would ever become overdue'
  end;

  if problem is not null then
    raise exception '%', problem
      using
        errcode = 'check_violation',
        constraint = case
          when problem like 'grace%' then 'agencies_grace_days_check'
          else 'agencies_closed_weekdays_check'
        end,
        schema = tg_table_schema,
        table = tg_table_name,
        column = case
          when problem like 'grace%' then 'grace_days'
          else 'closed_weekdays'
        end;
  end if;
  return new;
end
$function$;

revoke all on function jobs.check_agency_calendar()
  from public, anon, authenticated, service_role;

comment on function jobs.check_agency_calendar() is
  'Trigger of public.agencies: refuses grace_days and closed_weekdays that the rule cannot work with, and says why. '
  'Raises check_violation (23514) with the name of the constraint.';

create trigger check_agency_calendar
  before insert or update of grace_days, closed_weekdays on public.agencies
  for each row
  execute function jobs.check_agency_calendar();
