create function jobs.last_success_at(
  job_name text,
  as_of timestamptz default now()
)
returns timestamptz
language plpgsql
stable
set search_path = ''
as $function$
begin
  return (
    select run.started_at
    from public.jobs_log as run
    -- Written like this, only an index by job has the order. An index by time
    -- alone looks as cheap, but for a job without runs all of it would be read.
    where run.job_name = any (array[last_success_at.job_name])
      and run.status = 'success'
      and run.started_at <= last_success_at.as_of
      and not jobs.is_continued(run.metadata)
    order by run.job_name, run.started_at desc
    limit 1
  );
end
$function$;

revoke all on function jobs.last_success_at(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.last_success_at(text, timestamptz) is
  'When the last success of a job up to as_of has started that did all its work: a continued run is left out. Null '
  'without one.';
