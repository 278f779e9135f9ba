create table jobs.channel_problems (
  channel text not null,
  problem text not null,
  reported_at timestamptz not null,
  constraint channel_problems_pkey primary key (channel)
);

alter table jobs.channel_problems enable row level security;

revoke all on table jobs.channel_problems
  from public, anon, authenticated, service_role;

comment on table jobs.channel_problems is
  'The alert channels whose settings in the functions are incomplete or invalid, as check-job-health reported last. '
  'Written by public.report_channel_problems() only.';
comment on column jobs.channel_problems.channel is
  'The name of the channel; links for the addresses that messages link to.';
comment on column jobs.channel_problems.problem is
  'A sentence that names the variables, and never their values.';
