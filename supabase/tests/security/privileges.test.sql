begin;
\ir ../arrange.psql
\ir our_objects.psql
select no_plan();

-- Who may do what with every object of ours. An object that is added shows up
-- here as a row too many, with the rights that it has, until somebody decides
-- what it should have and writes it down.

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
  'select * from pg_temp.relation_matrix()',
  $$
    values
      -- relation, anon, authenticated, service_role, PUBLIC
      ('jobs.alert_channels', '-', '-', '-', '-'),
      ('jobs.alert_deliveries', '-', '-', '-', '-'),
      ('jobs.alerts', '-', '-', '-', '-'),
      ('jobs.alerts_sequence_seq', '-', '-', '-', '-'),
      ('jobs.definitions', '-', '-', '-', '-'),
      ('jobs.incidents', '-', '-', '-', '-'),
      ('jobs.installed_objects', '-', '-', '-', '-'),
      ('jobs.overdue_candidates', '-', '-', '-', '-'),
      ('jobs.overdue_digests', '-', '-', '-', '-'),
      ('jobs.run_results', '-', '-', '-', '-'),
      ('jobs.run_totals', '-', '-', '-', '-'),
      ('jobs.start_locks', '-', '-', '-', '-'),
      ('jobs.timezone_names', '-', '-', '-', '-'),
      ('public.agencies', '-', 'select', 'select insert update delete', '-'),
      ('public.installments', '-', 'select', 'select insert update delete', '-'),
      ('public.installments_due', '-', 'select', 'select', '-'),
      ('public.jobs_log', '-', 'select', 'select insert update', '-'),
      ('public.payment_plans', '-', 'select', 'select insert update delete', '-'),
      ('public.user_roles', '-', 'select', 'select insert update delete', '-')
  $$,
  'Every table, view and sequence has the rights that were decided, and none is undecided'
);

select set_eq(
  'select * from pg_temp.function_matrix()',
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
        'public.finish_job_run(uuid, text, text, jsonb, integer, integer, integer, integer, jsonb, timestamp with time zone)',
        false, false, true, false
      ),
      ('public.get_job_health(timestamp with time zone, boolean)', false, false, true, false),
      ('public.list_overdue_digests(uuid, timestamp with time zone)', false, false, true, false),
      ('public.process_installment_batch(uuid, integer)', false, false, true, false),
      ('public.report_job_progress(uuid, integer, integer, integer, jsonb, integer)', false, false, true, false),
      ('public.start_job_run(text, uuid, text, timestamp with time zone)', false, false, true, false),
      ('public.update_installment_statuses(timestamp with time zone)', false, false, true, false),
      ('jobs.add_agency_results()', false, false, false, false),
      ('jobs.agency_errors(jsonb)', false, false, false, false),
      ('jobs.agency_results(uuid)', false, false, false, false),
      ('jobs.defaults()', false, false, false, false),
      ('jobs.handle_ended_runs()', false, false, false, false),
      ('jobs.item_totals(text, timestamp with time zone, timestamp with time zone)', false, false, false, false),
      ('jobs.lock_run(uuid)', false, false, false, false),
      ('jobs.mark_at_once(tid[], uuid[], date)', false, false, false, false),
      ('jobs.notify_job_failure(public.jobs_log)', false, false, false, false),
      ('jobs.raise_alerts_of_ended_runs(uuid[])', false, false, false, false),
      ('jobs.add_missing_deliveries(text[], timestamp with time zone)', false, false, false, false),
      ('jobs.agency_cutoffs(timestamp with time zone)', false, false, false, false),
      ('jobs.amount_as_text(numeric)', false, false, false, false),
      ('jobs.announce_channels(jsonb, timestamp with time zone)', false, false, false, false),
      ('jobs.call_function(text, text, uuid, text, integer)', false, false, false, false),
      ('jobs.catch_up_delay(bigint)', false, false, false, false),
      ('jobs.check_agency_timezone()', false, false, false, false),
      ('jobs.check_health(integer)', false, false, false, false),
      ('jobs.checked_functions_url(text)', false, false, false, false),
      ('jobs.close_incidents(text, text[], uuid, jsonb, timestamp with time zone)', false, false, false, false),
      ('jobs.complete_finished_run()', false, false, false, false),
      ('jobs.has_due_deliveries(timestamp with time zone)', false, false, false, false),
      ('jobs.digest_obstacle(jobs.overdue_digests, uuid, timestamp with time zone)', false, false, false, false),
      ('jobs.disable_heartbeat()', false, false, false, false),
      ('jobs.dispatch(text, text, integer)', false, false, false, false),
      ('jobs.due_catch_ups(timestamp with time zone)', false, false, false, false),
      ('jobs.enable_heartbeat(text)', false, false, false, false),
      ('jobs.expectations(timestamp with time zone, text)', false, false, false, false),
      ('jobs.explain_response(integer, text)', false, false, false, false),
      ('jobs.job_stats(timestamp with time zone, text)', false, false, false, false),
      ('jobs.close_incidents_silently(text, timestamp with time zone)', false, false, false, false),
      ('jobs.close_incidents_of_unregistered_job()', false, false, false, false),
      ('jobs.channel_health_report(timestamp with time zone)', false, false, false, false),
      ('jobs.job_health_report(timestamp with time zone, text)', false, false, false, false),
      ('jobs.lock_running_run(uuid)', false, false, false, false),
      ('jobs.elapsed_hours(timestamp with time zone, timestamp with time zone)', false, false, false, false),
      ('jobs.installments_have_triggers()', false, false, false, false),
      ('jobs.iso_week(timestamp with time zone)', false, false, false, false),
      ('jobs.is_degraded(public.jobs_log)', false, false, false, false),
      ('jobs.local_time(timestamp with time zone, text)', false, false, false, false),
      ('jobs.covers_missed_run(public.jobs_log)', false, false, false, false),
      ('jobs.mark_agency_by_agency(uuid[], uuid[])', false, false, false, false),
      ('jobs.mark_overdue_batch(timestamp with time zone, integer, date, uuid[])', false, false, false, false),
      ('jobs.max_runtime(text)', false, false, false, false),
      ('jobs.median_ms(text, timestamp with time zone)', false, false, false, false),
      ('jobs.monitored_jobs()', false, false, false, false),
      ('jobs.overdue_digest(uuid, timestamp with time zone)', false, false, false, false),
      ('jobs.overdue_slices(uuid[], date[])', false, false, false, false),
      ('jobs.pick_overdue(date, date, uuid[], integer, boolean)', false, false, false, false),
      (
        'jobs.raise_alert(text, text, jsonb, uuid, uuid, integer, timestamp with time zone)',
        false, false, false, false
      ),
      ('jobs.raise_health_alerts(jsonb, timestamp with time zone)', false, false, false, false),
      ('jobs.raise_heartbeat(timestamp with time zone)', false, false, false, false),
      ('jobs.raise_incident(text, text, jsonb, uuid, integer, timestamp with time zone)', false, false, false, false),
      ('jobs.raise_missed_run(text, timestamp with time zone)', false, false, false, false),
      ('jobs.raise_reminders(timestamp with time zone)', false, false, false, false),
      ('jobs.raise_run_alerts(uuid, integer)', false, false, false, false),
      ('jobs.redact_response(text, text)', false, false, false, false),
      ('jobs.reap_runs(text, timestamp with time zone)', false, false, false, false),
      ('jobs.check_alerts_undelivered(timestamp with time zone)', false, false, false, false),
      ('jobs.check_last_run_failed(jobs.job_stats)', false, false, false, false),
      ('jobs.check_never_ran(jobs.job_stats)', false, false, false, false),
      ('jobs.check_no_alert_channel(timestamp with time zone)', false, false, false, false),
      ('jobs.check_run_missed(jobs.job_stats)', false, false, false, false),
      ('jobs.check_run_slow(jobs.job_stats)', false, false, false, false),
      ('jobs.check_run_stuck(jobs.job_stats)', false, false, false, false),
      ('jobs.check_schedule_differs(jobs.job_stats)', false, false, false, false),
      ('jobs.check_schedule_inactive(jobs.job_stats)', false, false, false, false),
      ('jobs.check_schedule_missing(jobs.job_stats)', false, false, false, false),
      ('jobs.check_scheduler_dead()', false, false, false, false),
      ('jobs.check_setting_missing()', false, false, false, false),
      ('jobs.check_success_rate_low(jobs.job_stats)', false, false, false, false),
      ('jobs.check_supervisor_silent(timestamp with time zone)', false, false, false, false),
      ('jobs.duration_text(interval)', false, false, false, false),
      ('jobs.health_thresholds()', false, false, false, false),
      ('jobs.job_health_reasons(jobs.job_stats)', false, false, false, false),
      ('jobs.last_run_text(jobs.job_stats)', false, false, false, false),
      ('jobs.system_health_reasons(timestamp with time zone)', false, false, false, false),
      ('jobs.time_ago(timestamp with time zone, timestamp with time zone)', false, false, false, false),
      ('jobs.record_dispatch_failure(text, uuid, text, timestamp with time zone, text)', false, false, false, false),
      (
        'jobs.register(text, text, text, text, text, interval, interval, boolean, boolean, numeric, numeric, boolean)',
        false, false, false, false
      ),
      ('jobs.release_overdue_digest(uuid, text, timestamp with time zone)', false, false, false, false),
      ('jobs.retire_channel(text, timestamp with time zone)', false, false, false, false),
      ('jobs.retry_deliveries(text, timestamp with time zone)', false, false, false, false),
      ('jobs.run_facts(public.jobs_log)', false, false, false, false),
      ('jobs.open_incidents()', false, false, false, false),
      ('jobs.raise_problems(jsonb)', false, false, false, false),
      ('jobs.request_delivery()', false, false, false, false),
      ('jobs.schedule_supervision()', false, false, false, false),
      ('jobs.start_catch_up(text)', false, false, false, false),
      ('jobs.supervisor_command()', false, false, false, false),
      ('jobs.setting(text)', false, false, false, false),
      ('jobs.setting_problem(text)', false, false, false, false),
      ('jobs.supervise(timestamp with time zone)', false, false, false, false),
      ('jobs.agency_transitions(timestamp with time zone, timestamp with time zone)', false, false, false, false),
      ('jobs.alert_backlog(timestamp with time zone)', false, false, false, false),
      ('jobs.channel_backlog(timestamp with time zone)', false, false, false, false),
      ('jobs.count_ended_runs(uuid[])', false, false, false, false),
      ('jobs.current_status(timestamp with time zone)', false, false, false, false),
      (
        'jobs.latest_runs(text, timestamp with time zone, timestamp with time zone, integer)',
        false, false, false, false
      ),
      ('jobs.known_jobs()', false, false, false, false),
      (
        'jobs.run_statistics(text, timestamp with time zone, timestamp with time zone, timestamp with time zone)',
        false, false, false, false
      ),
      ('jobs.prune(interval, interval, timestamp with time zone)', false, false, false, false),
      ('public.get_job_counters(timestamp with time zone)', false, false, true, false),
      (
        'public.get_job_metrics(text, timestamp with time zone, timestamp with time zone, integer, timestamp with time zone)',
        false, false, true, false
      ),
      ('public.job_exists(text)', false, false, true, false),
      ('public.list_job_runs(text, text, uuid, timestamp with time zone, uuid, integer, text)', false, true, true, false),
      ('jobs.unregister(text)', false, false, false, false),
      ('jobs.unschedule(text)', false, false, false, false),
      ('jobs.success_awaited_since(jobs.definitions, timestamp with time zone)', false, false, false, false),
      ('jobs.worst_severity(jsonb)', false, false, false, false)
  $$,
  'Every function has the rights that were decided, and none is undecided'
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

-- The matrix contains what was not decided

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
