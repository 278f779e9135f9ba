create function public.correct_overdue(
  agency_id uuid default null,
  dry_run boolean default true,
  as_of timestamptz default now(),
  run_id uuid default null
)
returns jsonb
language sql
volatile
set search_path = ''
-- The Data API's own limit is 8 seconds.
set statement_timeout = '60s'
begin atomic
  select jobs.run_correction(
    correct_overdue.agency_id,
    correct_overdue.dry_run,
    correct_overdue.as_of,
    correct_overdue.run_id
  );
end;

revoke all on function public.correct_overdue(uuid, boolean, timestamptz, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.correct_overdue(uuid, boolean, timestamptz, uuid)
  to authenticated, service_role;

comment on function public.correct_overdue(uuid, boolean, timestamptz, uuid) is
  'Sets back to pending what is overdue, was last marked by Duewatch (run_id: by that run) and is not overdue by the rule '
  'and the settings of today: the zone was corrected, the due date was moved, the plan is not active any more. Of one '
  'agency, or (default) of all. '
  'dry_run (default true) changes nothing and says what would be changed. '
  'At most 50,000 a call: call it until remaining is 0 or does not go down. Rows that others hold and agencies whose '
  'update fails are left, and counted in remaining. A payment that was recorded meanwhile wins. Idempotent. '
  'A call that changes something, or ends an incident of an earlier one, is logged as a run of correct-overdue-installments, and in the ledger. '
  'Only admins and service_role; 42501 for others. Raises PT404 for an unknown agency or run, 22023 for an as_of that is null or '
  'infinite. '
  'Returns {dryRun, corrected, remaining, byAgency: [{agencyId, name, corrected, reasons}], errors: [{id, name, error}], runId}. '
  'runId is null where no run was logged.';
