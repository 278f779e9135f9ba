-- The entries of pg_cron that watch over the others.
--
-- Why:       nobody looks by himself.
-- Locks:     nothing that exists.
-- Take back: supabase/rollbacks/alerts.sql.

select jobs.schedule_supervision();
