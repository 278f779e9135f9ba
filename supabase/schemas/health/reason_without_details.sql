create function jobs.reason_without_details(
  reason jsonb,
  cause text default null
)
returns jsonb
language sql
immutable
set search_path = ''
as $function$
  -- What a sentence quotes comes after its first colon: an error, a command.
  select reason_without_details.reason || jsonb_build_object(
    'message',
    case
      when reason_without_details.reason ->> 'code' in ('setting_missing', 'setting_unreadable') then
        reason_without_details.reason ->> 'message'
      -- It quotes why the job was paused.
      when reason_without_details.reason ->> 'code' = 'not_turned_on' then
        'The job is installed and not turned on.'
      when reason_without_details.reason ->> 'message' !~ ':\s' then
        reason_without_details.reason ->> 'message'
      else
        concat_ws(
          ': ',
          -- Nor what announces it: "The last error: …".
          btrim(
            regexp_replace(reason_without_details.reason ->> 'message', '(?s)(?:\s+(?:The last error|It executes))?:\s.*$', ''),
            '. '
          ),
          reason_without_details.cause
        ) || '.'
    end
  );
$function$;

revoke all on function jobs.reason_without_details(jsonb, text)
  from public, anon, authenticated, service_role;

comment on function jobs.reason_without_details(jsonb, text) is
  'A reason of the health report for dashboards and read keys: without the error or the command that its message quotes, '
  'and with cause (jobs.failure_cause) in its place, if there is one.';
