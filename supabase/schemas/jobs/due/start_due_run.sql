create function jobs.start_due_run(job_name text)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  problem text;
begin
  perform set_config('lock_timeout', '5s', true);
  perform jobs.dispatch(
    job_name => start_due_run.job_name,
    trigger_source => 'due',
    timeout_ms => 10000
  );
  return jsonb '[]';
exception
  when others then
    get stacked diagnostics
      problem = message_text;
    return jsonb_build_array(
      format('%s: the run that is due was not started: %s', start_due_run.job_name, problem)
    );
end
$function$;

revoke all on function jobs.start_due_run(text)
  from public, anon, authenticated, service_role;

comment on function jobs.start_due_run(text) is
  'Starts a run that is due: dispatches the job and waits for 10 seconds; a run that takes longer goes on by itself. '
  'Raises no error: a run that could not be started is logged as failed. Returns the problems it met, an array of '
  'sentences.';
