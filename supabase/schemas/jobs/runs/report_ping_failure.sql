create function public.report_ping_failure(
  run_id uuid,
  problem text
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
declare
  noted jsonb;
begin
  update public.jobs_log as run
  set metadata = coalesce(run.metadata, '{}')
    || jsonb_build_object('ping_error', left(report_ping_failure.problem, 500))
  where run.id = report_ping_failure.run_id
    and run.status = 'success'
  returning jsonb_build_object('run_id', run.id, 'ping_error', run.metadata ->> 'ping_error')
  into noted;

  if noted is null then
    raise exception 'no run % has succeeded', report_ping_failure.run_id
      using errcode = 'PT404';
  end if;
  return noted;
end
$function$;

revoke all on function public.report_ping_failure(uuid, text)
  from public, anon, authenticated, service_role;
grant execute on function public.report_ping_failure(uuid, text)
  to service_role;

comment on function public.report_ping_failure(uuid, text) is
  'Notes in the row of a success that its ping (jobs.definitions.ping_url) did not arrive: metadata.ping_error. The run '
  'stays a success. Idempotent. Raises PT404 when no run with this id has succeeded. Returns {run_id, ping_error}.';
