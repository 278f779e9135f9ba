create function jobs.failure_causes(
  from_at timestamptz,
  to_at timestamptz
)
returns table (
  run_id uuid,
  cause text
)
language sql
stable
security definer
set search_path = ''
as $function$
  select
    run.id,
    jobs.failure_cause(run)
  from public.jobs_log as run
  where run.status = 'failed'
    and run.started_at >= failure_causes.from_at
    and run.started_at < failure_causes.to_at
  order by run.started_at desc, run.id desc
  limit 1000;
$function$;

revoke all on function jobs.failure_causes(timestamptz, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function jobs.failure_causes(timestamptz, timestamptz)
  to metrics_reader;

comment on function jobs.failure_causes(timestamptz, timestamptz) is
  'Why the runs that started in [from_at, to_at) failed, the newest 1000, by jobs.failure_cause(). For dashboards, which '
  'may not read error_message: it can name a customer.';
