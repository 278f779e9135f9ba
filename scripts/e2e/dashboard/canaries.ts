import { deepEqual } from "node:assert/strict";
import type { Database } from "../support/database.ts";

/**
 * Whom a planted word is for. `own` and `other`: people who may see the data of
 * that agency. `item`: what identifies an item. `error`: texts of errors.
 * `people`: what people wrote, and their names. `jobs`: who sees the jobs.
 * `secret`: nobody.
 */
export type Kind =
  | "own"
  | "other"
  | "item"
  | "error"
  | "people"
  | "jobs"
  | "secret";

const WORD = /canary-(own|other|item|error|people|jobs|secret)-[a-z_-]+/g;

/** @returns the planted words in a text that are of none of these kinds. */
export function strangeWords(
  text: string,
  allowed: readonly Kind[],
): string[] {
  return [
    ...new Set(
      [...text.matchAll(WORD)]
        .filter(([, kind]) => !allowed.includes(kind as Kind))
        .map(([word]) => word),
    ),
  ];
}

/** @returns the kinds of the planted words in a text. */
export function kindsIn(text: string): Set<Kind> {
  return new Set([...text.matchAll(WORD)].map(([, kind]) => kind as Kind));
}

/** What was planted, to ask for. */
export interface Planted {
  readonly job: string;
  readonly run: string;
  readonly incident: string;
  readonly own: PlantedAgency;
  readonly other: PlantedAgency;
}

export interface PlantedAgency {
  readonly id: string;
  readonly plan: string;
  readonly installment: string;
  /** A part of the name of its student. */
  readonly student: string;
}

const JOB = "canary-jobs-definitions-job-name";

/**
 * Fills every table, so that each column that holds a text has a word that
 * names it. Only before a supervisor that does not run.
 */
export async function plantCanaries(sql: Database): Promise<Planted> {
  const own = await plantAgency(sql, "own");
  const other = await plantAgency(sql, "other");
  await sql`
    select jobs.register(
      job_name => ${JOB},
      description => 'canary-jobs-definitions-description',
      schedule => '0 3 1 1 *'
    )
  `;
  await sql`
    update jobs.definitions
    set
      impact = 'canary-jobs-definitions-impact',
      ping_url = 'https://ping.example/canary-secret-definitions-ping_url'
    where job_name = ${JOB}
  `;
  await sql`
    select public.claim_job_alerts(
      channels => '[{"name": "slack", "kinds": ["run_failed", "item_failing", "job_unhealthy"]}]'
    )
  `;
  const errors = [{
    id: "canary-item-jobs_log-errors-id",
    name: "canary-item-jobs_log-errors-name",
    error: "canary-error-jobs_log-errors-error",
  }];
  const agencies = [own, other].map(({ id }) => ({
    agency_id: id,
    updated_count: 1,
    transitions: { pending_to_overdue: 1 },
  }));
  let run = "";
  // An item that failed in two runs in a row is reported.
  for (const minutes of [9, 6]) {
    const [{ id }] = await sql<{ id: string }[]>`
      insert into public.jobs_log (
        job_name, started_at, completed_at, status, error_message, items_total,
        items_processed, items_failed, errors, metadata, trigger_source
      )
      values (
        ${JOB}, now() - ${minutes}::int * interval '1 minute',
        now() - ${minutes}::int * interval '1 minute', 'failed',
        'canary-error-jobs_log-error_message (42P01)', 2, 2, 1, ${
      sql.json(errors)
    }, ${
      sql.json({
        attempts: 1,
        agencies,
        note: "canary-error-jobs_log-metadata",
        "canary-error-jobs_log-metadata-key": true,
      })
    }, 'cron'
      )
      returning id
    `;
    run = id;
  }
  for (const { id, installment } of [own, other]) {
    await sql`
      insert into jobs.status_changes (
        run_id, agency_id, from_status, to_status, changed_at, reason, as_of,
        timezone, local_time, cutoff_time, installment_ids, due_dates
      )
      values (
        ${run}, ${id}, 'pending', 'overdue', now() - interval '6 minutes', 'cutoff_passed',
        now() - interval '6 minutes', 'Etc/UTC', now() at time zone 'UTC', '00:00',
        array[${installment}]::uuid[], array[current_date - 9]
      )
    `;
  }
  await sql`
    insert into jobs.run_results (run_id, item_id, transition, updated_count)
    values (${run}, 'canary-item-run_results-item_id', 'canary-item-run_results-transition', 1)
  `;
  await sql`
    insert into jobs.actions (action, job_name, run_id, reason, requested_by, requested_at, until)
    values
      ('snooze', ${JOB}, null, 'canary-people-actions-reason', 'canary-people-actions-requested_by', now(), now() + interval '1 day'),
      ('pause', ${JOB}, null, 'canary-people-actions-reason', 'canary-people-actions-requested_by', now(), null),
      ('run', ${JOB}, ${run}, 'canary-people-actions-reason', 'canary-people-actions-requested_by', now(), null)
  `;
  await sql`
    insert into jobs.due_check_failures (job_name, failures, failing_since, last_failed_at, slow, error)
    values (${JOB}, 5, now() - interval '1 hour', now(), false, 'canary-error-due_check_failures-error')
  `;
  await sql`
    insert into jobs.refused_address (functions_url, refused_since, refused_at)
    values ('https://canary-jobs-refused_address-functions_url.example', now(), now())
  `;
  await sql`
    insert into jobs.supervisor_problems (step, problem, since, tried_at)
    values ('canary-jobs-supervisor_problems-step', 'canary-error-supervisor_problems-problem', now() - interval '1 hour', now())
  `;
  await sql`
    insert into jobs.channel_problems (channel, problem, reported_at)
    values ('email', 'canary-jobs-channel_problems-problem', now())
  `;
  await sql`
    update jobs.alert_channels
    set fingerprint = 'canary-secret-alert_channels-fingerprint'
    where name = 'slack'
  `;
  await sql`
    update jobs.alert_deliveries
    set status = 'given_up', attempts = 5, finished_at = now(), last_error = 'canary-error-alert_deliveries-last_error'
    where channel = 'slack'
  `;
  await sql`
    update jobs.last_resort
    set
      failing_since = now(),
      written_at = now(),
      attempted_at = now(),
      subject = 'canary-error-last_resort-subject',
      message = 'canary-error-last_resort-message',
      last_error = 'canary-error-last_resort-last_error'
    where channel = 'slack'
  `;
  await sql`
    update jobs.alerts
    set details = details || '{"note": "canary-error-alerts-details"}'
    where job_name = ${JOB}
  `;
  const incidents = await sql<{ id: string }[]>`
    update jobs.incidents
    set details = details || '{"note": "canary-error-incidents-details"}'
    where job_name = ${JOB}
    returning id
  `;
  await sql`
    insert into jobs.overdue_digests (
      week, agency_id, state, key_number, run_id, judged_at, claimed_at, sent_at, mail_id
    )
    values ('2026-W01', ${other.id}, 'sent', 1, ${run}, now(), now(), now(), 'canary-other-overdue_digests-mail_id')
  `;
  await assertPlantedEverywhere(sql);
  return { job: JOB, run, incident: incidents[0].id, own, other };
}

/** Takes out what emptying the tables leaves. */
export async function removeCanaries(sql: Database): Promise<void> {
  await sql`select jobs.unregister(${JOB})`;
  await sql`delete from jobs.refused_address where true`;
  await sql`
    update jobs.last_resort
    set
      failing_since = null, written_at = null, attempted_at = null,
      subject = null, message = null, last_error = null
    where channel = 'slack'
  `;
}

async function plantAgency(
  sql: Database,
  kind: "own" | "other",
): Promise<PlantedAgency> {
  const [agency] = await sql<{ id: string; plan: string }[]>`
    with agency as (
      insert into public.agencies (name, timezone, overdue_cutoff_time, contact_email)
      values (
        ${`canary-${kind}-agencies-name`}, 'UTC', '00:00',
        ${`canary-${kind}-agencies-contact_email@school.example`}
      )
      returning id
    )
    insert into public.payment_plans (agency_id, status, student_name, course_name)
    select
      id, 'active', ${`canary-${kind}-payment_plans-student_name`},
      ${`canary-${kind}-payment_plans-course_name`}
    from agency
    returning agency_id as id, id as plan
  `;
  await sql`
    insert into public.agency_closed_days (agency_id, day, name)
    values (${agency.id}, current_date + 1, ${`canary-${kind}-agency_closed_days-name`})
  `;
  const [{ id: installment }] = await sql<{ id: string }[]>`
    insert into public.installments (payment_plan_id, amount, student_due_date, status)
    values (${agency.plan}, 100, current_date - 9, 'overdue'), (${agency.plan}, 50, current_date - 9, 'pending')
    returning id
  `;
  return { ...agency, installment, student: `canary-${kind}-payment_plans` };
}

// Columns with texts that the tables allow no word in, or that Duewatch writes
// from a fixed list, or that hold names of the database.
const WITHOUT_WORD = [
  "jobs.actions.action",
  "jobs.actions.channel",
  "jobs.actions.former_schedule",
  "jobs.actions.schedule",
  "jobs.alert_channels.kinds",
  "jobs.alert_channels.name",
  "jobs.alert_deliveries.channel",
  "jobs.alert_deliveries.status",
  "jobs.alerts.kind",
  "jobs.channel_problems.channel",
  "jobs.definitions.due_check",
  "jobs.definitions.registered_schedule",
  "jobs.definitions.schedule",
  "jobs.heartbeat.name",
  "jobs.heartbeat.schedule",
  "jobs.incidents.kind",
  "jobs.installed_objects.kind",
  "jobs.installed_objects.name",
  "jobs.last_resort.channel",
  "jobs.overdue_digests.state",
  "jobs.overdue_digests.week",
  "jobs.retention_tasks.function_name",
  "jobs.retention_tasks.task_name",
  "jobs.start_locks.job_name",
  "jobs.status_changes.from_status",
  "jobs.status_changes.id_suffix",
  "jobs.status_changes.moved_dates",
  "jobs.status_changes.reason",
  "jobs.status_changes.timezone",
  "jobs.status_changes.to_status",
  "jobs.timezone_names.name",
  "public.agencies.timezone",
  "public.installments.status",
  "public.jobs_log.status",
  "public.jobs_log.trigger_source",
  "public.payment_plans.currency",
  "public.payment_plans.status",
  "public.user_roles.role",
];

/** Fails for a column that could hold a text and has no word: a new one. */
async function assertPlantedEverywhere(sql: Database): Promise<void> {
  const columns = await sql<{ name: string; source: string; column: string }[]>`
    select
      format('%s.%s.%s', namespace.nspname, relation.relname, attribute.attname) as name,
      format('%I.%I', namespace.nspname, relation.relname) as source,
      quote_ident(attribute.attname) as column
    from pg_catalog.pg_attribute as attribute
    join pg_catalog.pg_class as relation on relation.oid = attribute.attrelid
    join pg_catalog.pg_namespace as namespace on namespace.oid = relation.relnamespace
    where namespace.nspname in ('public', 'jobs')
      and relation.relkind in ('r', 'p')
      and attribute.attnum > 0
      and not attribute.attisdropped
      and attribute.atttypid in (
        'text'::regtype, 'varchar'::regtype, 'jsonb'::regtype, 'json'::regtype, 'text[]'::regtype
      )
    order by name
  `;
  const bare: string[] = [];
  for (const { name, source, column } of columns) {
    const [{ planted }] = await sql.unsafe(
      `select exists (select from ${source} where ${column}::text like '%canary-%') as planted`,
    );
    if (!planted) bare.push(name);
  }
  deepEqual(
    bare,
    WITHOUT_WORD,
    "Plant a word in each new column, so that a leak of it is found.",
  );
}
