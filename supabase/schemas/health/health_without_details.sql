create function jobs.health_without_details(health jsonb)
returns jsonb
language sql
immutable
set search_path = ''
as $function$
  select health_without_details.health || jsonb_build_object(
    'jobs', (
      select coalesce(jsonb_agg(jobs.job_without_details(job.value) order by job.position), '[]')
      from jsonb_array_elements(health_without_details.health -> 'jobs') with ordinality as job (value, position)
    ),
    'system', (health_without_details.health -> 'system') || jsonb_build_object(
      'reasons', (
        select coalesce(jsonb_agg(jobs.reason_without_details(reason.value) order by reason.position), '[]')
        from jsonb_array_elements(health_without_details.health #> '{system,reasons}')
          with ordinality as reason (value, position)
      )
    ),
    'incidents', (
      select coalesce(
        jsonb_agg(
          case
            when jsonb_typeof(incident.value -> 'last_alert') = 'object' then
              jsonb_set(incident.value, '{last_alert,error}', 'null')
            else incident.value
          end
          order by incident.position
        ),
        '[]'
      )
      from jsonb_array_elements(health_without_details.health -> 'incidents')
        with ordinality as incident (value, position)
    ),
    'channels', (
      select coalesce(
        jsonb_agg(channel.value || '{"last_error": null}' order by channel.position),
        '[]'
      )
      from jsonb_array_elements(health_without_details.health -> 'channels')
        with ordinality as channel (value, position)
    )
  );
$function$;

revoke all on function jobs.health_without_details(jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.health_without_details(jsonb) is
  'The health report for read keys: what is wrong and since when, without items, errors and what people wrote '
  '(jobs.job_without_details, jobs.reason_without_details).';
