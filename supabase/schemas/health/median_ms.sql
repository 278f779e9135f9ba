create function jobs.median_ms(
  job_name text,
  as_of timestamptz default now()
)
returns bigint
language sql
stable
set search_path = ''
as $function$
  select percentile_disc(0.5) within group (order by run.duration_ms)
  from public.jobs_log as run
  where run.job_name = median_ms.job_name
    and run.status = 'success'
    and run.started_at > median_ms.as_of - interval '30 days'
    and run.started_at <= median_ms.as_of;
$function$;

revoke all on function jobs.median_ms(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.median_ms(text, timestamptz) is
  'The median duration of a job''s successes in the 30 days before as_of, in milliseconds; of two in the middle the '
  'shorter. Null without a success.';
