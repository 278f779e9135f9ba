create function jobs.due_check_delay(failing jobs.due_check_failures)
returns interval
language sql
immutable
set search_path = ''
as $function$
  -- An error costs nothing and is over as soon as the function is corrected.
  select case
    when (due_check_delay.failing).slow then
      least(jobs.catch_up_delay((due_check_delay.failing).failures), interval '10 minutes')
    else interval '0'
  end;
$function$;

revoke all on function jobs.due_check_delay(jobs.due_check_failures)
  from public, anon, authenticated, service_role;

comment on function jobs.due_check_delay(jobs.due_check_failures) is
  'How long a due check that has failed is left alone: one that was too slow 1, 2, 4 minutes and so on, at most 10, so '
  'that it does not hold up those of other jobs; one that raised an error is asked again in the next minute.';
