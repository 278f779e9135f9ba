-- Existing rows are checked once. The error lists the agencies.
do $migration$
declare
  offenders text;
begin
  select string_agg(format('%s (%s)', agency.id, coalesce(agency.timezone, 'null')), ', ')
  into offenders
  from (
    select existing.id, existing.timezone
    from public.agencies as existing
    where not exists (
      select 1
      from jobs.timezone_names as known
      where known.name = existing.timezone
    )
    order by existing.id
    limit 20
  ) as agency;

  if offenders is not null then
    raise exception 'agencies with an unknown time zone: %', offenders
      using hint = 'Set public.agencies.timezone to a name from pg_timezone_names, then apply the migration again.';
  end if;
end
$migration$;
