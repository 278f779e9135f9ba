create function jobs.closure_text(
  agency_id uuid,
  first_closed date,
  opens date,
  today date,
  verb text,
  was_named boolean
)
returns text
language sql
stable
set search_path = ''
return case
  when closure_text.opens - closure_text.first_closed = 1 then format(
    '%s %s a closed day of this agency%s',
    case
      when closure_text.was_named then to_char(closure_text.first_closed, 'FMDay')
      else jobs.day_text(closure_text.first_closed, closure_text.today)
    end,
    closure_text.verb,
    (
      select ' (' || nullif(btrim(to_jsonb(closed_day.*) ->> 'name'), '') || ')'
      from public.agency_closed_days as closed_day
      where closed_day.agency_id = closure_text.agency_id
        and closed_day.day = closure_text.first_closed
    )
  )
  when closure_text.opens > closure_text.first_closed then format(
    'the agency %s closed from %s to %s',
    closure_text.verb,
    jobs.day_text(closure_text.first_closed, closure_text.today),
    jobs.day_text(closure_text.opens - 1, closure_text.today)
  )
end;

revoke all on function jobs.closure_text(uuid, date, date, date, text, boolean)
  from public, anon, authenticated, service_role;

comment on function jobs.closure_text(uuid, date, date, date, text, boolean) is
  'Why a day at an agency is moved on to the day on which it opens, as people read it; null when it is not moved. verb: is '
  'or was. was_named: the day was named before, so its weekday is enough. The year is left out where it is that of today.';
