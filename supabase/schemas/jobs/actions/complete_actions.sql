create function jobs.complete_actions(as_of timestamptz default now())
returns text[]
language plpgsql
set search_path = ''
as $function$
declare
  due jobs.actions;
  problem text;
  problems text[] := array[]::text[];
begin
  for due in
    select requested.*
    from jobs.actions as requested
    where requested.ended_at is null
      and (
        requested.action in ('pause', 'snooze') and requested.until <= complete_actions.as_of
        or requested.action = 'cancel'
      )
    order by requested.requested_at
  loop
    begin
      case due.action
        when 'pause' then
          perform jobs.resume(
            job_name => due.job_name,
            reason => format('The pause was to end at %s: %s', due.until, left(due.reason, 400)),
            requested_by => 'job-supervisor',
            as_of => complete_actions.as_of
          );
        when 'snooze' then
          perform jobs.end_snooze(due, complete_actions.as_of);
        when 'cancel' then
          perform jobs.end_cancelled_run(due.run_id);

          -- Of a run that ended by itself just as it was cancelled.
          update jobs.actions as cancellation
          set ended_at = complete_actions.as_of
          where cancellation.id = due.id
            and cancellation.ended_at is null
            and not exists (
              select 1
              from public.jobs_log as run
              where run.id = due.run_id
                and run.status = 'running'
            );
      end case;
    exception
      when others then
        get stacked diagnostics
          problem = message_text;
        problems := problems || format('%s: its %s could not be completed: %s', due.job_name, due.action, problem);
    end;
  end loop;

  return problems;
end
$function$;

revoke all on function jobs.complete_actions(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.complete_actions(timestamptz) is
  'What the supervisor does for jobs.actions: resumes jobs whose pause has lasted, ends snoozes that have lasted, and ends '
  'cancelled runs whose function never called again. Idempotent. Returns the problems it met, as sentences.';
