import { join } from "node:path";
import { type Database, emptyDatabase } from "../support/database.ts";
import { config } from "../support/stack.ts";

export const MAIN_JOB = "update-installment-statuses";
export const CRM_JOB = "nightly-crm-sync";

/** What a scene has made, to look for. */
export interface Scene {
  /** A run of the main job that succeeded. */
  readonly good: string;
  /** A run whose function refused the key. */
  readonly failed: string;
  /** A run of the CRM job with items that failed. */
  readonly degraded: string;
  /** A run of the CRM job that is under way. */
  readonly running: string;
  /** An open incident, and one that is over. */
  readonly open: string;
  readonly over: string;
  /** Southern Star Education, and an overdue installment of it. */
  readonly agency: string;
  readonly installment: string;
  readonly student: string;
}

/**
 * Fills the database as after two months of work: agencies and installments of
 * the seed, 60 runs of the main job, a job that has just failed, one that is
 * paused, a channel that has given up.
 */
export async function makeScene(sql: Database): Promise<Scene> {
  await emptyDatabase(sql);
  const seed = await Deno.readTextFile(
    join(config.repoDir, "supabase", "seed.sql"),
  );
  await sql.unsafe(seed).simple();
  await sql`
    select jobs.register(
      job_name => ${CRM_JOB},
      description => 'Copies students from the CRM',
      schedule => '30 2 * * *',
      catch_up => false
    )
  `;
  // The supervisor would run the job again, and change the scene.
  await setCatchUp(sql, false);
  await pastRuns(sql);
  const scene = await presentRuns(sql);
  await channels(sql);
  return {
    ...scene,
    ...await incidents(sql, scene.failed),
    ...await markedInstallment(sql, scene.good),
  };
}

/** Takes out what `emptyDatabase` leaves. */
export async function removeScene(sql: Database): Promise<void> {
  await setCatchUp(sql, true);
  await sql`select jobs.resume('weekly-overdue-digest')`;
  await sql`select jobs.unregister(${CRM_JOB})`;
  await emptyDatabase(sql);
}

async function setCatchUp(sql: Database, catchUp: boolean): Promise<void> {
  await sql`
    update jobs.definitions as definition
    set catch_up = ${catchUp}
    where definition.job_name = ${MAIN_JOB}
  `;
}

// Every choice follows from the number of the run, so that the pictures stay.
async function pastRuns(sql: Database): Promise<void> {
  await sql`
    insert into public.jobs_log (
      job_name, started_at, completed_at, status, records_updated, items_total,
      items_processed, trigger_source, error_message, metadata
    )
    select
      ${MAIN_JOB},
      day.at,
      day.at + (40 + day.number * 37 % 90) * interval '1 millisecond'
        + case when day.number % 23 = 4 then interval '7.2 s' else '0' end,
      case when day.number in (17, 41) then 'failed' else 'success' end,
      day.number * 53 % 140,
      22,
      22,
      case when day.number in (16, 40) then 'catch_up' else 'cron' end,
      case
        when day.number in (17, 41) then 'start_job_run failed: the database system is starting up (57P03)'
      end,
      '{"attempts": 1, "attempt_errors": []}'
    from (
      select number, date_trunc('day', now()) + interval '7 h' - number * interval '1 day' as at
      from generate_series(2, 59) as number
    ) as day
  `;
  await sql`
    insert into public.jobs_log (job_name, started_at, completed_at, status, records_updated, trigger_source)
    select
      'weekly-overdue-digest',
      date_trunc('week', now()) + interval '6 h' - number * interval '7 days',
      date_trunc('week', now()) + interval '6 h' - number * interval '7 days'
        + (3000 + number * 411 % 2000) * interval '1 millisecond',
      'success',
      22,
      'cron'
    from generate_series(1, 8) as number
  `;
  await sql`
    insert into public.jobs_log (
      job_name, started_at, completed_at, status, records_updated, items_total,
      items_processed, items_failed, trigger_source
    )
    select
      ${CRM_JOB},
      date_trunc('day', now()) + interval '2 h 30 min' - number * interval '1 day',
      date_trunc('day', now()) + interval '2 h 30 min' - number * interval '1 day'
        + (20000 + number * 977 % 9000) * interval '1 millisecond',
      'success',
      400 + number * 31 % 200,
      40,
      40,
      case when number % 11 = 3 then 2 else 0 end,
      'cron'
    from generate_series(2, 45) as number
  `;
}

async function presentRuns(
  sql: Database,
): Promise<Pick<Scene, "good" | "failed" | "degraded" | "running">> {
  const [good] = await sql<{ id: string }[]>`
    insert into public.jobs_log (
      job_name, started_at, completed_at, status, records_updated, items_total,
      items_processed, trigger_source, items_updated, metadata
    )
    select
      ${MAIN_JOB},
      now() - interval '22 h',
      now() - interval '22 h' + interval '4.3 s',
      'success',
      96,
      22,
      22,
      'cron',
      3,
      jsonb_build_object(
        'attempts', 2,
        'total_agencies_processed', 22,
        'attempt_errors', jsonb_build_array(jsonb_build_object(
          'attempt', 1,
          'code', '57P03',
          'message', 'start_job_run failed: the database system is starting up (57P03)',
          'at', now() - interval '22 h' + interval '1.1 s'
        )),
        'agencies', (
          select jsonb_agg(jsonb_build_object(
            'agency_id', agency.id,
            'updated_count', 32,
            'transitions', jsonb_build_object('pending_to_overdue', 32)
          ))
          from (select id from public.agencies order by name limit 3) as agency
        )
      )
    returning id
  `;
  const [failed] = await sql<{ id: string }[]>`
    insert into public.jobs_log (job_name, started_at, completed_at, status, trigger_source, error_message)
    values (
      ${MAIN_JOB}, now() - interval '12 minutes', now() - interval '12 minutes' + interval '80 ms', 'failed', 'cron',
      'The function answered 401: This takes a job key. Store the function''s job key in Vault as jobs_api_key.'
    )
    returning id
  `;
  const [degraded] = await sql<{ id: string }[]>`
    insert into public.jobs_log (
      job_name, started_at, completed_at, status, records_updated, items_total,
      items_processed, items_failed, errors, trigger_source, metadata
    )
    values (
      ${CRM_JOB}, now() - interval '8 h', now() - interval '8 h' + interval '24 s', 'success', 431, 40, 40, 2,
      '[
        {"id": "a17", "name": "Southern Star Education", "error": "CRM answered 409: the record is locked"},
        {"id": "a21", "name": "Rive Gauche Études", "error": "CRM answered 422: the email address is not valid"}
      ]',
      'cron', '{"attempts": 1}'
    )
    returning id
  `;
  const [running] = await sql<{ id: string }[]>`
    insert into public.jobs_log (
      job_name, started_at, status, records_updated, items_total, items_processed, trigger_source
    )
    values (${CRM_JOB}, now() - interval '9 s', 'running', 171, 40, 16, 'manual')
    returning id
  `;
  await sql`select jobs.pause('weekly-overdue-digest', 'Agencies asked for no mails until the new term', now() + interval '9 days', 'ada@school.example')`;
  return {
    good: good.id,
    failed: failed.id,
    degraded: degraded.id,
    running: running.id,
  };
}

async function channels(sql: Database): Promise<void> {
  await sql`
    select public.claim_job_alerts(
      jsonb_build_array(
        jsonb_build_object('name', 'slack', 'kinds', jsonb_build_array('run_failed', 'job_recovered')),
        jsonb_build_object('name', 'email', 'kinds', jsonb_build_array('run_failed', 'job_recovered'))
      ),
      1
    )
  `;
}

async function incidents(
  sql: Database,
  failed: string,
): Promise<Pick<Scene, "open" | "over">> {
  const [open] = await sql<{ id: string }[]>`
    update jobs.alerts as alert
    set raised_at = now() - interval '11 minutes'
    where alert.run_id = ${failed}
    returning incident_id as id
  `;
  await deliver(sql, open.id, "slack", "sent", null);
  await deliver(
    sql,
    open.id,
    "email",
    "given_up",
    "Resend answered 403: validation_error: the domain school.example is not verified",
  );
  const [over] = await sql<{ id: string }[]>`
    insert into jobs.incidents (job_name, kind, opened_at, last_seen_at, last_alerted_at, occurrences, reminders, closed_at)
    values (
      ${MAIN_JOB}, 'run_missed', now() - interval '17 days', now() - interval '15 days 20 h',
      now() - interval '16 days', 31, 1, now() - interval '15 days 20 h'
    )
    returning id
  `;
  for (const reminder of [0, 1]) {
    await sql`
      select jobs.raise_alert(
        kind => 'run_missed',
        job_name => ${MAIN_JOB},
        details => '{}',
        incident_id => ${over.id}::uuid,
        reminder => ${reminder}::int,
        as_of => now() - interval '17 days' + ${reminder}::int * interval '1 day'
      )
    `;
  }
  return { open: open.id, over: over.id };
}

// What the run has marked, as the ledger would have it.
async function markedInstallment(
  sql: Database,
  runId: string,
): Promise<Pick<Scene, "agency" | "installment" | "student">> {
  const [row] = await sql<
    { agency: string; installment: string; student: string }[]
  >`
    with chosen as (
      -- One of each agency: what is overdue, else what was paid late.
      select distinct on (agency.id)
        agency.id as agency,
        agency.name,
        agency.timezone,
        agency.overdue_cutoff_time as cutoff_time,
        installment.id as installment,
        installment.student_due_date as due_date,
        plan.student_name as student
      from public.agencies as agency
      join public.payment_plans as plan on plan.agency_id = agency.id
      join public.installments as installment on installment.payment_plan_id = plan.id
      where installment.status in ('overdue', 'paid')
        and plan.status = 'active'
        and installment.student_due_date < current_date - 1
      order by agency.id, installment.status = 'overdue' desc, installment.student_due_date desc, installment.id
    ), noted as (
      insert into jobs.status_changes (
        run_id, agency_id, from_status, to_status, changed_at, reason, as_of,
        timezone, local_time, cutoff_time, installment_ids, due_dates
      )
      select
        ${runId}::uuid, chosen.agency, 'pending', 'overdue', run.completed_at, 'cutoff_passed', run.started_at,
        chosen.timezone, run.started_at at time zone chosen.timezone, chosen.cutoff_time,
        array[chosen.installment], array[chosen.due_date]
      from chosen
      join public.jobs_log as run on run.id = ${runId}::uuid
    )
    select agency, installment, student from chosen where name = 'Southern Star Education'
  `;
  return row;
}

async function deliver(
  sql: Database,
  incident: string,
  channel: string,
  status: string,
  error: string | null,
): Promise<void> {
  await sql`
    update jobs.alert_deliveries as delivery
    set
      status = ${status},
      attempts = ${status === "sent" ? 1 : 5},
      last_error = ${error},
      finished_at = now() - interval '10 minutes'
    where delivery.channel = ${channel}
      and delivery.alert_id in (
        select alert.id from jobs.alerts as alert where alert.incident_id = ${incident}
      )
  `;
}
