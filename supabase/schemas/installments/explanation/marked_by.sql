create function jobs.marked_by(installment_id uuid)
returns jsonb
language sql
stable
set search_path = ''
begin atomic
  select jsonb_build_object(
    'runId', last.run_id,
    'at', last.changed_at,
    'asOf', last.as_of,
    'dueDate', last.due_date
  )
  from jobs.last_change_of(marked_by.installment_id) as last
  where last.to_status = 'overdue';
end;

revoke all on function jobs.marked_by(uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.marked_by(uuid) is
  'The run that has marked an installment last: {runId, at, asOf, dueDate}; null when the last that Duewatch did to it was something '
  'else, or nothing. From the ledger.';
