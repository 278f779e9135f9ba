create function jobs.raise_problems(problems jsonb)
returns void
language plpgsql
set search_path = ''
as $function$
begin
  if raise_problems.problems <> '[]' then
    raise exception '%', (
      select string_agg(problem.value, '; ')
      from jsonb_array_elements_text(raise_problems.problems) as problem
    );
  end if;
end
$function$;

revoke all on function jobs.raise_problems(jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_problems(jsonb) is
  'Raises an error with these sentences, if there are any, so that pg_cron keeps them in its history.';
