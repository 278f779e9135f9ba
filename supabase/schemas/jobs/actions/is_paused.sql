create function jobs.is_paused(job_name text)
returns boolean
language sql
stable
set search_path = ''
as $function$
  select exists (
    select 1
    from jobs.actions as pause
    where pause.job_name = is_paused.job_name
      and pause.action = 'pause'
      and pause.ended_at is null
  );
$function$;

revoke all on function jobs.is_paused(text)
  from public, anon, authenticated, service_role;

comment on function jobs.is_paused(text) is
  'Whether a job is paused: jobs.pause() was called and jobs.resume() has not been since.';
