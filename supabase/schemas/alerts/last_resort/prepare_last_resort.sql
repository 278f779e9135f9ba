create function jobs.prepare_last_resort(
  delivery_problems jsonb,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  waiting record;
  problem text;
begin
  perform set_config('lock_timeout', '5s', true);

  if jobs.is_copy() then
    perform jobs.prepare_copy_notice(prepare_last_resort.as_of);
    return prepare_last_resort.delivery_problems;
  end if;

  update jobs.last_resort as state
  set
    message = null,
    is_of_copy = false
  where state.is_of_copy;

  select
    count(*) as alerts,
    min(alert.waiting_since) as since,
    max(alert.last_error) as last_error,
    (
      array_agg(
        jobs.alert_summary(alert.kind, alert.job_name, alert.details)
        order by
          array_position(
            array['job_unhealthy', 'run_failed', 'run_missed', 'item_failing', 'run_degraded'],
            alert.kind
          ),
          alert.sequence
      )
    )[1] as most_serious
  into waiting
  from jobs.undelivered_alerts(prepare_last_resort.as_of) as alert;

  if waiting.alerts = 0 then
    perform jobs.end_last_resort(prepare_last_resort.as_of);
    return prepare_last_resort.delivery_problems;
  end if;

  -- Slow is not broken: a long queue at a service that takes one a second.
  if not exists (
    select 1
    from jobs.last_resort as state
    where state.failing_since is not null
  )
  and exists (
    select 1
    from jobs.alert_channels as channel
    join jobs.alert_deliveries as delivery
      on delivery.channel = channel.name
    where delivery.status = 'sent'
      and delivery.finished_at > prepare_last_resort.as_of - interval '90 seconds'
  ) then
    return prepare_last_resort.delivery_problems;
  end if;

  problem := coalesce(
    prepare_last_resort.delivery_problems ->> 0,
    waiting.last_error,
    case
      when exists (
        select 1
        from jobs.alert_channels
      ) then
        'The function check-job-health ran and sent nothing. Are the secrets of its channels set?'
      else
        'No alert channel is set up in the function check-job-health, or it has never run.'
    end
  );

  update jobs.last_resort as state
  set
    failing_since = coalesce(state.failing_since, prepare_last_resort.as_of),
    written_at = prepare_last_resort.as_of,
    subject = 'ALERT: alerts are not being delivered',
    message = concat_ws(
      E'\n\n',
      format(
        '%s not reached anyone for %s, since %s.',
        case when waiting.alerts = 1 then '1 alert has' else waiting.alerts || ' alerts have' end,
        jobs.duration_text(prepare_last_resort.as_of - waiting.since),
        jobs.instant_text(waiting.since)
      ),
      'What happens next: the alerts stay in the outbox and are sent when the delivery works again. Until then the '
        'database repeats this message every hour.',
      'What to do: ' || jobs.runbook_page('alerts-undelivered'),
      'The most serious: ' || jobs.redact_secrets(waiting.most_serious, '{}'),
      'What is wrong with the delivery: ' || jobs.redact_secrets(problem, '{}')
    )
  where state.failing_since is null
    -- The ticks of pg_cron are not an hour apart to the second.
    or state.written_at <= prepare_last_resort.as_of - interval '59 minutes 30 seconds';

  return prepare_last_resort.delivery_problems;
exception
  when others then
    get stacked diagnostics
      problem = message_text;
    return prepare_last_resort.delivery_problems
      || to_jsonb(format('the last resort could not be prepared: %s', problem));
end
$function$;

revoke all on function jobs.prepare_last_resort(jsonb, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.prepare_last_resort(jsonb, timestamptz) is
  'Writes the message that the database sends itself when alerts have reached nobody for 90 seconds and nothing was sent '
  'meanwhile, again every hour, and one when that is over. In a copy of the database only that it is one '
  '(jobs.prepare_copy_notice). delivery_problems is what jobs.request_delivery() returned. '
  'Idempotent. Raises no error. Returns delivery_problems, with what went wrong here.';
