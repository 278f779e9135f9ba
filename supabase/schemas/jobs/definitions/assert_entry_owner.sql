create function jobs.assert_entry_owner()
returns void
language plpgsql
stable
set search_path = ''
as $function$
begin
  if current_user <> jobs.entry_owner() then
    raise exception 'pg_cron runs the jobs as %, and an entry made by % would be a second one beside it',
      jobs.entry_owner(), current_user
      using
        errcode = 'insufficient_privilege',
        hint = format('Call it as that role: set role %I;', jobs.entry_owner());
  end if;
end
$function$;

revoke all on function jobs.assert_entry_owner()
  from public, anon, authenticated, service_role;

comment on function jobs.assert_entry_owner() is
  'Raises 42501 when the current role is another one than jobs.entry_owner(), such as a superuser: pg_cron keeps the entries '
  'of each role apart, so its cron.schedule() would start every job twice.';
