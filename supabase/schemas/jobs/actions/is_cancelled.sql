create function jobs.is_cancelled(run public.jobs_log)
returns boolean
language sql
stable
set search_path = ''
as $function$
  select
    (is_cancelled.run).status = 'failed'
    and exists (
      select 1
      from jobs.actions as cancellation
      where cancellation.run_id = (is_cancelled.run).id
        and cancellation.action = 'cancel'
    );
$function$;

revoke all on function jobs.is_cancelled(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.is_cancelled(public.jobs_log) is
  'Whether a run ended because somebody cancelled it.';
