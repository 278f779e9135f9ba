begin;
\ir ../arrange.psql
\ir our_objects.psql
select no_plan();

-- Rules for every object of the project. Each test also shows that the rule finds
-- an object that breaks it.

-- Search path

create function pg_temp.functions_open_to_search_path()
returns setof text
language sql
as $$
  select routine.name
  from pg_temp.our_functions() as routine
  where 'search_path=""' <> all (routine.settings);
$$;

select is_empty(
  'select pg_temp.functions_open_to_search_path()',
  'Every function has its own empty search path'
);

create function public.pgtap_path_unset()
returns int
language sql
return 1;

create function jobs.pgtap_path_of_public()
returns int
language sql
set search_path = public
return 1;

select set_eq(
  'select pg_temp.functions_open_to_search_path()',
  array['public.pgtap_path_unset()', 'jobs.pgtap_path_of_public()'],
  'A function without an empty search path is found'
);

drop function public.pgtap_path_unset();
drop function jobs.pgtap_path_of_public();

-- The owner's rights

select set_eq(
  $$
    select name
    from pg_temp.our_functions()
    where security_definer
  $$,
  array[
    'public.claim_job_alerts(jsonb, integer, integer, timestamp with time zone)',
    'public.complete_job_alert(uuid, text, uuid, text, text, numeric, boolean, timestamp with time zone)',
    'public.claim_overdue_digest(uuid, uuid, integer, timestamp with time zone)',
    'public.complete_overdue_digest(uuid, text, uuid, text, text, timestamp with time zone)',
    'public.get_alert_deliveries(uuid)',
    'public.report_ping_failure(uuid, text)',
    'public.finish_job_run(uuid, text, text, jsonb, integer, integer, integer, integer, jsonb, timestamp with time zone, uuid)',
    'public.get_job_health(timestamp with time zone, boolean, boolean)',
    'public.job_exists(text)',
    'public.list_job_names()',
    'public.list_overdue_digests(uuid)',
    'public.process_installment_batch(uuid, integer)',
    'public.control_job(text, text, text, text, uuid, timestamp with time zone, text, text, interval)',
    'public.is_this_database(text)',
    'public.report_channel_problems(jsonb, timestamp with time zone)',
    'public.report_job_progress(uuid, integer, integer, integer, jsonb, integer, timestamp with time zone)',
    'public.start_job_run(text, uuid, text, timestamp with time zone, uuid)',
    'public.update_installment_statuses(timestamp with time zone, uuid)',
    'jobs.changes_of(uuid)',
    'jobs.correction_requested_by()',
    'jobs.run_correction(uuid, boolean, timestamp with time zone, uuid)',
    'public.get_job_counters(timestamp with time zone)',
    'public.get_run_timeline(uuid)',
    'jobs.former_clocks(timestamp with time zone, uuid)',
    'jobs.last_marked_at(uuid)',
    'jobs.left_out(uuid)',
    'jobs.next_cutoff_at(uuid, timestamp with time zone, timestamp without time zone, time without time zone, text, smallint[])',
    'public.list_incidents(integer)',
    'public.list_recent_runs(integer)',
    'public.get_job_metrics(text, timestamp with time zone, timestamp with time zone, integer, timestamp with time zone, boolean)',
    'public.list_job_runs_without_details(text, text, uuid, timestamp with time zone, uuid, integer, text, timestamp with time zone, timestamp with time zone)',
    'jobs.add_agency_results()',
    'jobs.agency_transitions(timestamp with time zone, timestamp with time zone)',
    'jobs.channel_backlog(timestamp with time zone)',
    'jobs.check_agency_calendar()',
    'jobs.check_agency_timezone()',
    'jobs.check_closed_days()',
    'jobs.current_status(timestamp with time zone)',
    'jobs.failure_causes(timestamp with time zone, timestamp with time zone)',
    'jobs.act_on_cancellation()',
    'jobs.changes_of(uuid)',
    'jobs.handle_ended_runs()',
    'jobs.effective_due_date(uuid, date, integer, smallint[])',
    'jobs.checked_settings(timestamp with time zone, text, time without time zone, integer)',
    'jobs.installment_explanation(timestamp with time zone, uuid, text, date, text, uuid)',
    'jobs.local_time(timestamp with time zone, text)',
    'jobs.overdue_at(date, time without time zone, text)',
    'jobs.setting(text)'
  ],
  'Exactly these functions run with the rights of their owner'
);

-- Locks

create function pg_temp.functions_with_advisory_locks()
returns setof text
language sql
as $$
  select routine.name
  from pg_temp.our_functions() as routine
  where pg_get_functiondef(routine.id) ~ 'pg_(try_)?advisory_';
$$;

select is_empty(
  'select pg_temp.functions_with_advisory_locks()',
  'No function uses advisory locks, which any session can hold'
);

create function jobs.pgtap_advisory()
returns void
language sql
return pg_advisory_xact_lock(1);

create function jobs.pgtap_tries_advisory()
returns boolean
language plpgsql
as 'begin return pg_try_advisory_lock(1); end';

select set_eq(
  'select pg_temp.functions_with_advisory_locks()',
  array['jobs.pgtap_advisory()', 'jobs.pgtap_tries_advisory()'],
  'A function that uses advisory locks is found'
);

drop function jobs.pgtap_advisory();
drop function jobs.pgtap_tries_advisory();

-- Row level security

create function pg_temp.tables_without_row_security()
returns setof text
language sql
as $$
  select relation.name
  from pg_temp.our_relations() as relation
  where relation.kind in ('r', 'p')
    and not relation.row_security;
$$;

select is_empty(
  'select pg_temp.tables_without_row_security()',
  'Row level security is on for every table'
);

create table public.pgtap_open (id int);
create table jobs.pgtap_open (id int);

select set_eq(
  'select pg_temp.tables_without_row_security()',
  array['public.pgtap_open', 'jobs.pgtap_open'],
  'A table without row level security is found in either schema'
);

drop table public.pgtap_open;
drop table jobs.pgtap_open;

-- Views and policies

create function pg_temp.views_with_owner_rights()
returns setof text
language sql
as $$
  select relation.name
  from pg_temp.our_relations() as relation
  where relation.kind in ('v', 'm')
    and 'security_invoker=true' <> all (relation.options);
$$;

select is_empty(
  'select pg_temp.views_with_owner_rights()',
  'Every view is read with the rights of the caller'
);

create view public.pgtap_owner_rights as
select name
from public.agencies;

select set_eq(
  'select pg_temp.views_with_owner_rights()',
  array['public.pgtap_owner_rights'],
  'A view with the rights of its owner is found'
);

drop view public.pgtap_owner_rights;

select is_empty(
  $$
    select tablename, policyname
    from pg_catalog.pg_policies
    where schemaname in ('public', 'jobs')
      and roles && '{public,anon}'
  $$,
  'No policy is for public or anon'
);

-- Comments

create function pg_temp.uncommented()
returns setof text
language sql
as $$
  select routine.name
  from pg_temp.our_functions() as routine
  where coalesce(obj_description(routine.id, 'pg_proc'), '') = ''
  union all
  select relation.name
  from pg_temp.our_relations() as relation
  where relation.kind <> 'S'
    and coalesce(obj_description(relation.id, 'pg_class'), '') = '';
$$;

select is_empty(
  'select pg_temp.uncommented()',
  'Every function, table and view has a comment'
);

create view public.pgtap_mute as
select 1 as one;

create function jobs.pgtap_mute()
returns int
language sql
return 1;

select set_eq(
  'select pg_temp.uncommented()',
  array['public.pgtap_mute', 'jobs.pgtap_mute()'],
  'A function without a comment is found'
);

drop view public.pgtap_mute;
drop function jobs.pgtap_mute();

-- Foreign keys

create function pg_temp.foreign_keys_without_index()
returns setof text
language sql
as $$
  select reference.conname::text
  from pg_catalog.pg_constraint as reference
  join pg_temp.our_relations() as relation
    on relation.id = reference.conrelid
  where reference.contype = 'f'
    and not exists (
      select 1
      from pg_catalog.pg_index as index
      where index.indrelid = reference.conrelid
        and index.indpred is null
        and (index.indkey::int2[])[0:cardinality(reference.conkey) - 1] @> reference.conkey
    );
$$;

select is_empty(
  'select pg_temp.foreign_keys_without_index()',
  'Every foreign key has an index that begins with it'
);

drop index public.user_roles_agency_id_idx;

select set_eq(
  'select pg_temp.foreign_keys_without_index()',
  array['user_roles_agency_id_fkey'],
  'A foreign key without an index is found'
);

select is_empty(
  $$
    select routine.name
    from pg_temp.our_functions() as routine
    join pg_catalog.pg_proc as definition
      on definition.oid = routine.id
    join pg_catalog.pg_language as language
      on language.oid = definition.prolang
    where language.lanname = 'plpgsql'
      and (
        definition.provolatile <> 'v' and definition.prosrc ~ '\mset_config\('
        or definition.provolatile = 'i' and definition.prosrc ~ '\m(convert_from|convert_to|to_char|now)\('
      )
  $$,
  'No function calls one that is more volatile than it says: plpgsql_check reports it from 2.8 on'
);

select set_eq(
  $$
    select routine.name, setting
    from pg_temp.our_functions() as routine
    join pg_catalog.pg_proc as definition
      on definition.oid = routine.id
    cross join lateral unnest(definition.proconfig) as setting
    where setting like 'statement_timeout=%'
  $$,
  $$
    values
      ('public.claim_overdue_digest(uuid, uuid, integer, timestamp with time zone)', 'statement_timeout=60s'),
      ('public.control_job(text, text, text, text, uuid, timestamp with time zone, text, text, interval)', 'statement_timeout=30s'),
      ('public.list_overdue_digests(uuid)', 'statement_timeout=60s'),
      ('public.process_installment_batch(uuid, integer)', 'statement_timeout=60s'),
      ('public.correct_overdue(uuid, boolean, timestamp with time zone, uuid)', 'statement_timeout=60s'),
      ('public.update_installment_statuses(timestamp with time zone, uuid)', 'statement_timeout=60s')
  $$,
  'What may take long has more time than the Data API gives'
);

select * from finish();
rollback;
