create function jobs.is_degraded(run public.jobs_log)
returns boolean
language sql
stable
set search_path = ''
as $function$
  select
    (is_degraded.run).status = 'success'
    and coalesce(
      greatest((is_degraded.run).items_failed, jsonb_array_length((is_degraded.run).errors))
        > jobs.items_judged(is_degraded.run) * coalesce(
          (
            select definition.degraded_error_ratio
            from jobs.definitions as definition
            where definition.job_name = (is_degraded.run).job_name
          ),
          (jobs.defaults()).degraded_error_ratio
        ),
      false
    );
$function$;

revoke all on function jobs.is_degraded(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.is_degraded(public.jobs_log) is
  'Whether a success has more failed items than the job''s degraded_error_ratio allows (jobs.defaults() for a job that '
  'is not registered). Exactly the ratio is not degraded.';
