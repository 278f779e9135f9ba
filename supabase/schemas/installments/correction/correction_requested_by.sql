create function jobs.correction_requested_by()
returns text
language plpgsql
stable
security definer
set search_path = ''
as $function$
declare
  -- Of the request; the functions on the way are security definer.
  caller constant text := coalesce(nullif(current_setting('role', true), 'none'), session_user);
  signed_in constant uuid := auth.uid();
begin
  if caller not in ('anon', 'authenticated') then
    return caller;
  end if;

  if exists (
    select 1
    from public.user_roles as membership
    where membership.user_id = signed_in
      and membership.role = 'admin'
  ) then
    return signed_in::text;
  end if;

  raise exception 'only admins may correct installments'
    using errcode = 'insufficient_privilege';
end
$function$;

revoke all on function jobs.correction_requested_by()
  from public, anon, authenticated, service_role;

comment on function jobs.correction_requested_by() is
  'The caller of a correction: the id of a signed-in admin, or the name of a database role such as service_role. '
  'Raises 42501 for a signed-in user who is no admin.';
