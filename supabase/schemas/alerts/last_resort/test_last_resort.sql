create function jobs.test_last_resort()
returns jsonb
language sql
set search_path = ''
as $function$
  select jsonb_path_query_array(jobs.send_last_resort_tests(), '$[*] ? (@.status == "failed").problem')
    || coalesce(
      (
        select to_jsonb(array[setting.problem])
        from jobs.alert_timezone() as setting
        where setting.problem is not null
      ),
      '[]'
    );
$function$;

revoke all on function jobs.test_last_resort()
  from public, anon, authenticated, service_role;

comment on function jobs.test_last_resort() is
  'Sends a test on every channel of the last resort that is set up, as jobs.send_last_resort_tests(). Not idempotent: each '
  'call sends. Returns the problems, an array of sentences.';
