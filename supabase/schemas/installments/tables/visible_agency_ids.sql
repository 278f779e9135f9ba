create function jobs.visible_agency_ids()
returns uuid[]
language sql
stable
security definer
set search_path = ''
as $function$
  select array(
    select membership.agency_id
    from public.user_roles as membership
    where membership.user_id = (select auth.uid())
      and membership.agency_id is not null
    union
    select agency.id
    from public.agencies as agency
    where exists (
      select 1
      from public.user_roles as membership
      where membership.user_id = (select auth.uid())
        and membership.role = 'admin'
    )
  );
$function$;

revoke all on function jobs.visible_agency_ids()
  from public, anon, authenticated, service_role;
grant execute on function jobs.visible_agency_ids()
  to authenticated;

comment on function jobs.visible_agency_ids() is
  'The agencies that the caller may see: those of their roles, or all for an admin. For policies: asked once per query, '
  'it lets the planner expect a few agencies and go by the indexes. '
  'Security definer, because a policy of public.agencies that reads public.agencies would call itself.';
