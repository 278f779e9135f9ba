create function public.list_incidents(max_count int default 50)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $function$
begin
  if list_incidents.max_count is null or list_incidents.max_count not between 1 and 100 then
    raise exception 'max_count must be between 1 and 100'
      using errcode = 'invalid_parameter_value';
  end if;

  return (
    select coalesce(
      jsonb_agg(
        jsonb_build_object(
          'id', incident.id,
          'job_name', incident.job_name,
          'kind', incident.kind,
          'opened_at', incident.opened_at,
          'last_seen_at', incident.last_seen_at,
          'last_alerted_at', incident.last_alerted_at,
          'closed_at', incident.closed_at,
          'occurrences', incident.occurrences,
          'reminders', incident.reminders,
          'alerts', jobs.alerts_as_json(incident_id => incident.id)
        )
        order by incident.closed_at desc nulls first, incident.opened_at desc, incident.id
      ),
      '[]'
    )
    from (
      select opened.*
      from jobs.incidents as opened
      where opened.closed_at is null
      union all
      (
        select closed.*
        from jobs.incidents as closed
        where closed.closed_at is not null
        order by closed.closed_at desc, closed.id
        limit list_incidents.max_count
      )
    ) as incident
  );
end
$function$;

revoke all on function public.list_incidents(int)
  from public, anon, authenticated, service_role;
grant execute on function public.list_incidents(int)
  to service_role;

comment on function public.list_incidents(int) is
  'Every open incident and the last max_count (default 50, from 1 to 100) that are over, with their alerts and deliveries; '
  'open ones first, then the latest that ended. For the function check-job-health, which shows them on the dashboard. '
  'Raises 22023 for another max_count. Returns an array of {id, job_name, kind, opened_at, last_seen_at, last_alerted_at, '
  'closed_at, occurrences, reminders, alerts: [jobs.alerts_as_json()]}.';
