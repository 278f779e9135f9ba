create function jobs.check_health(timeout_ms int default 45000)
returns text
language plpgsql
set search_path = ''
as $function$
declare
  answer record;
begin
  answer := jobs.call_function(
    slug => 'check-job-health',
    method => 'GET',
    timeout_ms => check_health.timeout_ms
  );

  -- The health report says so. An error would undo that it was noted.
  if jobs.is_copy() then
    return null;
  end if;

  -- A check that finds something critical answers 503, too.
  if answer.problem is not null
    or coalesce(answer.content, '') !~ '"checkedAt"' then
    raise exception 'The health check did not run. %',
      coalesce(answer.problem, jobs.explain_response(answer.status, answer.content));
  end if;

  return (answer.content::jsonb) ->> 'status';
end
$function$;

revoke all on function jobs.check_health(int)
  from public, anon, authenticated, service_role;

comment on function jobs.check_health(int) is
  'Calls the function check-job-health, which raises and delivers alerts. timeout_ms defaults to 45 seconds. '
  'Raises an error when the check did not run, so that pg_cron''s history shows it. Returns ok, warning or critical; '
  'null in a copy of the database (jobs.is_copy), whose call is refused.';
