create function jobs.success_awaited_since(
  definition jobs.definitions,
  last_success_at timestamptz
)
returns timestamptz
language sql
immutable
set search_path = ''
as $function$
  select case
    -- It rested in between, and nothing was expected of it.
    when (success_awaited_since.definition).enabled_at > (success_awaited_since.definition).created_at then
      greatest(success_awaited_since.last_success_at, (success_awaited_since.definition).enabled_at)
    else coalesce(success_awaited_since.last_success_at, (success_awaited_since.definition).enabled_at)
  end;
$function$;

revoke all on function jobs.success_awaited_since(jobs.definitions, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.success_awaited_since(jobs.definitions, timestamptz) is
  'From when on a job''s next success is waited for: its last one, but not before it was enabled again; without one, '
  'when it was registered.';
