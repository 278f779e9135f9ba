-- Which sessions keep a transaction open, and which do they block?
--
-- Answer:  one row per session whose transaction is older than a minute, the
--          oldest first. waits_for has the sessions that it waits for.
--          A running job is listed here as well.
-- Columns: pid, open_for, state, usename, application_name, waits_for, query
-- To do:   the row that waits for none while others wait for its pid is the cause.
--          If it is idle in transaction, select pg_terminate_backend(<pid>);
--          rolls it back and releases its rows.

select
  session.pid,
  now() - session.xact_start as open_for,
  session.state,
  session.usename,
  session.application_name,
  pg_blocking_pids(session.pid) as waits_for,
  left(session.query, 200) as query
from pg_stat_activity as session
where session.backend_type = 'client backend'
  and session.xact_start < now() - interval '1 minute'
order by session.xact_start;
