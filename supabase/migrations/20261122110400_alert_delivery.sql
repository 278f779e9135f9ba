-- How a process gets deliveries to make, and says what became of them.
--
-- Why:       the Edge Function and the listener call the same two functions, so
--            any number of them can work at once.
-- Locks:     claimed rows, for the length of the call.
-- Take back: supabase/rollbacks/alerts.sql.

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
    -- Announcers wait for each other. Whoever is raising an alert is not made to
    -- wait: its NOTIFY has the caller ask again. Advisory locks would do, were
    -- they not open to every role.
    lock table jobs.alert_channels in share update exclusive mode;
    begin
      lock table jobs.alert_channels in exclusive mode nowait;
    exception
      when lock_not_available then
        return;
    end;
  end if;

  insert into jobs.alert_channels as known (name, kinds, announced_at)
  select
    announced.name,
    announced.kinds,
    announce_channels.as_of
  from jsonb_to_recordset(announce_channels.channels) as announced (name text, kinds text[])
  where announced.name = any (names)
  -- Two processes that announce the same channels lock them in the same order.
  order by announced.name
  on conflict on constraint alert_channels_pkey do update
  set
    kinds = excluded.kinds,
    announced_at = greatest(known.announced_at, excluded.announced_at);

  perform jobs.add_missing_deliveries(
    channels => names,
    raised_after => announce_channels.as_of - interval '24 hours'
  );
end
$function$;

revoke all on function jobs.announce_channels(jsonb, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.announce_channels(jsonb, timestamptz) is
  'Says which channels the caller can send to: [{name, kinds}]. A new one gets the alerts of the last 24 hours. '
  'Idempotent; writes at most once a minute.';

create function public.claim_job_alerts(
  channels jsonb,
  max_count int default 10,
  lease_seconds int default 30,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
declare
  claimed jsonb;
begin
  if jsonb_typeof(claim_job_alerts.channels) is distinct from 'array'
    or jsonb_path_exists(
      claim_job_alerts.channels,
      '$[*] ? (!(@.name.type() == "string") || !(@.kinds.type() == "array"))'
    ) then
    raise exception 'channels is an array of {name, kinds}'
      using errcode = 'invalid_parameter_value';
  end if;
  if (claim_job_alerts.max_count between 1 and 100 and claim_job_alerts.lease_seconds between 1 and 3600) is not true then
    raise exception 'max_count is 1 to 100, lease_seconds is 1 to 3600'
      using errcode = 'invalid_parameter_value';
  end if;

  perform jobs.announce_channels(
    channels => claim_job_alerts.channels,
    as_of => claim_job_alerts.as_of
  );

  with due as materialized (
    select
      oldest.alert_id,
      oldest.channel
    from jsonb_to_recordset(claim_job_alerts.channels) as announced (name text)
    join jobs.alert_channels as channel
      on channel.name = announced.name
    -- By channel the index gives them in order, however many wait.
    cross join lateral (
      select
        delivery.alert_id,
        delivery.channel,
        delivery.sequence
      from jobs.alert_deliveries as delivery
      where delivery.channel = channel.name
        and delivery.status = 'pending'
        and delivery.next_attempt_at <= claim_job_alerts.as_of
        -- "Recovered" before "failed" would be a riddle.
        and not exists (
          select 1
          from jobs.alert_deliveries as earlier
          where earlier.channel = delivery.channel
            and earlier.job_name = delivery.job_name
            and earlier.status = 'pending'
            and earlier.sequence < delivery.sequence
        )
      order by delivery.sequence
      limit claim_job_alerts.max_count
      for update of delivery skip locked
    ) as oldest
    where channel.paused_until is null
      or channel.paused_until <= claim_job_alerts.as_of
    order by oldest.sequence
    limit claim_job_alerts.max_count
  ),
  leased as (
    update jobs.alert_deliveries as delivery
    set
      attempts = delivery.attempts + 1,
      first_attempt_at = coalesce(delivery.first_attempt_at, claim_job_alerts.as_of),
      lease = gen_random_uuid(),
      next_attempt_at = claim_job_alerts.as_of + make_interval(secs => claim_job_alerts.lease_seconds)
    from due
    where delivery.alert_id = due.alert_id
      and delivery.channel = due.channel
    returning delivery.*
  )
  select jsonb_agg(
    jsonb_build_object(
      'alert_id', leased.alert_id,
      'channel', leased.channel,
      'lease', leased.lease,
      'leased_until', leased.next_attempt_at,
      'attempt', leased.attempts,
      'kind', alert.kind,
      'job_name', alert.job_name,
      'run_id', alert.run_id,
      'raised_at', alert.raised_at,
      'reminder', alert.reminder,
      'details', alert.details
    )
    order by alert.sequence
  )
  into claimed
  from leased
  join jobs.alerts as alert
    on alert.id = leased.alert_id;

  return coalesce(claimed, '[]');
end
$function$;

revoke all on function public.claim_job_alerts(jsonb, int, int, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.claim_job_alerts(jsonb, int, int, timestamptz)
  to service_role;

comment on function public.claim_job_alerts(jsonb, int, int, timestamptz) is
  'Announces the caller''s channels, [{name, kinds}], and claims due deliveries for them, oldest first, each with a lease: '
  'nobody else gets it until the lease ends or complete_job_alert() is called. Deliveries of one job and channel are '
  'handed out one after the other. Defaults: at most 10, for 30 seconds. Callers never wait for each other. '
  'Returns [{alert_id, channel, lease, leased_until, attempt, kind, job_name, run_id, raised_at, reminder, details}].';

create function public.complete_job_alert(
  alert_id uuid,
  channel text,
  lease uuid,
  outcome text,
  error text default null,
  retry_after_seconds numeric default null,
  pause_channel boolean default false,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
declare
  delivery jobs.alert_deliveries;
  retry_after interval := make_interval(
    secs => least(greatest(coalesce(complete_job_alert.retry_after_seconds, 0), 0), 86400)::float8
  );
  back_off interval;
begin
  if complete_job_alert.outcome is null or complete_job_alert.outcome not in ('sent', 'retry', 'given_up') then
    raise exception 'the outcome of a delivery is sent, retry or given_up, not %',
      coalesce(complete_job_alert.outcome, 'null')
      using errcode = 'invalid_parameter_value';
  end if;

  select stored.*
  into delivery
  from jobs.alert_deliveries as stored
  where stored.alert_id = complete_job_alert.alert_id
    and stored.channel = complete_job_alert.channel
  for update;

  if not found then
    raise exception 'there is no delivery of the alert % to %', complete_job_alert.alert_id, complete_job_alert.channel
      using errcode = 'PT404';
  end if;

  if complete_job_alert.pause_channel then
    update jobs.alert_channels as stored
    set paused_until = greatest(stored.paused_until, complete_job_alert.as_of + retry_after)
    where stored.name = complete_job_alert.channel;
  end if;

  -- What was sent was sent, whoever has the lease by now; the rest is for the
  -- one who has it.
  if delivery.status = 'sent'
    or (complete_job_alert.outcome <> 'sent'
      and (delivery.status = 'pending' and delivery.lease = complete_job_alert.lease) is not true) then
    return jsonb_build_object(
      'status', delivery.status,
      'next_attempt_at', case when delivery.status = 'pending' then delivery.next_attempt_at end
    );
  end if;

  delivery.last_error := left(complete_job_alert.error, 1000);

  case complete_job_alert.outcome
    when 'sent' then
      delivery.status := 'sent';
    when 'given_up' then
      delivery.status := 'given_up';
    when 'retry' then
      -- The exponent is cut before the power: attempts have no upper end.
      back_off := least(make_interval(secs => 2 ^ least(delivery.attempts - 1, 20)), interval '5 minutes');
      delivery.next_attempt_at := complete_job_alert.as_of + greatest(back_off, retry_after);

      -- Resend knows an idempotency key for 24 hours; later it would send twice.
      if delivery.next_attempt_at > delivery.first_attempt_at + interval '23 hours' then
        delivery.status := 'given_up';
        delivery.last_error := left(
          format('Not delivered within 23 hours, in %s attempts. %s', delivery.attempts, complete_job_alert.error),
          1000
        );
      end if;
  end case;

  update jobs.alert_deliveries as stored
  set
    status = delivery.status,
    next_attempt_at = delivery.next_attempt_at,
    last_error = delivery.last_error,
    lease = null,
    finished_at = case when delivery.status <> 'pending' then complete_job_alert.as_of end
  where stored.alert_id = delivery.alert_id
    and stored.channel = delivery.channel;

  return jsonb_build_object(
    'status', delivery.status,
    'next_attempt_at', case when delivery.status = 'pending' then delivery.next_attempt_at end
  );
end
$function$;

revoke all on function public.complete_job_alert(
  uuid, text, uuid, text, text, numeric, boolean, timestamptz
)
  from public, anon, authenticated, service_role;
grant execute on function public.complete_job_alert(
  uuid, text, uuid, text, text, numeric, boolean, timestamptz
)
  to service_role;

comment on function public.complete_job_alert(
  uuid, text, uuid, text, text, numeric, boolean, timestamptz
) is
  'Says what became of a claimed delivery: sent, retry or given_up. A retry waits 1, 2, 4 seconds and so on up to 5 minutes, '
  'or retry_after_seconds if that is longer; pause_channel lets the whole channel wait for retry_after_seconds. '
  '23 hours after the first attempt a retry is given up. Idempotent: a delivery that was sent stays sent; retry and given_up '
  'count only from the holder of the lease. Raises PT404 for an unknown delivery. Returns {status, next_attempt_at}.';

create function jobs.retry_deliveries(
  channel text,
  as_of timestamptz default now()
)
returns int
language sql
set search_path = ''
as $function$
  with retried as (
    update jobs.alert_deliveries as delivery
    set
      status = 'pending',
      queued_at = retry_deliveries.as_of,
      first_attempt_at = null,
      next_attempt_at = retry_deliveries.as_of,
      finished_at = null
    from jobs.alerts as alert
    where alert.id = delivery.alert_id
      and delivery.channel = retry_deliveries.channel
      and delivery.status = 'given_up'
      and alert.raised_at > retry_deliveries.as_of - interval '24 hours'
    returning delivery.alert_id
  ),
  woken as (
    select pg_notify('job_alert', retried.alert_id::text)
    from retried
  )
  select count(*)::int
  from woken;
$function$;

revoke all on function jobs.retry_deliveries(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.retry_deliveries(text, timestamptz) is
  'Has the channel try again what it gave up, once its webhook or key is mended: alerts of the last 24 hours. '
  'Idempotent. Returns how many deliveries wait again.';

create function jobs.retire_channel(
  channel text,
  as_of timestamptz default now()
)
returns int
language sql
set search_path = ''
as $function$
  delete from jobs.alert_channels as retired
  where retired.name = retire_channel.channel;

  with given_up as (
    update jobs.alert_deliveries as delivery
    set
      status = 'given_up',
      lease = null,
      last_error = 'The channel was retired.',
      finished_at = retire_channel.as_of
    where delivery.channel = retire_channel.channel
      and delivery.status = 'pending'
    returning delivery.alert_id
  )
  select count(*)::int
  from given_up;
$function$;

revoke all on function jobs.retire_channel(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.retire_channel(text, timestamptz) is
  'Ends a channel that no process has configured any more; what waits for it is given up. Announcing it brings it back. '
  'Idempotent. Returns how many deliveries were given up.';
