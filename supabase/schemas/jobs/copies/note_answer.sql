create function jobs.note_answer(
  functions_url text,
  status int,
  content text,
  as_of timestamptz default clock_timestamp()
)
returns void
language plpgsql
set search_path = ''
as $function$
begin
  if note_answer.status = 421 and note_answer.content ~ '"other_database"' then
    insert into jobs.refused_address as refused (functions_url, refused_since, refused_at)
    values (note_answer.functions_url, note_answer.as_of, note_answer.as_of)
    on conflict on constraint refused_address_pkey do update
    set refused_at = greatest(refused.refused_at, excluded.refused_at);

    delete from jobs.refused_address as refused
    where refused.functions_url <> note_answer.functions_url;

  -- An answer of a proxy, or of a function that is down, says nothing.
  elsif note_answer.status between 200 and 299 then
    delete from jobs.refused_address
    where refused_since is not null;
  end if;
end
$function$;

revoke all on function jobs.note_answer(text, int, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.note_answer(text, int, text, timestamptz) is
  'Notes what an answer of a function says about this database: 421 other_database makes it a copy (jobs.is_copy), and a '
  'success ends that. Any other answer changes nothing.';
