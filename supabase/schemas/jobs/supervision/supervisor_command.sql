create function jobs.supervisor_command()
returns text
language sql
immutable
set search_path = ''
as $function$
  -- Each step is committed before the next: a function that is called must not
  -- wait for rows that its caller has locked. What is still due after 45 seconds
  -- is due again in the next minute.
  select $command$do $supervisor$
declare
  ends_at timestamptz := clock_timestamp() + interval '45 seconds';
  problems jsonb := jobs.supervisor_step('supervise');
  channel text;
  job text;
begin
  commit;
  problems := problems || jobs.supervisor_step(
    'prepare_last_resort', problems => jobs.supervisor_step('request_delivery')
  );
  commit;
  foreach channel in array array['slack', 'email'] loop
    problems := problems || jobs.supervisor_step('send_last_resort', channel);
    commit;
  end loop;
  foreach job in array jobs.catch_ups_to_start() loop
    exit when clock_timestamp() > ends_at;
    problems := problems || jobs.supervisor_step('start_catch_up', job);
    commit;
  end loop;
  problems := problems || jobs.supervisor_step('report_supervisor_problems');
  commit;
  perform jobs.raise_problems(problems);
end
$supervisor$$command$;
$function$;

revoke all on function jobs.supervisor_command()
  from public, anon, authenticated, service_role;

comment on function jobs.supervisor_command() is
  'The command that pg_cron runs every minute as job-supervisor: jobs.supervise(); then, with nothing locked, '
  'jobs.request_delivery(); then what the database sends itself (jobs.prepare_last_resort(), jobs.send_last_resort()); '
  'then jobs.start_catch_up() for each job that is due. Each is a jobs.supervisor_step(), so that an error holds up no '
  'other; jobs.report_supervisor_problems() reports it. A block and not a function, because it '
  'commits in between. At the end, when all is committed, it raises an error if something went wrong.';
