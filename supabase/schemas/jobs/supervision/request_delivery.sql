create function jobs.request_delivery()
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  problem text;
begin
  perform set_config('lock_timeout', '5s', true);
  if jobs.has_due_deliveries() or jobs.is_copy() or exists (
    select 1
    from jobs.last_resort as state
    where state.failing_since is not null
  ) then
    perform jobs.check_health(timeout_ms => 10000);
  end if;
  return jsonb '[]';
exception
  when others then
    get stacked diagnostics
      problem = message_text;
    return jsonb_build_array(problem);
end
$function$;

revoke all on function jobs.request_delivery()
  from public, anon, authenticated, service_role;

comment on function jobs.request_delivery() is
  'Calls the function check-job-health to deliver if there are due deliveries, or the delivery has '
  'been failing, or this database was found to be a copy, which may be over; waits for it for 10 seconds. '
  'Raises no error. Returns the problems it met, an array of sentences.';
