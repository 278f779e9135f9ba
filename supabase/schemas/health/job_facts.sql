create type jobs.job_facts as (
  job_name text,
  definition jobs.definitions,
  last_run public.jobs_log,
  last_finished public.jobs_log,
  last_success public.jobs_log,
  is_missed boolean,
  finished_runs bigint,
  failed_runs bigint,
  much_quicker_runs bigint,
  finished_catch_ups bigint,
  failed_catch_ups bigint
);

comment on type jobs.job_facts is
  'What a job is judged by: its definition (null when it is not registered), its last runs, and how many runs of 30 days '
  'have ended. much_quicker_runs: the successes that took less than a third of what the last run took, and over '
  'five seconds less. Runs that made up for others are among those that ended, and counted once more by themselves.';
