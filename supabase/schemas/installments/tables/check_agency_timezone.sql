create function jobs.check_agency_timezone()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
declare
  similar_name text;
begin
  if exists (
    select 1
    from jobs.timezone_names as known
    where known.name = new.timezone
  ) then
    return new;
  end if;

  -- The zone data of the server may be newer than our list of names.
  insert into jobs.timezone_names (name)
  select zone.name
  from pg_catalog.pg_timezone_names as zone
  where zone.name = new.timezone
  on conflict (name) do nothing;

  if found then
    return new;
  end if;

  select known.name
  into similar_name
  from jobs.timezone_names as known
  where lower(known.name) = lower(btrim(new.timezone))
  limit 1;

  raise exception '"%" is not the name of a time zone', coalesce(new.timezone, 'null')
    using
      errcode = 'check_violation',
      constraint = 'agencies_timezone_check',
      schema = tg_table_schema,
      table = tg_table_name,
      column = 'timezone',
      hint = case
        when similar_name is not null then format('Did you mean %s?', similar_name)
        else 'Use an IANA name such as Australia/Brisbane. Offsets such as UTC+5 are read backwards by Postgres and are refused.'
      end;
end
$function$;

revoke all on function jobs.check_agency_timezone()
  from public, anon, authenticated, service_role;

comment on function jobs.check_agency_timezone() is
  'Trigger of public.agencies: refuses a timezone that is not a name in pg_timezone_names. '
  'AT TIME ZONE accepts more: Bogus5, for instance, and UTC+5, which means five hours west of UTC. '
  'Raises check_violation (23514) with the constraint name agencies_timezone_check.';

create trigger check_agency_timezone
  before insert or update of timezone on public.agencies
  for each row
  execute function jobs.check_agency_timezone();
