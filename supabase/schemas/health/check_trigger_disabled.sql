create function jobs.check_trigger_disabled()
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select
      'trigger_disabled',
      'critical',
      format(
        'The trigger %s on %s is %s.%s',
        wanted.name,
        wanted.parent,
        case when present.tgname is null then 'missing' else 'disabled' end,
        case
          when wanted.name like 'handle\_ended\_runs%' then ' A run that fails raises no alert.'
        end
      )
    from jobs.manifest() as wanted
    left join pg_catalog.pg_trigger as present
      on present.tgrelid = to_regclass(wanted.parent)
      and present.tgname = wanted.name
    where wanted.kind = 'trigger'
      -- A trigger for replicas only does not fire in an ordinary session.
      and (present.tgname is null or present.tgenabled in ('D', 'R'));
end
$function$;

revoke all on function jobs.check_trigger_disabled()
  from public, anon, authenticated, service_role;

comment on function jobs.check_trigger_disabled() is
  'A trigger of Duewatch is disabled or missing, so what it does when a row is written is not done. A row for each.';
