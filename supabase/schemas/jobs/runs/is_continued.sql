create function jobs.is_continued(metadata jsonb)
returns boolean
language sql
immutable
set search_path = ''
as $function$
  select coalesce(is_continued.metadata @> '{"continued": true}', false);
$function$;

revoke all on function jobs.is_continued(jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.is_continued(jsonb) is
  'Whether the metadata of a success says that it stopped in order because its time was over, with work left. Such a run '
  'is no failure, but it is not the success that is awaited either.';
