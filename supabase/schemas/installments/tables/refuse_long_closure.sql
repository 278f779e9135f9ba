create function jobs.refuse_long_closure(
  agency_id uuid,
  agency_name text,
  closed_weekdays smallint[]
)
returns void
language plpgsql
set search_path = ''
as $function$
declare
  longest record;
begin
  select *
  into longest
  from jobs.longest_closure(refuse_long_closure.agency_id, refuse_long_closure.closed_weekdays);

  if longest.days > 366 then
    raise exception 'agency "%" would be closed for % days in a row, from % on',
      refuse_long_closure.agency_name,
      longest.days,
      longest.first_day
      using
        errcode = 'check_violation',
        constraint = 'agency_closed_days_closure_check',
        hint = 'Nothing becomes overdue while an agency is closed. So at most 366 days in a row may be closed days.';
  end if;
end
$function$;

revoke all on function jobs.refuse_long_closure(uuid, text, smallint[])
  from public, anon, authenticated, service_role;

comment on function jobs.refuse_long_closure(uuid, text, smallint[]) is
  'Raises check_violation (23514) when an agency''s calendar leaves no day open for more than 366 days in a row.';
