create function jobs.close_incidents_of_unregistered_job()
returns trigger
language plpgsql
set search_path = ''
as $function$
begin
  perform jobs.close_incidents_silently(old.job_name);
  return null;
end
$function$;

revoke all on function jobs.close_incidents_of_unregistered_job()
  from public, anon, authenticated, service_role;

comment on function jobs.close_incidents_of_unregistered_job() is
  'Trigger of jobs.definitions: closes the open incidents of a job that is unregistered, without an alert. There would '
  'be no reminder of them and no run to close them.';

create trigger close_incidents_of_unregistered_job
  after delete on jobs.definitions
  for each row
  execute function jobs.close_incidents_of_unregistered_job();
