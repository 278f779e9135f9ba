create function jobs.send_last_resort(
  channel text,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  state jobs.last_resort;
  target record;
  body jsonb;
  answer record;
  problem text;
begin
  perform set_config('lock_timeout', '5s', true);

  select stored.*
  into state
  from jobs.last_resort as stored
  where stored.channel = send_last_resort.channel
    and stored.message is not null
    -- A copy holds what the original has written.
    and (stored.is_of_copy or not jobs.is_copy())
    -- It is tried again after as long as it has been tried, at most ten minutes.
    and (
      stored.attempted_at is null
      or stored.attempted_at < stored.written_at
      or send_last_resort.as_of >= stored.attempted_at
        + least(stored.attempted_at - stored.written_at, interval '10 minutes')
    )
  for update skip locked;

  if not found then
    return jsonb '[]';
  end if;

  target := jobs.last_resort_target(send_last_resort.channel);
  if target.url is null and target.problem is null then
    return jsonb '[]';
  end if;

  problem := target.problem;
  if problem is null then
    case send_last_resort.channel
      when 'slack' then
        body := jsonb_build_object(
          'text',
          replace(
            replace(replace(state.subject || E'\n\n' || state.message, '&', '&amp;'), '<', '&lt;'),
            '>',
            '&gt;'
          ),
          'mrkdwn', false
        );
        answer := jobs.post_json(target.url, body);
        if answer.status is distinct from 200 or btrim(answer.content) is distinct from 'ok' then
          problem := coalesce(answer.problem, format('Slack answered %s: %s', answer.status, answer.content));
        end if;

      when 'email' then
        body := jsonb_build_object(
          'from', target.mail_from,
          'to', target.mail_to,
          'subject', '[Duewatch] ' || state.subject,
          'text', state.message
        );
        answer := jobs.post_json(
          target.url,
          body,
          bearer => target.api_key,
          -- A mail that was corrected is another mail.
          idempotency_key => 'duewatch-last-resort-' || encode(
            sha256(convert_to(state.written_at || body::text, 'UTF8')),
            'hex'
          )
        );
        if answer.status is distinct from 200 or answer.content !~ '"id"\s*:\s*"[^"]+"' then
          problem := coalesce(answer.problem, format('Resend answered %s: %s', answer.status, answer.content));
        end if;
    end case;

    problem := jobs.redact_secrets(
      problem,
      target.mail_to || array[target.url, substring(target.url from '^https?://[^/]+(/.+)$'), target.api_key]
    );
  end if;

  update jobs.last_resort as stored
  set
    attempted_at = send_last_resort.as_of,
    last_error = problem,
    message = case when problem is not null then stored.message end,
    sent_at = case when problem is not null then stored.sent_at else send_last_resort.as_of end
  where stored.channel = send_last_resort.channel;

  if problem is null then
    return jsonb '[]';
  end if;
  return jsonb_build_array(format('the last resort could not send to %s: %s', send_last_resort.channel, problem));
exception
  when others then
    get stacked diagnostics
      problem = message_text;
    return jsonb_build_array(format('the last resort could not send to %s: %s', send_last_resort.channel, problem));
end
$function$;

revoke all on function jobs.send_last_resort(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.send_last_resort(text, timestamptz) is
  'Sends the message of jobs.last_resort that waits for a channel (slack, email), if one does and the settings of the '
  'channel are there; waits for the service for 5 seconds. Tries again every minute at first, then less often. Only '
  'Slack''s 200 ok and Resend''s id count as sent. A copy of the database (jobs.is_copy) sends only '
  'that it is one. Raises no error. Returns the problems it met, an array of sentences.';
