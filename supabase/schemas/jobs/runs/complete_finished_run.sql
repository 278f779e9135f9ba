create function jobs.complete_finished_run()
returns trigger
language plpgsql
set search_path = ''
as $function$
begin
  if tg_op = 'UPDATE' then
    new.completed_at := greatest(now(), new.started_at);
  else
    -- A run that is logged after it has ended: its end is unknown.
    new.completed_at := new.started_at;
  end if;
  return new;
end
$function$;

revoke all on function jobs.complete_finished_run()
  from public, anon, authenticated, service_role;

comment on function jobs.complete_finished_run() is
  'Trigger of public.jobs_log: fills completed_at of a finished row that is written without it (now() on update, '
  'started_at on insert), so that a bare insert or update by hand works.';

create trigger complete_finished_run
  before insert or update on public.jobs_log
  for each row
  when (new.status <> 'running' and new.completed_at is null)
  execute function jobs.complete_finished_run();
