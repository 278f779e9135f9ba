create function jobs.other_entries(definition jobs.definitions)
returns text
language sql
stable
set search_path = ''
as $function$
  select string_agg(
    format('%s of %s (%s)', coalesce(other.jobname, 'entry ' || other.jobid), other.username, other.schedule),
    ', '
    order by other.jobid
  )
  from cron.job as other
  where other.active
    and other.database = current_database()
    and (
      other.jobname = (other_entries.definition).cron_job_name
      or (
        other.command ~ '\mjobs\.dispatch\M'
        and strpos(other.command, quote_literal((other_entries.definition).job_name)) > 0
      )
    )
    and (other.jobname, other.username)
      is distinct from ((other_entries.definition).cron_job_name, jobs.entry_owner());
$function$;

revoke all on function jobs.other_entries(jobs.definitions)
  from public, anon, authenticated, service_role;

comment on function jobs.other_entries(jobs.definitions) is
  'Active pg_cron entries that start the job besides its own, or have the name of its entry: a list for people, or null.';
