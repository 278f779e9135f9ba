create function jobs.last_marked_at(agency_id uuid)
returns timestamptz
language sql
stable
security definer
set search_path = ''
as $function$
  select max(change.changed_at)
  from jobs.status_changes as change
  where change.agency_id = last_marked_at.agency_id
    and change.to_status = 'overdue';
$function$;

revoke all on function jobs.last_marked_at(uuid)
  from public, anon, authenticated, service_role;
grant execute on function jobs.last_marked_at(uuid)
  to authenticated, service_role;

comment on function jobs.last_marked_at(uuid) is
  'When an installment of an agency was last marked overdue; null where none was. '
  'Security definer, and it does not ask who may see the agency: only for functions that have asked before, such as '
  'public.list_agencies(). The Data API does not reach the schema jobs.';
