create function jobs.duration_text(duration interval)
returns text
language plpgsql
immutable
set search_path = ''
as $function$
declare
  seconds numeric := extract(epoch from duration_text.duration);
  unit text := 'second';
  unit_seconds int := 1;
  value numeric;
begin
  if seconds >= 3600 then
    unit := 'hour';
    unit_seconds := 3600;
  elsif seconds >= 60 then
    unit := 'minute';
    unit_seconds := 60;
  end if;

  value := trim_scale(round(seconds / unit_seconds, 1));
  return value || ' ' || unit || case when value <> 1 then 's' else '' end;
end
$function$;

revoke all on function jobs.duration_text(interval)
  from public, anon, authenticated, service_role;

comment on function jobs.duration_text(interval) is
  'A duration as people read it, in one unit to one decimal: 40 seconds, 1.5 minutes, 25 hours.';
