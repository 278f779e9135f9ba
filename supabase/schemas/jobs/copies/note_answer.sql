create function jobs.note_answer(
  functions_url text,
  status int,
  content text,
  as_of timestamptz default clock_timestamp()
)
returns void
language plpgsql
set search_path = ''
-- Another call may note the same, in a transaction that goes on for long. The
-- run of this one has to be logged all the same.
set lock_timeout = '2s'
as $function$
declare
  is_refusal constant boolean := note_answer.status = 421
    and coalesce(note_answer.content, '') ~ '"other_database"';
begin
  -- An answer of a proxy, or of a function that is down, says nothing. One that
  -- reports a run or the health comes from a function that has accepted the call.
  if not is_refusal
    and note_answer.status not between 200 and 299
    and (
      note_answer.content ~ '"(checkedAt|runId)"\s*:'
      -- Its database did not answer, so nothing was compared.
      and note_answer.content !~ '"run_not_started"'
    ) is not true then
    return;
  end if;

  if not is_refusal and not exists (
    select 1
    from jobs.refused_address
  ) then
    return;
  end if;

  if is_refusal then
    insert into jobs.refused_address as refused (functions_url, refused_since, refused_at)
    values (note_answer.functions_url, note_answer.as_of, note_answer.as_of)
    on conflict on constraint refused_address_pkey do update
    set
      -- The clock may have been set back.
      refused_since = least(refused.refused_since, excluded.refused_at),
      refused_at = excluded.refused_at;

    delete from jobs.refused_address as refused
    where refused.functions_url <> note_answer.functions_url;
  else
    delete from jobs.refused_address
    where refused_since is not null;
  end if;
end
$function$;

revoke all on function jobs.note_answer(text, int, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.note_answer(text, int, text, timestamptz) is
  'Notes what an answer of a function says about this database: 421 other_database makes it a copy (jobs.is_copy). A '
  'success ends that, and so does any answer that reports a run or the health, such as the 503 of a health check that '
  'found something. Other answers change nothing. Raises 55P03 when another transaction holds the row for 2 seconds.';
