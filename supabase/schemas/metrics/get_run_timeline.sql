create function public.get_run_timeline(run_id uuid)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $function$
  select jsonb_build_object(
    'alerts', jobs.alerts_as_json(run_id => get_run_timeline.run_id),
    'actions', (
      select coalesce(
        jsonb_agg(
          jobs.action_as_json(requested)
          order by requested.requested_at, requested.id
        ),
        '[]'
      )
      from jobs.actions as requested
      where requested.run_id = get_run_timeline.run_id
    )
  );
$function$;

revoke all on function public.get_run_timeline(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.get_run_timeline(uuid)
  to service_role;

comment on function public.get_run_timeline(uuid) is
  'What happened around a run: the alerts it raised, with their deliveries, and what people asked of it. For the function '
  'job-logs. Both lists are empty for an unknown run. Returns {alerts: [jobs.alerts_as_json()], actions: '
  '[jobs.action_as_json()]}.';
