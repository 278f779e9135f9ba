create function public.list_job_runs(
  job_name text default null,
  status text default null,
  run_id uuid default null,
  before_started_at timestamptz default null,
  before_id uuid default null,
  max_count int default 30,
  omit_key text default null,
  trigger_source text default null,
  from_at timestamptz default null,
  to_at timestamptz default null
)
returns jsonb
language plpgsql
stable
set search_path = ''
-- A plan for the filters of this call reads the page from an index.
set plan_cache_mode = force_custom_plan
as $function$
begin
  if list_job_runs.max_count is null or list_job_runs.max_count not between 1 and 101 then
    raise exception 'max_count must be between 1 and 101'
      using
        errcode = 'invalid_parameter_value',
        hint = 'A page has up to 100 runs; one more shows whether there is a next page.';
  end if;

  if (list_job_runs.before_started_at is null) <> (list_job_runs.before_id is null) then
    raise exception 'before_started_at and before_id go together'
      using
        errcode = 'invalid_parameter_value',
        hint = 'Several runs can start at one instant, so the position of a page needs both.';
  end if;

  return (
    select coalesce(
      jsonb_agg(
        jsonb_build_object(
          'id', page.id,
          'job_name', page.job_name,
          'started_at', page.started_at,
          'completed_at', page.completed_at,
          'status', page.status,
          'records_updated', coalesce(page.records_updated, 0),
          'items_updated', page.items_updated,
          'items_total', page.items_total,
          'items_processed', page.items_processed,
          'items_failed', greatest(page.items_failed, jsonb_array_length(page.errors), 0),
          'errors', coalesce(page.errors, '[]'),
          'error_message', page.error_message,
          'duration_ms', page.duration_ms,
          'trigger_source', page.trigger_source,
          'metadata', case
            when list_job_runs.omit_key is not null and jsonb_typeof(page.metadata) = 'object' then
              page.metadata - list_job_runs.omit_key
            else coalesce(page.metadata, '{}')
          end,
          'created_at', page.created_at
        )
        order by page.started_at desc, page.id desc
      ),
      '[]'
    )
    from (
      select run.*
      from public.jobs_log as run
      where (list_job_runs.job_name is null or run.job_name = list_job_runs.job_name)
        and (list_job_runs.status is null or run.status = list_job_runs.status)
        and (list_job_runs.run_id is null or run.id = list_job_runs.run_id)
        and (list_job_runs.trigger_source is null or run.trigger_source = list_job_runs.trigger_source)
        and (list_job_runs.from_at is null or run.started_at >= list_job_runs.from_at)
        and (list_job_runs.to_at is null or run.started_at < list_job_runs.to_at)
        and (
          list_job_runs.before_started_at is null
          or (run.started_at, run.id) < (list_job_runs.before_started_at, list_job_runs.before_id)
        )
      order by run.started_at desc, run.id desc
      limit list_job_runs.max_count
    ) as page
  );
end
$function$;

revoke all on function public.list_job_runs(
  text, text, uuid, timestamptz, uuid, int, text, text, timestamptz, timestamptz
)
  from public, anon, authenticated, service_role;
grant execute on function public.list_job_runs(
  text, text, uuid, timestamptz, uuid, int, text, text, timestamptz, timestamptz
)
  to authenticated, service_role;

comment on function public.list_job_runs(
  text, text, uuid, timestamptz, uuid, int, text, text, timestamptz, timestamptz
) is
  'Runs, newest first, at most max_count (default 30, from 1 to 101). Defaults: every job, status and trigger '
  'source, at any time; metadata whole. from_at (included) and to_at (excluded) bound started_at. '
  'before_started_at and before_id, of the last run of a page, give the next page. omit_key leaves a key out of metadata, '
  'for lists of runs with long metadata. Reads only, with the rights of the caller: row level security shows every run to '
  'admins and none to others. Raises 22023 for another max_count, and for half a position. Returns an array.';
