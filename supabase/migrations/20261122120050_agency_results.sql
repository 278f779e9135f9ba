-- What ended runs have changed for each agency, taken out of their metadata.
--
-- Why:       a dashboard adds up tens of thousands of these; to unfold them
--            from the metadata each time takes ten times as long.
-- Locks:     reads jobs_log once; writers wait for it.
-- Take back: supabase/rollbacks/metrics.sql.

create table jobs.agency_results (
  run_id uuid not null,
  position int not null,
  agency_id text not null,
  transition text not null,
  updated_count numeric not null,
  is_agencys_first boolean not null,
  -- No key or index on the texts: a job may write any, also longer than fits.
  -- Nor a foreign key: it would keep an owner from emptying jobs_log at once.
  constraint agency_results_pkey primary key (run_id, position)
);

alter table jobs.agency_results enable row level security;

revoke all on table jobs.agency_results
  from public, anon, authenticated, service_role;

comment on table jobs.agency_results is
  'One row per transition that a run lists in metadata.agencies, as soon as the run has ended; it goes with its run. '
  'Written by triggers of public.jobs_log. Of a run that is running only the metadata tells.';
comment on column jobs.agency_results.position is
  'The place in the run''s list, from 1.';
comment on column jobs.agency_results.is_agencys_first is
  'Whether this is the first of the run''s rows for this agency: these rows count the runs of an agency.';

create function jobs.agency_results_in(metadata jsonb)
returns table (
  "position" int,
  agency_id text,
  transition text,
  updated_count numeric,
  is_agencys_first boolean
)
language sql
immutable
set search_path = ''
as $function$
  select
    listed.position::int,
    listed.agency_id,
    listed.transition,
    listed.updated_count,
    row_number() over (partition by listed.agency_id order by listed.position) = 1
  from (
    select
      row_number() over () as position,
      result.agency ->> 'agency_id' as agency_id,
      changed.transition,
      changed.updated_count::numeric as updated_count
    -- Any job may log any metadata: another "agencies" is passed over.
    from jsonb_path_query(
      agency_results_in.metadata,
      'strict $.agencies[*] ? (@.agency_id != null && @.transitions.type() == "object")',
      silent => true
    ) as result (agency)
    cross join lateral jsonb_each(result.agency -> 'transitions') as changed (transition, updated_count)
    where jsonb_typeof(changed.updated_count) = 'number'
  ) as listed;
$function$;

revoke all on function jobs.agency_results_in(jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.agency_results_in(jsonb) is
  'The transitions that a run''s metadata lists by agency: {"agencies": [{"agency_id", "transitions": {name: number}}]}. '
  'Whatever has another form is passed over, and never raises.';

create function jobs.keep_agency_results()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
begin
  if tg_op = 'TRUNCATE' then
    -- Whoever empties both tables in one command holds this one.
    delete from jobs.agency_results;
    return null;
  end if;

  if tg_op <> 'INSERT' then
    delete from jobs.agency_results as result
    where result.run_id = old.id;
  end if;

  if tg_op <> 'DELETE' and new.status <> 'running' then
    insert into jobs.agency_results (
      run_id, position, agency_id, transition, updated_count, is_agencys_first
    )
    select
      new.id,
      result.position,
      result.agency_id,
      result.transition,
      result.updated_count,
      result.is_agencys_first
    from jobs.agency_results_in(new.metadata) as result;
  end if;
  return null;
end
$function$;

revoke all on function jobs.keep_agency_results()
  from public, anon, authenticated, service_role;

comment on function jobs.keep_agency_results() is
  'Trigger of public.jobs_log: keeps jobs.agency_results what the metadata of the runs that have ended say, and takes '
  'it out again with the run. '
  'Runs with its owner''s rights, because whoever may log a run has no use of the schema jobs.';

-- Their conditions are judged without a call: a run that goes on costs nothing.
create trigger keep_agency_results_of_inserted_run
  after insert on public.jobs_log
  for each row
  when (new.status <> 'running' and new.metadata ? 'agencies')
  execute function jobs.keep_agency_results();

create trigger keep_agency_results_of_updated_run
  after update on public.jobs_log
  for each row
  when (
    (old.status <> 'running' or new.status <> 'running')
    and (old.metadata ? 'agencies' or new.metadata ? 'agencies')
    and (
      (old.status = 'running') <> (new.status = 'running')
      or old.metadata is distinct from new.metadata
      or old.id <> new.id
    )
  )
  execute function jobs.keep_agency_results();

create trigger keep_agency_results_of_deleted_run
  after delete on public.jobs_log
  for each row
  when (old.status <> 'running' and old.metadata ? 'agencies')
  execute function jobs.keep_agency_results();

create trigger keep_agency_results_of_no_run
  after truncate on public.jobs_log
  for each statement
  execute function jobs.keep_agency_results();

-- What ended before this was installed. The triggers have locked the table, so
-- no run ends in between.
insert into jobs.agency_results (
  run_id, position, agency_id, transition, updated_count, is_agencys_first
)
select
  run.id,
  result.position,
  result.agency_id,
  result.transition,
  result.updated_count,
  result.is_agencys_first
from public.jobs_log as run
cross join lateral jobs.agency_results_in(run.metadata) as result
where run.status <> 'running'
  and run.metadata ? 'agencies';
