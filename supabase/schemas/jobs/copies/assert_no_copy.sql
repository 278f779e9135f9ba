create function jobs.assert_no_copy(
  functions_url text,
  as_of timestamptz default clock_timestamp()
)
returns void
language plpgsql
stable
set search_path = ''
as $function$
begin
  if exists (
    select 1
    from jobs.refused_address as refused
    where refused.functions_url = assert_no_copy.functions_url
      -- Asked again after as long as they have refused it: soon at first, because
      -- during a failover they may still be connected to the former server.
      and assert_no_copy.as_of >= refused.refused_at
      and assert_no_copy.as_of < refused.refused_at + least(
        greatest(refused.refused_at - refused.refused_since, interval '50 seconds'),
        -- So that the end of a refusal, and a failure meanwhile, is known soon.
        interval '4 minutes 50 seconds'
      )
  ) then
    raise exception 'this database is a copy: the functions at % belong to another database', assert_no_copy.functions_url
      using
        errcode = 'object_not_in_prerequisite_state',
        hint = 'Disarm it: select jobs.disarm(''<why>''). See docs/how-to/branches-and-clones.md.';
  end if;
end
$function$;

revoke all on function jobs.assert_no_copy(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.assert_no_copy(text, timestamptz) is
  'Raises 55000 when the functions at that address have said that they belong to another database, and it is not time to '
  'ask them again: after a minute, then 2, 4 and every 5 minutes.';
