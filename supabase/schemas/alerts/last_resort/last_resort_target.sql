create function jobs.last_resort_target(
  channel text,
  out url text,
  out api_key text,
  out mail_from text,
  out mail_to text[],
  out fingerprint text,
  out problem text
)
language plpgsql
stable
set search_path = ''
as $function$
declare
  recipients text;
  place text;
begin
  case last_resort_target.channel
    when 'slack' then
      url := jobs.optional_setting('slack_webhook_url');
      if url is null then
        return;
      end if;
      place := url;
      url := jobs.checked_service_url('slack_webhook_url', url);

    when 'email' then
      api_key := jobs.optional_setting('resend_api_key');
      mail_from := jobs.optional_setting('alert_email_from');
      recipients := jobs.optional_setting('alert_email_to');
      -- The key alone may be there for other mails.
      if mail_from is null and recipients is null then
        api_key := null;
        return;
      end if;

      if num_nulls(api_key, mail_from, recipients) > 0 then
        problem := format(
          'mail is half set up; still missing: %s',
          concat_ws(
            ', ',
            case when api_key is null then 'resend_api_key' end,
            case when mail_from is null then 'alert_email_from' end,
            case when recipients is null then 'alert_email_to' end
          )
        );
        return;
      end if;

      mail_to := jobs.mail_addresses(recipients);
      select string_agg(address.value, ',' order by address.value collate "C")
      into place
      from (
        select lower(btrim(coalesce(substring(entry.value from '<([^<>]+)>\s*$'), entry.value)))
        from unnest(mail_to) as entry (value)
      ) as address (value);
      url := jobs.checked_service_url(
        'resend_base_url',
        rtrim(coalesce(jobs.optional_setting('resend_base_url'), 'https://api.resend.com'), '/') || '/emails'
      );
  end case;

  fingerprint := left(encode(sha256(convert_to(place, 'UTF8')), 'hex'), 8);
exception
  -- Vault may be there and not readable.
  when others then
    get stacked diagnostics
      problem = message_text;
    url := null;
end
$function$;

revoke all on function jobs.last_resort_target(text)
  from public, anon, authenticated, service_role;

comment on function jobs.last_resort_target(text) is
  'Where the last resort sends to on a channel (slack, email), by the settings. All null when it is not set up; problem '
  'says why the settings cannot be used. fingerprint is the beginning of the SHA-256 of the webhook, or of the sorted '
  'recipients, as the functions announce it. Raises no error.';
