create function jobs.action_in_force(
  job_name text,
  action text,
  as_of timestamptz default now()
)
returns jobs.actions
language sql
stable
set search_path = ''
as $function$
  select requested
  from jobs.actions as requested
  where requested.job_name = action_in_force.job_name
    and requested.action = action_in_force.action
    and requested.action in ('pause', 'snooze')
    and requested.ended_at is null
    -- A supervisor that is dead does not prolong a silence.
    and (requested.action = 'pause' or requested.until > action_in_force.as_of);
$function$;

revoke all on function jobs.action_in_force(text, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.action_in_force(text, text, timestamptz) is
  'The pause or snooze of a job that is in force, or null. A pause is in force until the job is resumed, a snooze not '
  'longer than it was to last.';
