create function jobs.wait_text(
  earlier timestamptz,
  later timestamptz
)
returns text
language plpgsql
immutable
set search_path = ''
as $function$
declare
  seconds constant numeric := extract(epoch from wait_text.later - wait_text.earlier);
  amount numeric;
  unit text;
begin
  if seconds < 60 then
    return 'in less than a minute';
  end if;

  unit := case
    when seconds < 2 * 3600 then 'minute'
    when seconds < 48 * 3600 then 'hour'
    else 'day'
  end;
  amount := round(seconds / case unit when 'minute' then 60 when 'hour' then 3600 else 86400 end);
  return format('in %s %s%s', amount, unit, case when amount = 1 then '' else 's' end);
end
$function$;

revoke all on function jobs.wait_text(timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.wait_text(timestamptz, timestamptz) is
  'How long it is to a later instant, as people say it: in less than a minute, in 5 hours, in 2 days. Rounded.';
