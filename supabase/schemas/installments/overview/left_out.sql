create function jobs.left_out(agency_id uuid)
returns jsonb
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
  if caller in ('anon', 'authenticated') and not exists (
    select 1
    from public.user_roles as membership
    where membership.user_id = signed_in
      and membership.role = 'admin'
  ) then
    return null;
  end if;

  return (
    select jsonb_build_object(
      'jobName', known.job_name,
      'error', known.error,
      'failures', known.failures,
      'since', known.failing_since
    )
    from jobs.failing_items as known
    where known.item_id = left_out.agency_id::text
      and known.failures > 1
    order by
      known.last_failed_at desc,
      known.job_name
    limit 1
  );
end
$function$;

revoke all on function jobs.left_out(uuid)
  from public, anon, authenticated, service_role;
grant execute on function jobs.left_out(uuid)
  to authenticated, service_role;

comment on function jobs.left_out(uuid) is
  'That an agency failed in the last two runs of a job that tried it, or in more: {jobName, error, failures, since}; null '
  'otherwise. For admins and the secret key; null for other signed-in users, because it speaks of the jobs. '
  'Security definer, because nobody may read jobs.failing_items. The Data API does not reach the schema jobs.';
