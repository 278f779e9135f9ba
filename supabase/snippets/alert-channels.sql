-- Which alert channels are set up, and do they work?
--
-- Answer:  one row per channel that a process has announced. announced_at is at
--          most two hours old while a process can send there. No row: no channel
--          is configured, or no process has looked for alerts yet.
-- Columns: channel, announced_at, paused_until, pending, oldest_pending_at,
--          given_up_24h, last_error, last_sent_at
-- To do:   no row, or an old announced_at: docs/runbooks/no-alert-channel.md.
--          pending or given_up_24h above 0: docs/runbooks/alerts-undelivered.md.

select
  channel ->> 'name' as channel,
  (channel ->> 'announced_at')::timestamptz as announced_at,
  (channel ->> 'paused_until')::timestamptz as paused_until,
  (channel ->> 'pending')::int as pending,
  (channel ->> 'oldest_pending_at')::timestamptz as oldest_pending_at,
  (channel ->> 'given_up_24h')::int as given_up_24h,
  channel ->> 'last_error' as last_error,
  (channel ->> 'last_sent_at')::timestamptz as last_sent_at
from jsonb_array_elements(jobs.channel_health_report()) as channel
order by channel ->> 'name';
