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

  -- A message that was sent was sent, even if the lease has been taken over.
  -- Every other outcome counts only from the holder of the lease.
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
      -- Resend may have stored this mail under its key, and would refuse a corrected one.
      delivery.key_number := delivery.key_number + 1;
    when 'retry' then
      -- The exponent is capped before the power: attempts have no upper limit.
      back_off := least(make_interval(secs => 2 ^ least(delivery.attempts - 1, 20)), interval '5 minutes');
      delivery.next_attempt_at := complete_job_alert.as_of + greatest(back_off, retry_after);

      -- Resend keeps an idempotency key for 24 hours; later it would send twice.
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
    key_number = delivery.key_number,
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
  'Records the outcome of a claimed delivery: sent, retry or given_up. A retry waits 1, 2, 4 seconds and so on up to '
  '5 minutes, or retry_after_seconds if that is longer; pause_channel lets the whole channel wait for '
  'retry_after_seconds. 23 hours after the first attempt a retry is given up. Idempotent: a delivery that was sent '
  'stays sent; retry and given_up count only from the holder of the lease. Raises PT404 for an unknown delivery. '
  'Returns {status, next_attempt_at}.';
