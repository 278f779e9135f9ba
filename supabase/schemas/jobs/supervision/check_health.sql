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

  -- 503 is also the answer of a check that finds something critical.
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
  'Raises when the check did not run, so that pg_cron''s history says so. Returns ok, warning or critical.';
