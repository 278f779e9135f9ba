create function jobs.prepare_copy_notice(as_of timestamptz default now())
returns void
language plpgsql
set search_path = ''
as $function$
begin
  update jobs.last_resort as state
  set
    -- For the message that it is over, if it was a mistake.
    failing_since = coalesce(state.failing_since, refused.refused_since),
    written_at = prepare_copy_notice.as_of,
    is_of_copy = true,
    subject = 'ALERT: a database is refused as a copy, and sends no alerts',
    message = concat_ws(
      E'\n\n',
      format(
        'This message comes from a database whose server was started at %s. The functions at %s have refused it for %s, '
          'since %s, because they work on another database. It starts no run, and its alerts wait.',
        jobs.instant_text(pg_postmaster_start_time()),
        refused.functions_url,
        jobs.duration_text(prepare_copy_notice.as_of - refused.refused_since),
        jobs.instant_text(refused.refused_since)
      ),
      'If it is a copy, such as a branch or a restored backup, disarm it there: select jobs.disarm(''<why>'').',
      'If it is production, its functions are connected to another database: connect them to this one. Never disarm '
        'production.',
      'What happens next: the functions are asked every 5 minutes. When they accept this database, it goes on by itself. '
        'Until then it repeats this message every 24 hours.',
      'What to do: ' || jobs.runbook_page('database-copy')
    )
  from jobs.refused_address as refused
  where refused.refused_since <= prepare_copy_notice.as_of - interval '10 minutes'
    and (not state.is_of_copy or state.written_at <= prepare_copy_notice.as_of - interval '24 hours');
end
$function$;

revoke all on function jobs.prepare_copy_notice(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.prepare_copy_notice(timestamptz) is
  'Writes the message that the functions refuse this database, once they have for 10 minutes, and again every 24 hours. The '
  'database cannot know whether it is a copy, or production whose functions are connected to another database: then this '
  'message is the only one that anybody gets. Idempotent.';
