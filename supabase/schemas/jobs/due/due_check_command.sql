create function jobs.due_check_command()
returns text
language sql
immutable
set search_path = ''
as $function$
  -- Each question is a transaction of its own: what a check reads is as of then,
  -- and nothing is locked while a function works.
  select $command$do $due_checks$
declare
  ends_at timestamptz := clock_timestamp() + interval '45 seconds';
  problems jsonb := jsonb '[]';
  is_due boolean;
  job text;
begin
  foreach job in array array(select jobs.due_checks_to_ask()) loop
    exit when clock_timestamp() > ends_at;
    commit;
    is_due := jobs.ask_due_check(job);
    commit;
    if is_due then
      problems := problems || jobs.start_due_run(job);
      commit;
    end if;
  end loop;
  perform jobs.raise_problems(problems);
end
$due_checks$$command$;
$function$;

revoke all on function jobs.due_check_command()
  from public, anon, authenticated, service_role;

comment on function jobs.due_check_command() is
  'The command that pg_cron runs every minute as job-due-checks: jobs.ask_due_check() for each job of '
  'jobs.due_checks_to_ask(), and jobs.start_due_run() for those that are due. An entry of its own, so that a slow check '
  'holds up neither the supervisor nor an alert. What is left after 45 seconds is asked in the next minute. At the end it '
  'raises an error if something went wrong.';
