begin;
\ir ../arrange.psql
\ir our_objects.psql
select no_plan();

-- Who may do what with every object of ours: what is listed here, and nothing
-- else. An object that is added with other rights shows up as a row too many,
-- until its rights are decided and written down.

-- Effective rights: what a role has itself, from PUBLIC and through membership.
create function pg_temp.relation_rights(role_name text, relation oid, kind "char")
returns text
language plpgsql
as $$
declare
  held text[] := '{}';
  asked text;
begin
  if relation_rights.kind = 'S' then
    foreach asked in array array['usage', 'select', 'update'] loop
      if has_sequence_privilege(relation_rights.role_name, relation_rights.relation, asked) then
        held := held || asked;
      end if;
    end loop;
  else
    foreach asked in array
      array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']
      || case
        when current_setting('server_version_num')::int >= 170000 then array['maintain']
        else '{}'
      end
    loop
      if has_table_privilege(relation_rights.role_name, relation_rights.relation, asked) then
        held := held || asked;
      end if;
    end loop;
  end if;
  return coalesce(nullif(array_to_string(held, ' '), ''), '-');
end
$$;

create function pg_temp.schema_rights(role_name text, schema_name text)
returns text
language sql
as $$
  select coalesce(string_agg(asked, ' ' order by asked desc), '-')
  from unnest(array['usage', 'create']) as asked
  where has_schema_privilege(schema_rights.role_name, schema_rights.schema_name, asked);
$$;

create function pg_temp.relation_matrix()
returns table (name text, anon text, authenticated text, service_role text, everybody text)
language sql
as $$
  select
    relation.name,
    pg_temp.relation_rights('anon', relation.id, relation.kind),
    pg_temp.relation_rights('authenticated', relation.id, relation.kind),
    pg_temp.relation_rights('service_role', relation.id, relation.kind),
    pg_temp.relation_rights('public', relation.id, relation.kind)
  from pg_temp.our_relations() as relation;
$$;

create function pg_temp.function_matrix()
returns table (name text, anon boolean, authenticated boolean, service_role boolean, everybody boolean)
language sql
as $$
  select
    routine.name,
    has_function_privilege('anon', routine.id, 'execute'),
    has_function_privilege('authenticated', routine.id, 'execute'),
    has_function_privilege('service_role', routine.id, 'execute'),
    has_function_privilege('public', routine.id, 'execute')
  from pg_temp.our_functions() as routine;
$$;

select set_eq(
  $$
    select *
    from pg_temp.relation_matrix()
    where (anon, authenticated, service_role, everybody) <> ('-', '-', '-', '-')
  $$,
  $$
    values
      -- relation, anon, authenticated, service_role, PUBLIC
      ('public.agencies', '-', 'select', 'select insert update delete', '-'),
      ('public.agency_closed_days', '-', 'select insert update delete', 'select insert update delete', '-'),
      ('public.installments', '-', 'select', 'select insert update delete', '-'),
      ('public.installments_aging', '-', 'select', 'select', '-'),
      ('public.installments_due', '-', 'select', 'select', '-'),
      ('public.jobs_log', '-', 'select', 'select insert update', '-'),
      ('public.payment_plans', '-', 'select', 'select insert update delete', '-'),
      ('public.user_roles', '-', 'select', 'select insert update delete', '-')
  $$,
  'Every table, view and sequence has the rights that are listed here, and no others'
);

select set_eq(
  $$
    select *
    from pg_temp.function_matrix()
    where anon or authenticated or service_role or everybody
  $$,
  $$
    values
      -- function, anon, authenticated, service_role, PUBLIC
      ('public.claim_job_alerts(jsonb, integer, integer, timestamp with time zone)', false, false, true, false),
      (
        'public.complete_job_alert(uuid, text, uuid, text, text, numeric, boolean, timestamp with time zone)',
        false, false, true, false
      ),
      ('public.claim_overdue_digest(uuid, uuid, integer, timestamp with time zone)', false, false, true, false),
      (
        'public.complete_overdue_digest(uuid, text, uuid, text, text, timestamp with time zone)',
        false, false, true, false
      ),
      (
        'public.finish_job_run(uuid, text, text, jsonb, integer, integer, integer, integer, jsonb, timestamp with time zone, uuid)',
        false, false, true, false
      ),
      ('public.control_job(text, text, text, text, uuid, timestamp with time zone, text, text, interval)', false, false, true, false),
      ('public.get_alert_deliveries(uuid)', false, false, true, false),
      ('public.report_ping_failure(uuid, text)', false, false, true, false),
      ('public.get_job_health(timestamp with time zone, boolean, boolean)', false, false, true, false),
      ('public.job_exists(text)', false, false, true, false),
      ('public.list_job_names()', false, false, true, false),
      ('public.list_overdue_digests(uuid)', false, false, true, false),
      ('public.process_installment_batch(uuid, integer)', false, false, true, false),
      ('public.report_channel_problems(jsonb, timestamp with time zone)', false, false, true, false),
      ('public.report_job_progress(uuid, integer, integer, integer, jsonb, integer, timestamp with time zone)', false, false, true, false),
      ('public.start_job_run(text, uuid, text, timestamp with time zone, uuid)', false, false, true, false),
      ('public.update_installment_statuses(timestamp with time zone, uuid)', false, false, true, false),
      ('public.is_this_database(text)', false, false, true, false),
      ('public.installment_history(uuid)', false, true, true, false),
      ('public.correct_overdue(uuid, boolean, timestamp with time zone, uuid)', false, true, true, false),
      -- Of the schema jobs, which they cannot use: reached through functions in public.
      ('jobs.changes_of(uuid)', false, true, true, false),
      ('jobs.last_change_of(uuid)', false, true, true, false),
      ('jobs.run_correction(uuid, boolean, timestamp with time zone, uuid)', false, true, true, false),
      ('public.get_job_counters(timestamp with time zone)', false, false, true, false),
      (
        'public.get_job_metrics(text, timestamp with time zone, timestamp with time zone, integer, timestamp with time zone, boolean)',
        false, false, true, false
      ),
      (
        'public.list_job_runs_without_details(text, text, uuid, timestamp with time zone, uuid, integer, text, timestamp with time zone, timestamp with time zone)',
        false, false, true, false
      ),
      (
        'jobs.agency_cutoffs(timestamp with time zone, uuid, text, time without time zone, integer)',
        false, true, true, false
      ),
      ('jobs.effective_due_date(uuid, date, integer, smallint[])', false, true, true, false),
      ('jobs.local_time(timestamp with time zone, text)', false, true, true, false),
      (
        'public.list_job_runs(text, text, uuid, timestamp with time zone, uuid, integer, text, text, '
          || 'timestamp with time zone, timestamp with time zone)',
        false, true, true, false
      ),
      ('public.list_recent_runs(integer)', false, false, true, false),
      ('public.list_incidents(integer)', false, false, true, false),
      ('public.get_run_timeline(uuid)', false, false, true, false),
      (
        'jobs.checked_settings(timestamp with time zone, text, time without time zone, integer)',
        false, true, true, false
      ),
      (
        'jobs.installment_explanation(timestamp with time zone, uuid, text, date, text, uuid)',
        false, true, true, false
      ),
      ('public.explain_installment(uuid, timestamp with time zone)', false, true, true, false),
      ('public.find_installments(text, integer)', false, true, true, false),
      ('public.list_agencies(text, text, uuid, integer, timestamp with time zone)', false, true, true, false),
      ('jobs.last_marked_at(uuid)', false, true, true, false),
      ('public.agency_report(uuid, timestamp with time zone)', false, true, true, false),
      ('public.installment_report(uuid, timestamp with time zone)', false, true, true, false),
      ('jobs.agency_overviews(uuid[], timestamp with time zone)', false, true, true, false),
      ('jobs.left_out(uuid)', false, true, true, false),
      (
        'jobs.next_cutoff_at(uuid, timestamp with time zone, timestamp without time zone, time without time zone, text, smallint[])',
        false, true, true, false
      ),
      ('jobs.clock_changes(timestamp with time zone, uuid)', false, true, true, false),
      ('jobs.clock_statement(uuid, text, time without time zone)', false, true, true, false),
      ('jobs.former_clocks(timestamp with time zone, uuid)', false, true, true, false),
      ('public.changed_clocks(integer, timestamp with time zone)', false, true, true, false),
      ('public.installments_aging_at(timestamp with time zone, uuid)', false, true, true, false),
      (
        'public.preview_overdue(timestamp with time zone, uuid, text, time without time zone, integer)',
        false, true, true, false
      ),
      ('jobs.overdue_at(date, time without time zone, text)', false, true, true, false)
  $$,
  'Every function has the rights that are listed here, and no others'
);

select set_eq(
  $$
    select routine.name, role.rolname::text
    from pg_temp.our_functions() as routine
    join pg_catalog.pg_roles as role
      on has_function_privilege(role.oid, routine.id, 'execute')
    where not role.rolsuper
      and role.rolname not in ('postgres', 'anon', 'authenticated', 'service_role')
      and not pg_has_role(role.oid, 'postgres', 'usage')
      and not pg_has_role(role.oid, 'service_role', 'usage')
  $$,
  $$
    values
      ('jobs.agency_transitions(timestamp with time zone, timestamp with time zone)', 'metrics_reader'),
      ('jobs.channel_backlog(timestamp with time zone)', 'metrics_reader'),
      ('jobs.current_status(timestamp with time zone)', 'metrics_reader'),
      ('jobs.failure_causes(timestamp with time zone, timestamp with time zone)', 'metrics_reader')
  $$,
  'Of other roles, only metrics_reader can call a function, and only these'
);

select is_empty(
  $$
    select routine.name
    from pg_temp.our_functions() as routine
    where routine.name like 'public.%'
      and routine.name not in (select name from pg_temp.function_matrix() where service_role)
  $$,
  'The service role can call every function in public'
);

select results_eq(
  $$
    select
      schema_name,
      pg_temp.schema_rights('anon', schema_name) as anon,
      pg_temp.schema_rights('authenticated', schema_name) as authenticated,
      pg_temp.schema_rights('service_role', schema_name) as service_role
    from (values ('jobs'), ('public')) as schemas (schema_name)
  $$,
  $$
    values
      -- schema, anon, authenticated, service_role
      ('jobs', '-', '-', '-'),
      ('public', 'usage', 'usage', 'usage')
  $$,
  'No API role gets into schema jobs, and none creates in public'
);

select is_empty(
  $$
    select relation.name, attribute.attname, attribute.attacl
    from pg_temp.our_relations() as relation
    join pg_catalog.pg_attribute as attribute
      on attribute.attrelid = relation.id
    where attribute.attacl is not null
      and not (relation.name = 'public.jobs_log' and attribute.attacl::text = '{metrics_reader=r/postgres}')
  $$,
  'No rights are given on single columns, but to metrics_reader'
);

select is_empty(
  $$
    select name
    from pg_temp.our_relations()
    where owner <> 'postgres'::regrole
    union all
    select name
    from pg_temp.our_functions()
    where owner <> 'postgres'::regrole
  $$,
  'Everything belongs to postgres'
);

-- The matrix sees what is not listed

create table public.pgtap_undecided (id int generated always as identity);
grant insert on table public.pgtap_undecided to public;

create function public.pgtap_undecided()
returns int
language sql
return 1;

select results_eq(
  $$
    select anon like '%insert%', everybody
    from pg_temp.relation_matrix()
    where name = 'public.pgtap_undecided'
  $$,
  $$values (true, 'insert')$$,
  'A new table is in the matrix, with what its roles have through PUBLIC'
);

select is(
  (select count(*) from pg_temp.relation_matrix() where name = 'public.pgtap_undecided_id_seq'),
  1::bigint,
  'A new sequence is in the matrix'
);

select results_eq(
  $$select anon, everybody from pg_temp.function_matrix() where name = 'public.pgtap_undecided()'$$,
  'values (true, true)',
  'A new function is in the matrix, open to all as Postgres makes it'
);

select * from finish();
rollback;
