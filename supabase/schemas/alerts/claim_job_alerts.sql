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

  -- A copy holds alerts of the original.
  if jobs.is_copy() then
    return jsonb '[]';
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
    -- Per channel, an index gives them in order, however many are pending.
    cross join lateral (
      select
        delivery.alert_id,
        delivery.channel,
        delivery.sequence
      from jobs.alert_deliveries as delivery
      where delivery.channel = channel.name
        and delivery.status = 'pending'
        and delivery.next_attempt_at <= claim_job_alerts.as_of
        -- "Recovered" must not arrive before "failed".
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
      || case
        when leased.key_number > 1 then jsonb_build_object('key_number', leased.key_number)
        else '{}'
      end
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
  'Announces the caller''s channels, [{name, kinds, fingerprint}], and claims due deliveries for them, oldest first, each with a '
  'lease: no other process gets it until the lease ends or complete_job_alert() is called. Deliveries of one job and '
  'channel are handed out one after the other. Defaults: at most 10, for 30 seconds. Callers never wait for each '
  'other. Returns [{alert_id, channel, lease, leased_until, attempt, kind, job_name, run_id, raised_at, reminder, '
  'details}], with key_number from the second idempotency key on. Claims nothing in a copy of the database (jobs.is_copy).';
