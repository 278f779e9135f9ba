create function jobs.disarm(
  reason text,
  requested_by text default session_user,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  checked_reason text := jobs.checked_reason(disarm.reason);
  secrets constant text[] := array[
    'functions_url', 'jobs_api_key', 'jobs_api_key_next', 'jobs_api_key_former', 'jobs_read_key', 'jobs_read_key_next',
    'jobs_read_key_former', 'slack_webhook_url', 'resend_api_key', 'resend_base_url', 'alert_email_from', 'alert_email_to'
  ];
  paused text[];
  removed text[] := array[]::text[];
  cancelled int;
  requested jobs.actions;
begin
  select array_agg(definition.job_name order by definition.job_name)
  into paused
  from jobs.definitions as definition
  cross join lateral jobs.action_in_force(definition.job_name, 'pause') as pause
  -- A pause that ends by itself is no help.
  where pause.id is null
    or pause.until is not null;

  perform jobs.pause(job.name, checked_reason, null, disarm.requested_by, disarm.as_of)
  from unnest(paused) as job (name);

  update jobs.definitions as definition
  set ping_url = null
  where definition.ping_url is not null;

  -- Dynamic, because a self-hosted database may have no Vault. Nothing is
  -- decrypted: a copy may have lost the root key.
  if to_regclass('vault.secrets') is not null then
    execute '
      with removed as (
        delete from vault.secrets as secret
        where secret.name = any ($1)
        returning secret.name
      )
      select coalesce(array_agg(removed.name order by removed.name), ''{}'')
      from removed
    '
    into removed
    using secrets;
  end if;

  perform jobs.disable_heartbeat();

  select count(*)
  into cancelled
  from jobs.alert_deliveries as delivery
  where delivery.status = 'pending';

  -- All of them: a channel that is announced gets what was raised within a day.
  delete from jobs.alerts
  where id is not null;

  delete from jobs.alert_channels
  where name is not null;

  update jobs.last_resort as state
  set
    failing_since = null,
    message = null,
    is_of_copy = false,
    last_error = null
  where state.channel is not null;

  perform jobs.close_incidents_silently(affected.job_name, disarm.as_of)
  from (
    select distinct incident.job_name
    from jobs.incidents as incident
    where incident.closed_at is null
  ) as affected;

  delete from jobs.refused_address
  where refused_since is not null;

  insert into jobs.actions (action, reason, requested_by, requested_at)
  values ('disarm', checked_reason, disarm.requested_by, disarm.as_of)
  returning *
  into requested;

  return jobs.action_as_json(requested) || jsonb_build_object(
    'paused', coalesce(to_jsonb(paused), '[]'),
    'removed_settings', to_jsonb(removed),
    'cancelled_deliveries', cancelled,
    'left', (
      select coalesce(jsonb_agg('app.' || secret.name order by secret.name), '[]')
      from unnest(secrets) as secret (name)
      where nullif(btrim(current_setting('app.' || secret.name, true)), '') is not null
    )
  );
end
$function$;

revoke all on function jobs.disarm(text, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.disarm(text, text, timestamptz) is
  'Makes a copy of a database harmless: pauses every job; removes the address, the keys and the channels of the last resort '
  'from Vault, readable or not; removes ping_url of each job; turns the heartbeat off; deletes the alerts of the '
  'original, forgets the channels and closes the incidents without an alert. Runs and the ledger stay. Never call it in '
  'production: it cannot be undone, because the secrets are gone. '
  'Idempotent. Raises 22023 without a reason. Returns the action, as jobs.action_as_json(), with paused: [job], '
  'removed_settings: [name], cancelled_deliveries, and left: the settings of the database (app.<name>) that only '
  'alter database … reset can remove.';
