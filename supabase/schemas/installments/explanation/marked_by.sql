create function jobs.marked_by(installment_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select jsonb_build_object(
    'runId', last_change.run_id,
    'at', last_change.changed_at,
    'asOf', last_change.as_of
  )
  from (
    select change.*
    from jobs.changes_of(marked_by.installment_id) as change
    order by change.id desc
    limit 1
  ) as last_change
  where last_change.to_status = 'overdue';
$function$;

revoke all on function jobs.marked_by(uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.marked_by(uuid) is
  'The run that has marked an installment last: {runId, at, asOf}; null when the last that Duewatch did to it was something '
  'else, or nothing. From the ledger.';
