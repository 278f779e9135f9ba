create function jobs.test_last_resort()
returns jsonb
language plpgsql
set search_path = ''
as $function$
begin
  update jobs.last_resort as state
  set
    written_at = clock_timestamp(),
    attempted_at = null,
    subject = 'Test of the last resort',
    message = 'This is a test. When alerts are not delivered, the database says so here.'
  where state.failing_since is null;

  return jobs.send_last_resort('slack', clock_timestamp()) || jobs.send_last_resort('email', clock_timestamp());
end
$function$;

revoke all on function jobs.test_last_resort()
  from public, anon, authenticated, service_role;

comment on function jobs.test_last_resort() is
  'Sends a test on every channel of the last resort that is set up. Not idempotent: each call sends. While alerts are not '
  'delivered it sends the message that waits, if one does. Returns the problems, an array of sentences.';
