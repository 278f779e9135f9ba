create function jobs.note_supervisor_step(
  step text,
  problem text,
  as_of timestamptz default now()
)
returns void
language plpgsql
set search_path = ''
as $function$
begin
  if note_supervisor_step.problem is null then
    delete from jobs.supervisor_problems as known
    where known.step = note_supervisor_step.step;
  else
    insert into jobs.supervisor_problems as known (step, problem, since, tried_at)
    values (
      note_supervisor_step.step,
      left(note_supervisor_step.problem, 1000),
      note_supervisor_step.as_of,
      note_supervisor_step.as_of
    )
    on conflict on constraint supervisor_problems_pkey do update
    set
      problem = excluded.problem,
      tried_at = excluded.tried_at;
  end if;
end
$function$;

revoke all on function jobs.note_supervisor_step(text, text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.note_supervisor_step(text, text, timestamptz) is
  'Keeps that a step of the supervisor failed, or (problem null) that it works. Idempotent.';
