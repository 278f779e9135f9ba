create function jobs.keep_status_changes(keep interval)
returns void
language plpgsql
set search_path = ''
as $function$
begin
  if keep_status_changes.keep is null or keep_status_changes.keep < interval '1 year' then
    raise exception 'status changes are kept for a year at least'
      using errcode = 'invalid_parameter_value';
  end if;

  update jobs.ledger_settings
  set keep_changes = keep_status_changes.keep
  where is_only_row;
end
$function$;

revoke all on function jobs.keep_status_changes(interval)
  from public, anon, authenticated, service_role;

comment on function jobs.keep_status_changes(interval) is
  'Sets how long the ledger is kept: seven years after an installation, a year at least. Idempotent. '
  'Raises 22023 for less.';
