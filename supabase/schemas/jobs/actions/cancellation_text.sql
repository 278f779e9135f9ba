create function jobs.cancellation_text(run_id uuid)
returns text
language sql
stable
set search_path = ''
as $function$
  select format('cancelled by %s because: %s', cancellation.requested_by, cancellation.reason)
  from jobs.actions as cancellation
  where cancellation.run_id = cancellation_text.run_id
    and cancellation.action = 'cancel';
$function$;

revoke all on function jobs.cancellation_text(uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.cancellation_text(uuid) is
  'Who cancelled a run and why, as part of a sentence; null for a run that nobody has cancelled.';
