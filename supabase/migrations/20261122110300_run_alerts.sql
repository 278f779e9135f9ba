-- What the end of a run means for people.
--
-- Why:       a trigger sees every run of every job, however it ended and
--            whoever wrote the row.
-- Locks:     nothing that exists.
-- Take back: supabase/rollbacks/alerts.sql.

create function jobs.run_facts(run public.jobs_log)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select jsonb_build_object(
    'id', (run_facts.run).id,
    'started_at', (run_facts.run).started_at,
    'completed_at', (run_facts.run).completed_at,
    'duration_ms', (run_facts.run).duration_ms,
    'records_updated', coalesce((run_facts.run).records_updated, 0),
    'items_total', (run_facts.run).items_total,
    'items_processed', (run_facts.run).items_processed,
    'failed_items', greatest((run_facts.run).items_failed, jsonb_array_length((run_facts.run).errors), 0),
    'trigger_source', (run_facts.run).trigger_source,
    'error_message', left((run_facts.run).error_message, 4000),
    'errors', coalesce(
      (
        select jsonb_agg(
          jsonb_build_object(
            'id', left(failed.item ->> 'id', 200),
            'name', left(failed.item ->> 'name', 200),
            -- By hand anything can stand there.
            'error', left(coalesce(failed.item ->> 'error', failed.item #>> '{}'), 500)
          )
          order by failed.position
        )
        from jsonb_array_elements((run_facts.run).errors) with ordinality as failed (item, position)
        where failed.position <= 10
      ),
      '[]'
    )
  );
$function$;

revoke all on function jobs.run_facts(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.run_facts(public.jobs_log) is
  'What an alert tells of a run: its row, cut to what a message can hold (10 failed items, 4000 characters of error).';

create function jobs.is_degraded(run public.jobs_log)
returns boolean
language sql
stable
set search_path = ''
as $function$
  select
    (is_degraded.run).status = 'success'
    and coalesce(
      greatest((is_degraded.run).items_failed, jsonb_array_length((is_degraded.run).errors))
        > (is_degraded.run).items_total * coalesce(
          (
            select definition.degraded_error_ratio
            from jobs.definitions as definition
            where definition.job_name = (is_degraded.run).job_name
          ),
          0.20
        ),
      false
    );
$function$;

revoke all on function jobs.is_degraded(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.is_degraded(public.jobs_log) is
  'Whether a success left out more items than the job''s degraded_error_ratio allows (20 % for a job that is not '
  'registered). Exactly the ratio is not degraded.';

create function jobs.makes_up(run public.jobs_log)
returns boolean
language sql
stable
set search_path = ''
as $function$
  select not exists (
    select 1
    from jobs.definitions as definition
    where definition.job_name = (makes_up.run).job_name
      and (makes_up.run).started_at < now() - definition.expected_interval
  );
$function$;

revoke all on function jobs.makes_up(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.makes_up(public.jobs_log) is
  'Whether a success is recent enough to end what was missed: it has started within the job''s expected_interval. '
  'One of the past that is logged now has not.';

create function jobs.raise_run_alerts(
  run_id uuid,
  failures int
)
returns void
language plpgsql
set search_path = ''
as $function$
declare
  run public.jobs_log;
  facts jsonb;
  as_of timestamptz;
begin
  select *
  into run
  from public.jobs_log as ended
  where ended.id = raise_run_alerts.run_id;

  facts := jsonb_build_object('run', jobs.run_facts(run));
  as_of := least(run.completed_at, now());

  if run.status = 'failed' then
    perform jobs.raise_incident(
      job_name => run.job_name,
      kind => 'run_failed',
      details => facts,
      run_id => run.id,
      observed => raise_run_alerts.failures,
      as_of => as_of
    );
    return;
  end if;

  perform jobs.close_incidents(
    job_name => run.job_name,
    kinds => array['run_failed']
      || case when not jobs.is_degraded(run) then array['run_degraded'] end
      || case when jobs.makes_up(run) then array['run_missed'] end,
    run_id => run.id,
    run => facts -> 'run',
    as_of => as_of
  );

  if jobs.is_degraded(run) then
    perform jobs.raise_incident(
      job_name => run.job_name,
      kind => 'run_degraded',
      details => facts,
      run_id => run.id,
      as_of => as_of
    );
  end if;

  if exists (
    select 1
    from jobs.definitions as definition
    where definition.job_name = run.job_name
      and definition.notify_on_success
  ) then
    perform jobs.raise_alert(
      kind => 'run_succeeded',
      job_name => run.job_name,
      details => facts,
      run_id => run.id,
      as_of => as_of
    );
  end if;
end
$function$;

revoke all on function jobs.raise_run_alerts(uuid, int)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_run_alerts(uuid, int) is
  'What the end of a run means for people: a failed run opens the incident run_failed (failures: how many the incident is '
  'to count); a success ends what was open, opens run_degraded when too many items failed, and is told by itself where '
  'the job asks for it.';

create function jobs.raise_alerts_of_inserted_runs()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
begin
  perform jobs.raise_run_alerts(run_id => ended.id, failures => ended.times)
  from (
    select distinct on (inserted.job_name, inserted.status)
      inserted.id,
      inserted.job_name,
      inserted.completed_at,
      (count(*) over (partition by inserted.job_name, inserted.status))::int as times
    from inserted_runs as inserted
    where inserted.status <> 'running'
    order by inserted.job_name, inserted.status, inserted.completed_at desc, inserted.id
  ) as ended
  order by ended.job_name, ended.completed_at;
  return null;
end
$function$;

revoke all on function jobs.raise_alerts_of_inserted_runs()
  from public, anon, authenticated, service_role;

comment on function jobs.raise_alerts_of_inserted_runs() is
  'Trigger of public.jobs_log for rows that are inserted as success or failed: jobs.raise_run_alerts() for the last of '
  'either per job, so that a history that is loaded in one statement is one piece of news. '
  'Runs with its owner''s rights, because whoever may log a run has no use of the schema jobs.';

create function jobs.raise_alerts_of_updated_runs()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
begin
  perform jobs.raise_run_alerts(run_id => ended.id, failures => ended.times)
  from (
    select distinct on (updated.job_name, updated.status)
      updated.id,
      updated.job_name,
      updated.completed_at,
      (count(*) over (partition by updated.job_name, updated.status))::int as times
    from updated_runs as updated
    join former_runs as former
      on former.id = updated.id
    where updated.status <> 'running'
      and updated.status is distinct from former.status
    order by updated.job_name, updated.status, updated.completed_at desc, updated.id
  ) as ended
  order by ended.job_name, ended.completed_at;
  return null;
end
$function$;

revoke all on function jobs.raise_alerts_of_updated_runs()
  from public, anon, authenticated, service_role;

comment on function jobs.raise_alerts_of_updated_runs() is
  'Trigger of public.jobs_log for rows whose status becomes success or failed: as jobs.raise_alerts_of_inserted_runs().';

create trigger raise_alerts_of_inserted_runs
  after insert on public.jobs_log
  referencing new table as inserted_runs
  for each statement
  execute function jobs.raise_alerts_of_inserted_runs();

create trigger raise_alerts_of_updated_runs
  after update on public.jobs_log
  referencing old table as former_runs new table as updated_runs
  for each statement
  execute function jobs.raise_alerts_of_updated_runs();
