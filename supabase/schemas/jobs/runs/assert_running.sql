create function jobs.assert_running(run public.jobs_log)
returns void
language plpgsql
stable
set search_path = ''
as $function$
declare
  cancelled text := jobs.cancellation_text(run.id);
begin
  if cancelled is not null and run.status <> 'success' then
    raise exception 'run % was %', run.id, cancelled
      using errcode = 'PT409';
  end if;

  if run.status <> 'running' then
    raise exception 'run % is not running any more: %', run.id, run.status
      using
        errcode = 'PT409',
        detail = coalesce(run.error_message, '');
  end if;
end
$function$;

revoke all on function jobs.assert_running(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.assert_running(public.jobs_log) is
  'Raises PT409 for a run that was cancelled or is not running any more (reaped, for instance).';
