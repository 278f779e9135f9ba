create function jobs.follow_cutoffs(enabled boolean)
returns void
language plpgsql
set search_path = ''
as $function$
declare
  our_check constant text := 'jobs.installments_are_due';
begin
  if follow_cutoffs.enabled is null then
    raise exception 'enabled has to be true or false'
      using errcode = 'invalid_parameter_value';
  end if;

  perform
  from jobs.definitions as definition
  where definition.job_name = 'update-installment-statuses'
  for update;

  if not found then
    raise exception 'the job update-installment-statuses is not registered'
      using
        errcode = 'object_not_in_prerequisite_state',
        hint = 'Register it with jobs.register(), as the migration does.';
  end if;

  update jobs.definitions as definition
  set due_check = case when follow_cutoffs.enabled then our_check end
  where definition.job_name = 'update-installment-statuses'
    -- A due check of somebody's own is not turned off.
    and (definition.due_check is not distinct from our_check) <> follow_cutoffs.enabled;

  if found then
    -- It begins anew: its first question looks at all due dates.
    delete from jobs.followed_cutoffs
    where agency_id is not null;

    delete from jobs.due_check_failures as failing
    where failing.job_name = 'update-installment-statuses';
  end if;
end
$function$;

revoke all on function jobs.follow_cutoffs(boolean)
  from public, anon, authenticated, service_role;

comment on function jobs.follow_cutoffs(boolean) is
  'Turns on (true) or off (false, as after an installation) that update-installment-statuses runs whenever an installment '
  'becomes overdue: within two minutes of the cut-off of its agency. The daily run stays. '
  'A due check of your own is replaced by true, and left alone by false. '
  'Idempotent. It stays on when the migration is applied again; jobs.register() without due_check turns it off. '
  'Raises 22023 for null, and 55000 when the job is not registered.';
