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
    -- It was disabled in between, and no run was expected.
    when (success_awaited_since.definition).enabled_at > (success_awaited_since.definition).created_at then
      greatest(success_awaited_since.last_success_at, (success_awaited_since.definition).enabled_at)
    else coalesce(success_awaited_since.last_success_at, (success_awaited_since.definition).enabled_at)
  end;
$function$;

revoke all on function jobs.success_awaited_since(jobs.definitions, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.success_awaited_since(jobs.definitions, timestamptz) is
  'From when on a job''s next success is expected: from its last one, but not before it was enabled again; without one, '
  'from when it was registered.';
