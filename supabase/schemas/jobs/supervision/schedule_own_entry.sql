create function jobs.schedule_own_entry(job_name text)
returns void
language sql
set search_path = ''
as $function$
  select jobs.assert_entry_owner();

  select cron.alter_job(
    job_id => cron.schedule(
      job_name => entry.name,
      schedule => entry.schedule,
      command => entry.command
    ),
    active => true
  )
  from jobs.own_entries() as entry
  where entry.name = schedule_own_entry.job_name;
$function$;

revoke all on function jobs.schedule_own_entry(text)
  from public, anon, authenticated, service_role;

comment on function jobs.schedule_own_entry(text) is
  'Schedules one pg_cron entry of jobs.own_entries(), active, or brings it up to date. Idempotent. Raises 42501 for another '
  'role than jobs.entry_owner().';
