create function jobs.send_last_resort_tests()
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  began_at timestamptz := clock_timestamp();
  tested text;
  target record;
  problems jsonb;
  results jsonb := jsonb '[]';
begin
  update jobs.last_resort as state
  set
    written_at = began_at,
    attempted_at = null,
    subject = 'Test of the last resort',
    message = format(
      'This is a test of %s. When alerts are not delivered, the database says so here. Nothing is wrong, and there is '
        'nothing to do.',
      jobs.instant_text(began_at)
    )
  where state.failing_since is null;

  foreach tested in array array['slack', 'email'] loop
    target := jobs.last_resort_target(tested);
    problems := jobs.send_last_resort(tested, clock_timestamp());

    results := results || (
      select jsonb_build_object(
        'channel', state.channel,
        'status', case
          when target.url is null and target.problem is null then 'not_configured'
          when problems <> '[]' then 'failed'
          when state.sent_at >= began_at then 'sent'
          else 'not_tried'
        end,
        'problem', case
          when problems <> '[]' then problems ->> 0
          when target.url is not null and coalesce(state.sent_at < began_at, true) then
            'Alerts are not being delivered. The last resort has said so, and sends its next message within the hour.'
        end
      )
      from jobs.last_resort as state
      where state.channel = tested
    );
  end loop;

  return results;
end
$function$;

revoke all on function jobs.send_last_resort_tests()
  from public, anon, authenticated, service_role;

comment on function jobs.send_last_resort_tests() is
  'Sends a test on every channel of the last resort that is set up. Not idempotent: each call sends. While alerts are not '
  'delivered it sends the message that waits, if one does. Returns [{channel, status, problem}]; status is sent, failed, '
  'not_configured, or not_tried when the last resort is at work.';
