-- pg_cron with the rights that hosted Supabase gives to `postgres`: run the
-- functions, read the jobs, read and purge the history. No other role gets in.

create extension if not exists pg_cron with schema pg_catalog;

-- pg_cron opens its tables to PUBLIC behind row level security; here the schema
-- is the door, and it is named who holds the key.
grant usage on schema cron to postgres with grant option;
grant execute on all functions in schema cron to postgres with grant option;

revoke all on table cron.job from postgres;
grant select on table cron.job to postgres with grant option;

revoke all on table cron.job_run_details from postgres;
grant select, delete on table cron.job_run_details to postgres;
