create function public.get_job_metrics(
  job_name text default null,
  from_at timestamptz default null,
  to_at timestamptz default null,
  max_runs int default 500,
  as_of timestamptz default now(),
  with_details boolean default true
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
-- Compiling takes longer than it saves.
set jit = off
as $function$
declare
  ends_at timestamptz := coalesce(get_job_metrics.to_at, get_job_metrics.as_of);
  begins_at timestamptz := coalesce(get_job_metrics.from_at, ends_at - interval '30 days');
  names text[];
  numbers jsonb[];
begin
  if begins_at >= ends_at then
    raise exception 'from has to be earlier than to'
      using errcode = 'invalid_parameter_value';
  end if;

  names := array(
    select known.name
    from jobs.known_jobs() as known (name)
    where get_job_metrics.job_name is null
      or known.name = get_job_metrics.job_name
    order by known.name
  );

  if get_job_metrics.job_name is not null and cardinality(names) = 0 then
    raise exception 'there is no job %', get_job_metrics.job_name
      using errcode = 'PT404';
  end if;

  numbers := array(
    select jobs.run_statistics(known.name, begins_at, ends_at, get_job_metrics.as_of)
    from unnest(names) with ordinality as known (name, position)
    order by known.position
  );

  return jsonb_build_object(
    'checked_at', get_job_metrics.as_of,
    'from', begins_at,
    'to', ends_at,
    'jobs', (
      select coalesce(jsonb_agg(job.numbers -> 'summary' order by job.position), '[]')
      from unnest(numbers) with ordinality as job (numbers, position)
    ),
    'daily', (
      select coalesce(jsonb_agg(daily.point order by daily.point ->> 'time', job.position), '[]')
      from unnest(numbers) with ordinality as job (numbers, position)
      cross join lateral jsonb_array_elements(job.numbers -> 'daily') as daily (point)
    ),
    'runs', jobs.latest_runs(
      job_name => get_job_metrics.job_name,
      from_at => begins_at,
      to_at => ends_at,
      max_runs => get_job_metrics.max_runs,
      with_details => get_job_metrics.with_details
    ),
    'items', (
      select coalesce(
        jsonb_agg(
          case
            when get_job_metrics.with_details then item.total
            else item.total || jsonb_build_object('item_id', jobs.item_pseudonym(item.total ->> 'item_id'))
          end
        ),
        '[]'
      )
      from unnest(names) as known (name)
      cross join lateral jobs.item_totals(known.name, begins_at, ends_at) as item (total)
    ),
    'health', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'job_name', judged.job ->> 'job_name',
            'status', judged.job ->> 'status',
            'reasons', judged.job -> 'reasons'
          )
        ),
        '[]'
      )
      from jsonb_array_elements(
        jobs.job_health_report(get_job_metrics.as_of, get_job_metrics.job_name)
      ) as report (job)
      cross join lateral (
        select case
          when get_job_metrics.with_details then report.job
          else jobs.job_without_details(report.job)
        end as job
      ) as judged
    ),
    'alerts', (
      select coalesce(jsonb_agg(backlog.channel), '[]')
      from jobs.alert_backlog(get_job_metrics.as_of) as backlog (channel)
    )
  );
end
$function$;

revoke all on function public.get_job_metrics(text, timestamptz, timestamptz, int, timestamptz, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.get_job_metrics(text, timestamptz, timestamptz, int, timestamptz, boolean)
  to service_role;

comment on function public.get_job_metrics(text, timestamptz, timestamptz, int, timestamptz, boolean) is
  'The numbers of one job, or (default) of all, for runs that started in [from_at, to_at): default the 30 days before '
  'as_of, and everything is in it. Without with_details it is what a read key gets: causes in place of errors, and no names. '
  'Reads only. Raises PT404 for a job that is neither registered nor logged nor in an open incident, '
  '22023 for an empty window. '
  'Returns {checked_at, from, to, jobs: [summary], daily: [UTC days], runs: [the latest max_runs, by time], '
  'items: [totals], health: [{job_name, status, reasons}], alerts: [backlog by channel]}: flat arrays, '
  'each row with its job_name, as a dashboard reads them.';
