create function jobs.failure_cause(run public.jobs_log)
returns text
language plpgsql
stable
set search_path = ''
as $function$
declare
  message constant text := coalesce(left((failure_cause.run).error_message, 1000), '');
  -- Of the last attempt, or at the end of a message. Everything else in a
  -- message may be somebody's name.
  code constant text := coalesce(
    (failure_cause.run).metadata #>> '{attempt_errors,-1,code}',
    substring(message from '\(([0-9A-Za-z_]+)\)[.]?$')
  );
begin
  if (failure_cause.run).status is distinct from 'failed' then
    return null;
  end if;

  return case
    when jobs.is_cancelled(failure_cause.run) then
      'cancelled by a person'
    when message ~ '^[0-9]+ of [0-9]+ items failed' and (failure_cause.run).items_total is not null then
      format(
        '%s of %s items failed',
        greatest((failure_cause.run).items_failed, jsonb_array_length((failure_cause.run).errors), 0),
        (failure_cause.run).items_total
      )
    when message ~ '^The run was still not finished after' then
      'not finished within max_runtime'
    when message ~ '^The run had reported its progress' then
      'no progress for a minute'
    when message ~ '^The run was logged as running with a start in the future' then
      'a start in the future'
    when message ~ '^The time of the run was over' then
      'the time was over before anything was done'
    when message ~ '^The function answered [0-9]{3}:' then
      'the function answered ' || substring(message from '[0-9]{3}')
    when message ~ '^The function could not be called' then
      case
        when message ~* 'timed out' then 'the function did not answer in time'
        when message ~* '(vault|functions_url|jobs_api_key)' then 'a setting is missing or unusable'
        else 'the function could not be reached'
      end
    when code ~ '^http_[1-5][0-9]{2}$' then
      'HTTP status ' || right(code, 3)
    when code = 'timeout' then
      'no answer in time'
    when code = 'network' then
      'network error'
    when code ~ '^PGRST[0-9]{3}$' then
      format('Data API error (%s)', code)
    else
      coalesce(
        jobs.sqlstate_text(code),
        jobs.sqlstate_text(
          case
            when message ~* 'deadlock detected' then '40P01'
            when message ~* 'canceling statement due to statement timeout' then '57014'
            when message ~* 'canceling statement due to lock timeout' then '55P03'
            when message ~* 'duplicate key value violates unique constraint' then '23505'
            when message ~* 'violates [a-z -]+ constraint' then '23000'
            when message ~* '^permission denied for' then '42501'
          end
        ),
        'an error of the job'
      )
  end;
end
$function$;

revoke all on function jobs.failure_cause(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.failure_cause(public.jobs_log) is
  'Why a run failed, in a few words that name nobody: "3 of 22 items failed", "the function answered 503", "time-out or '
  'shutdown (57014)". For dashboards and read keys, which do not get error_message. Null when the run has not failed.';
