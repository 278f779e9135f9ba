create function jobs.announce_channels(
  channels jsonb,
  as_of timestamptz default now()
)
returns void
language plpgsql
set search_path = ''
as $function$
declare
  names text[];
begin
  select array_agg(announced.name)
  into names
  from jsonb_to_recordset(announce_channels.channels) as announced (name text, kinds text[])
  left join jobs.alert_channels as known
    on known.name = announced.name
  where known.name is null
    or known.kinds is distinct from announced.kinds
    or known.announced_at <= announce_channels.as_of - interval '1 minute';

  if names is null then
    return;
  end if;

  if exists (
    select announced.name, announced.kinds
    from jsonb_to_recordset(announce_channels.channels) as announced (name text, kinds text[])
    except
    select known.name, known.kinds
    from jobs.alert_channels as known
  ) then
    -- Announcers wait for each other. A transaction that is raising an alert does
    -- not wait: its NOTIFY makes the caller claim again. Advisory locks would do,
    -- but every role may take them.
    lock table jobs.alert_channels in share update exclusive mode;
    begin
      lock table jobs.alert_channels in exclusive mode nowait;
    exception
      when lock_not_available then
        return;
    end;
  end if;

  insert into jobs.alert_channels as known (name, kinds, announced_at, fingerprint)
  select
    announced.name,
    announced.kinds,
    announce_channels.as_of,
    announced.fingerprint
  from jsonb_to_recordset(announce_channels.channels) as announced (name text, kinds text[], fingerprint text)
  where announced.name = any (names)
  -- Two processes that announce the same channels lock them in the same order.
  order by announced.name
  on conflict on constraint alert_channels_pkey do update
  set
    kinds = excluded.kinds,
    announced_at = greatest(known.announced_at, excluded.announced_at),
    fingerprint = excluded.fingerprint;

  perform jobs.add_missing_deliveries(
    channels => names,
    raised_after => announce_channels.as_of - interval '24 hours'
  );
end
$function$;

revoke all on function jobs.announce_channels(jsonb, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.announce_channels(jsonb, timestamptz) is
  'Records which channels the caller can send to, [{name, kinds, fingerprint}]. A new channel gets the alerts of the last 24 hours. '
  'Idempotent; writes at most once a minute.';
