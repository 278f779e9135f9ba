begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
select no_plan();

select pg_temp.register('pgtap-job');
create temporary view entry as
  select schedule, command, active
  from cron.job
  where jobname = 'pgtap-job';

select is(jobs.restore_schedule('pgtap-job') -> 'changed', 'false', 'An entry that is right is left alone');
select is_empty(
  $$select * from jobs.actions where action = 'restore_schedule' and job_name = 'pgtap-job'$$,
  'And that is no action'
);

-- A story for each way to lose an entry

create temporary table lost (how text, change text);
insert into lost
values
  ('removed', $$select cron.unschedule('pgtap-job')$$),
  ('made inactive', $$select cron.alter_job(jobid, active => false) from cron.job where jobname = 'pgtap-job'$$),
  ('set to another time', $$select cron.alter_job(jobid, schedule => '1 2 3 4 5') from cron.job where jobname = 'pgtap-job'$$),
  ('given another command', $$select cron.schedule('pgtap-job', '0 7 * * *', 'select 1')$$);

create function pg_temp.lose(change text)
returns void
language plpgsql
as $$
begin
  execute change;
end
$$;

create function pg_temp.stories()
returns setof text
language plpgsql
as $$
declare
  story lost;
  registered entry;
begin
  select * into registered from entry;
  for story in select * from lost loop
    perform pg_temp.lose(story.change);
    return next ok(
      not exists (select 1 from entry where entry = registered),
      format('An entry is %s', story.how)
    );
    return next is(
      jobs.restore_schedule('pgtap-job', 'It was lost.', 'ada@school.example') - 'requested_at',
      jsonb_build_object(
        'action', 'restore_schedule',
        'job_name', 'pgtap-job',
        'run_id', null,
        'channel', null,
        'reason', 'It was lost.',
        'requested_by', 'ada@school.example',
        'until', null,
        'ended_at', null,
        'changed', true
      ),
      'It is put back'
    );
    return next is((select entry from entry), registered, 'As it was registered');
  end loop;
end
$$;

select * from pg_temp.stories();
select is(
  (select count(*)::int from jobs.actions where action = 'restore_schedule' and job_name = 'pgtap-job'), 4,
  'Each leaves a row in jobs.actions'
);

-- What is meant to be inactive

select jobs.pause('pgtap-job', 'why not');
select cron.unschedule('pgtap-job');
select is(jobs.restore_schedule('pgtap-job') -> 'changed', 'true', 'The entry of a paused job is put back');
select is((select active from entry), false, 'Inactive');
select cron.alter_job(jobid, active => true) from cron.job where jobname = 'pgtap-job';
select jobs.restore_schedule('pgtap-job');
select is((select active from entry), false, 'Somebody who activates it does not end the pause');
select jobs.resume('pgtap-job');

-- All of them

select cron.unschedule('pgtap-job');
select cron.unschedule('job-supervisor');
select is(jobs.restore_schedule() -> 'job_name', 'null', 'Without a job, it restores every schedule');
select is((select active from entry), true, 'That of a job');
select results_eq(
  $$select command, active from cron.job where jobname = 'job-supervisor'$$,
  $$values (jobs.supervisor_command(), true)$$,
  'And that of the supervisor'
);
select is(jobs.restore_schedule() -> 'changed', 'false', 'A second time it changes nothing');

select throws_ok(
  $$select jobs.restore_schedule('pgtap-nobody')$$, 'PT404', 'there is no job pgtap-nobody', 'Of a job that is registered'
);
select throws_ok(
  $$select jobs.restore_schedule('pgtap-job', ' ')$$, '22023', null, 'With a reason that is one, or none'
);

select * from finish();
rollback;
