create function jobs.supervisor_step(
  step text,
  subject text default null,
  problems jsonb default '[]'
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  found_problems jsonb := jsonb '[]';
  problem text;
  failure text;
begin
  begin
    -- A call that is cancelled while pgsql-http waits raises twice: first an
    -- error of its own, and the cancellation when that has been caught.
    begin
      case supervisor_step.step
        when 'supervise' then
          found_problems := jobs.supervise() -> 'problems';
          select string_agg(sentence.value, '; ')
          into problem
          from jsonb_array_elements_text(found_problems) as sentence;
        when 'request_delivery' then
          found_problems := jobs.request_delivery();
        when 'prepare_last_resort' then
          found_problems := jobs.prepare_last_resort(supervisor_step.problems);
        when 'send_last_resort' then
          found_problems := jobs.send_last_resort(supervisor_step.subject);
        when 'start_catch_up' then
          found_problems := jobs.start_catch_up(supervisor_step.subject);
        when 'report_supervisor_problems' then
          perform jobs.report_supervisor_problems();
      end case;
    exception
      when others then
        get stacked diagnostics
          failure = message_text;
    end;
  exception
    -- A time-out as well: the steps that follow have their own work to do.
    when query_canceled then
      get stacked diagnostics
        failure = message_text;
  end;
  if failure is not null then
    problem := failure;
    found_problems := supervisor_step.problems || to_jsonb(
      format('the step %s failed: %s', concat_ws(' of ', supervisor_step.step, supervisor_step.subject), failure)
    );
  end if;

  begin
    perform jobs.note_supervisor_step(
      step => concat_ws(' of ', supervisor_step.step, supervisor_step.subject),
      problem => problem
    );
  exception
    when others then
      get stacked diagnostics
        problem = message_text;
      found_problems := found_problems || to_jsonb(
        format('that the step %s failed could not be kept: %s', supervisor_step.step, problem)
      );
  end;
  return found_problems;
end
$function$;

revoke all on function jobs.supervisor_step(text, text, jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.supervisor_step(text, text, jsonb) is
  'Does one step of the supervisor (supervise, request_delivery, prepare_last_resort, send_last_resort, start_catch_up, '
  'report_supervisor_problems), of the channel or the job subject. An error, and a function that is missing, is kept in '
  'jobs.supervisor_problems and holds up no other step. problems are those of the step before. Raises no error. Returns '
  'the problems, an array of sentences.';
