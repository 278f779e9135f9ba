begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_system_checks.psql
select no_plan();

-- It carries nothing that is raised here, so that nothing waits for it.
select pg_temp.claim(channels => '[{"name": "slack", "kinds": ["heartbeat"]}]');

select is(pg_temp.findings(), '{}', 'With all triggers enabled all is well');

alter table public.jobs_log disable trigger handle_ended_runs_on_insert;
select is(
  pg_temp.findings(),
  array[
    'critical trigger_disabled: The trigger handle_ended_runs_on_insert on public.jobs_log is disabled. A run that '
      'fails raises no alert.'
  ],
  'A trigger that is disabled is reported, with what follows from it'
);
alter table public.jobs_log enable replica trigger handle_ended_runs_on_insert;
select is(
  array(select split_part(finding, ':', 1) from unnest(pg_temp.findings()) as finding),
  array['critical trigger_disabled'],
  'One that fires for replicas only is disabled, too'
);
alter table public.jobs_log enable always trigger handle_ended_runs_on_insert;
select is(pg_temp.findings(), '{}', 'One that always fires is enabled');

drop trigger close_incidents_of_unregistered_job on jobs.definitions;
select is(
  pg_temp.findings(),
  array['critical trigger_disabled: The trigger close_incidents_of_unregistered_job on jobs.definitions is missing.'],
  'A trigger that is missing is reported'
);
create trigger close_incidents_of_unregistered_job
  after delete on jobs.definitions
  for each row
  execute function jobs.close_incidents_of_unregistered_job();
select is(pg_temp.findings(), '{}', 'Created again it is well');

alter table public.jobs_log disable trigger user;
select is(
  cardinality(pg_temp.findings()),
  (
    select count(*)::int
    from pg_catalog.pg_trigger as trigger
    where trigger.tgrelid = 'public.jobs_log'::regclass
      and not trigger.tgisinternal
  ),
  'Every trigger of the log is watched'
);
alter table public.jobs_log enable trigger user;
select is(pg_temp.findings(), '{}', 'Enabled again they are well');

select * from finish();
rollback;
