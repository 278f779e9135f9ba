-- Can the database say itself that alerts are not delivered?
--
-- Answer:  one row per channel. is_set_up: its settings are there. same_place:
--          whether the functions send to the same place; null when they do not
--          say. failing_since: alerts are not being delivered at the moment.
-- Columns: channel, is_set_up, same_place, problem, failing_since, message_waits,
--          sent_at, attempted_at, last_error
-- To do:   no channel is set up, or a problem or last_error:
--          docs/runbooks/no-last-resort.md. same_place false:
--          docs/runbooks/last-resort-differs.md. failing_since:
--          docs/runbooks/alerts-undelivered.md.

select
  state.channel,
  target.url is not null as is_set_up,
  announced.fingerprint = target.fingerprint as same_place,
  target.problem,
  state.failing_since,
  state.message is not null as message_waits,
  state.sent_at,
  state.attempted_at,
  state.last_error
from jobs.last_resort as state
cross join lateral jobs.last_resort_target(state.channel) as target
left join jobs.alert_channels as announced
  on announced.name = state.channel
order by state.channel;
