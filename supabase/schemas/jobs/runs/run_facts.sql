create function jobs.run_facts(run public.jobs_log)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select jsonb_build_object(
    'id', (run_facts.run).id,
    'started_at', (run_facts.run).started_at,
    'completed_at', (run_facts.run).completed_at,
    'duration_ms', (run_facts.run).duration_ms,
    'records_updated', coalesce((run_facts.run).records_updated, 0),
    'items_total', (run_facts.run).items_total,
    'items_processed', (run_facts.run).items_processed,
    'failed_items', greatest((run_facts.run).items_failed, jsonb_array_length((run_facts.run).errors), 0),
    'trigger_source', (run_facts.run).trigger_source,
    'error_message', left((run_facts.run).error_message, 4000),
    'errors', coalesce(
      (
        select jsonb_agg(
          jsonb_build_object(
            'id', left(failed.item ->> 'id', 200),
            'name', left(failed.item ->> 'name', 200),
            -- A person may have written anything here.
            'error', left(coalesce(failed.item ->> 'error', failed.item #>> '{}'), 500)
          )
          order by failed.position
        )
        from jsonb_array_elements((run_facts.run).errors) with ordinality as failed (item, position)
        where failed.position <= 10
      ),
      '[]'
    )
  );
$function$;

revoke all on function jobs.run_facts(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.run_facts(public.jobs_log) is
  'The facts of a run for an alert: its row, cut to what a message can hold (10 failed items, 4000 characters of error).';
