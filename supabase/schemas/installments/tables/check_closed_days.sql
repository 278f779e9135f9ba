create function jobs.check_closed_days()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
begin
  if tg_table_name = 'agencies' then
    perform jobs.refuse_long_closures(array[new.id]);
  else
    perform jobs.refuse_long_closures(
      array(
        select distinct changed.agency_id
        from changed
      )
    );
  end if;
  return null;
end
$function$;

revoke all on function jobs.check_closed_days()
  from public, anon, authenticated, service_role;

comment on function jobs.check_closed_days() is
  'Trigger of public.agency_closed_days and public.agencies: refuses a calendar that closes an agency for more than 366 '
  'days in a row.';

-- Two triggers, because one with a transition table has one event.
create trigger check_closed_days_added
  after insert on public.agency_closed_days
  referencing new table as changed
  for each statement
  execute function jobs.check_closed_days();

create trigger check_closed_days_moved
  after update on public.agency_closed_days
  referencing new table as changed
  for each statement
  execute function jobs.check_closed_days();

create trigger check_closed_days
  after update of closed_weekdays on public.agencies
  for each row
  when (new.closed_weekdays is distinct from old.closed_weekdays)
  execute function jobs.check_closed_days();
