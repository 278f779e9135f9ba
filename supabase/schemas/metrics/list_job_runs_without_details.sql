create function public.list_job_runs_without_details(
  job_name text default null,
  status text default null,
  run_id uuid default null,
  before_started_at timestamptz default null,
  before_id uuid default null,
  max_count int default 30,
  trigger_source text default null,
  from_at timestamptz default null,
  to_at timestamptz default null
)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $function$
  select coalesce(
    jsonb_agg(
      listed.value || jsonb_build_object(
        'error_message', jobs.failure_cause(run),
        'errors', jsonb '[]',
        -- A job can write anything here, also as a key.
        'metadata', (
          select coalesce(jsonb_object_agg(fact.key, fact.value), '{}')
          from jsonb_each(
            case when jsonb_typeof(run.metadata) = 'object' then run.metadata else '{}' end
          ) as fact
          where fact.key in ('attempts', 'continued')
            and jsonb_typeof(fact.value) in ('number', 'boolean')
        )
      )
      order by listed.position
    ),
    '[]'
  )
  from jsonb_array_elements(
    public.list_job_runs(
      job_name => list_job_runs_without_details.job_name,
      status => list_job_runs_without_details.status,
      run_id => list_job_runs_without_details.run_id,
      before_started_at => list_job_runs_without_details.before_started_at,
      before_id => list_job_runs_without_details.before_id,
      max_count => list_job_runs_without_details.max_count,
      trigger_source => list_job_runs_without_details.trigger_source,
      from_at => list_job_runs_without_details.from_at,
      to_at => list_job_runs_without_details.to_at
    )
  ) with ordinality as listed (value, position)
  join public.jobs_log as run
    on run.id = (listed.value ->> 'id')::uuid;
$function$;

revoke all on function public.list_job_runs_without_details(text, text, uuid, timestamptz, uuid, int, text, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.list_job_runs_without_details(text, text, uuid, timestamptz, uuid, int, text, timestamptz, timestamptz)
  to service_role;

comment on function public.list_job_runs_without_details(text, text, uuid, timestamptz, uuid, int, text, timestamptz, timestamptz) is
  'public.list_job_runs() for read keys: error_message is the cause of the failure (jobs.failure_cause), errors is empty, '
  'and metadata has attempts and continued only. Reads only. Same arguments and errors. Returns an array.';
