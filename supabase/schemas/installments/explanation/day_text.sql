create function jobs.day_text(
  day date,
  today date default null
)
returns text
language sql
stable
set search_path = ''
return to_char(
  day_text.day,
  case
    when extract(year from day_text.day) = extract(year from day_text.today) then 'FMDay FMDD FMMonth'
    when day_text.day < '0001-01-01' then 'FMDay FMDD FMMonth FMYYYY BC'
    else 'FMDay FMDD FMMonth FMYYYY'
  end
);

revoke all on function jobs.day_text(date, date)
  from public, anon, authenticated, service_role;

comment on function jobs.day_text(date, date) is
  'A date as people read it: Monday 23 November 2026; without the year if today is in the same one.';
