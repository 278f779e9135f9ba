create function jobs.marked_by(installment_id uuid)
returns jsonb
language sql
stable
set search_path = ''
return null::jsonb;

revoke all on function jobs.marked_by(uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.marked_by(uuid) is
  'The run that has marked an installment last, if nothing has changed it since: {runId, at, asOf}; null when Duewatch did '
  'not mark it.';
