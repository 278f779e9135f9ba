create function jobs.check_no_last_resort()
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    with target as materialized (
      select
        state.channel,
        found.url,
        coalesce(found.problem, case when found.url is not null then state.last_error end) as problem
      from jobs.last_resort as state
      cross join lateral jobs.last_resort_target(state.channel) as found
    )
    select
      'no_last_resort',
      'warning',
      'No last resort is set up. A failure to deliver alerts will not reach anyone.'
    where not exists (
      select 1
      from target
      where target.url is not null
        or target.problem is not null
    )

    union all

    select
      'no_last_resort',
      'warning',
      format('The last resort cannot send to %s: %s', target.channel, rtrim(target.problem, '.') || '.')
    from target
    where target.problem is not null;
end
$function$;

revoke all on function jobs.check_no_last_resort()
  from public, anon, authenticated, service_role;

comment on function jobs.check_no_last_resort() is
  'The database has no channel of its own on which to say that alerts are not delivered, or could not send there the '
  'last time. A row for each.';
