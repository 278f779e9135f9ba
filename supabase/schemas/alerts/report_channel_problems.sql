create function public.report_channel_problems(
  problems jsonb,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
begin
  delete from jobs.channel_problems as known
  where not exists (
    select 1
    from jsonb_to_recordset(report_channel_problems.problems) as reported (channel text)
    where reported.channel = known.channel
  );

  insert into jobs.channel_problems as known (channel, problem, reported_at)
  select
    reported.channel,
    left(reported.problem, 500),
    report_channel_problems.as_of
  from jsonb_to_recordset(report_channel_problems.problems) as reported (channel text, problem text)
  order by reported.channel
  on conflict on constraint channel_problems_pkey do update
  set
    problem = excluded.problem,
    reported_at = excluded.reported_at
  where known.problem <> excluded.problem
    or known.reported_at <= excluded.reported_at - interval '1 minute';

  return jsonb_build_object('problems', jsonb_array_length(report_channel_problems.problems));
end
$function$;

revoke all on function public.report_channel_problems(jsonb, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.report_channel_problems(jsonb, timestamptz)
  to service_role;

comment on function public.report_channel_problems(jsonb, timestamptz) is
  'Keeps which alert channels are set up wrongly, [{channel, problem}], in place of what was reported before: an empty '
  'array says that all are right. Called by check-job-health. Idempotent; writes at most once a minute while nothing '
  'changes. Returns {problems: how many}.';
