create function jobs.correct_automatically(enabled boolean)
returns void
language sql
set search_path = ''
as $function$
  update jobs.ledger_settings
  set correct_automatically = correct_automatically.enabled
  where is_only_row;
$function$;

revoke all on function jobs.correct_automatically(boolean)
  from public, anon, authenticated, service_role;

comment on function jobs.correct_automatically(boolean) is
  'Turns on (true, the default of an installation) or off that each run sets back to pending what Duewatch marked and a '
  'moved due date has made wrong. Off: only public.correct_overdue() does it. Idempotent.';
