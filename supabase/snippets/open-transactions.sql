-- Who keeps a transaction open, and whom does it keep waiting?
--
-- Answer:  one row per session whose transaction is older than a minute, the
--          oldest first. waits_for names the sessions that it waits for itself.
--          A run of a job shows up here for as long as it takes.
-- Columns: pid, open_for, state, usename, application_name, waits_for, query
-- To do:   the row that waits for nobody while others name its pid is the cause.
--          idle in transaction: nobody is at work, select
--          pg_terminate_backend(<pid>); undoes what it did and frees its rows.

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
