// A customer's name, written wherever a name can come to stand, is in nothing
// that dashboards and read keys get over the network.
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { readDashboards } from "./grafana/dashboard.ts";
import { expandSql } from "./grafana/macros.ts";
import { isSql } from "./grafana/panel_targets.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { MAIN_JOB } from "./support/jobs.ts";
import { withMetricsReader } from "./support/metrics_reader.ts";
import { keys, urls } from "./support/stack.ts";
import { withoutSupervisor } from "./support/supervisor.ts";

const NAME = /zebedee|quillfeather/i;
const FULL_NAME = "Zebedee Quillfeather";
const EMAIL = "zebedee@quillfeather.example";
const JOB = "sync-students";

/** Every address that a read key can ask. */
const READS = [
  "check-job-health?dryRun=true",
  "check-job-health?dryRun=true&recentRuns=60&incidentLog=50",
  "check-job-health",
  "job-metrics",
  "job-metrics?days=365",
  `job-metrics?jobName=${JOB}`,
  "job-metrics?format=prometheus",
  "job-logs",
  "job-logs?status=failed",
  `job-logs?jobName=${JOB}`,
];

function withTheName(
  work: (sql: Database, runId: string) => Promise<void>,
): () => Promise<void> {
  return () =>
    withDatabase((sql) =>
      withoutSupervisor(sql, async () => {
        await emptyDatabase(sql);
        await work(sql, await plant(sql));
      })
    );
}

/** @returns the id of a run that has the name. */
async function plant(sql: Database): Promise<string> {
  await sql`
    select public.claim_job_alerts(
      channels => '[{"name": "slack", "kinds": ["run_failed", "job_unhealthy"]}]'
    )
  `;
  let runId = "";
  for (const job of [JOB, MAIN_JOB]) {
    const [{ id }] = await sql`
      insert into public.jobs_log (
        job_name, started_at, completed_at, status, error_message, items_total,
        items_processed, items_failed, errors, metadata
      )
      select
        ${job},
        now() - number * interval '1 minute',
        now() - number * interval '1 minute',
        'failed',
        ${`CRM refuses the student ${FULL_NAME}: unknown`},
        22,
        22,
        1,
        ${sql.json([{ id: EMAIL, name: FULL_NAME, error: `No ${FULL_NAME}` }])},
        ${
      sql.json({
        note: FULL_NAME,
        [FULL_NAME]: 1,
        attempts: 2,
        attempt_errors: [{ attempt: 1, code: FULL_NAME, message: FULL_NAME }],
      })
    }
      from generate_series(1, 2) as number
      returning id
    `;
    await sql`
      insert into jobs.run_results (run_id, item_id, transition, updated_count)
      values (${id}, ${EMAIL}, 'pending_to_overdue', 1)
    `;
    await sql`update public.jobs_log set items_updated = 1 where id = ${id}`;
    runId = id;
  }
  await sql`
    update jobs.alert_deliveries
    set status = 'given_up', finished_at = now(), last_error = ${FULL_NAME}
    where job_name <> ''
  `;
  await sql`select jobs.pause(${MAIN_JOB}, ${FULL_NAME}, requested_by => ${EMAIL})`;
  await sql`
    select jobs.snooze(
      ${MAIN_JOB}, now() + interval '1 hour', ${FULL_NAME}, requested_by => ${EMAIL}
    )
  `;
  return runId;
}

async function read(path: string, key: string): Promise<string> {
  const response = await fetch(`${urls.functionsUrl}/${path}`, {
    headers: { "X-API-Key": key },
  });
  return `${response.status} ${JSON.stringify([...response.headers])} ` +
    await response.text();
}

Deno.test(
  "a read key gets no customer's name from any function, and a job key does",
  withTheName(async (_, runId) => {
    const { readKey, jobsApiKey } = await keys();
    for (
      const path of [
        ...READS,
        `job-logs?id=${runId}`,
        `job-logs?id=${runId}&timeline=true`,
      ]
    ) {
      const answer = await read(path, readKey);
      match(answer, /^(200|503) /, path);
      doesNotMatch(answer, NAME, path);
    }
    for (const path of ["check-job-health?dryRun=true", "job-logs"]) {
      match(await read(path, jobsApiKey), NAME, path);
    }
  }),
);

Deno.test(
  "a read key and a job key that ask at once get an answer of their own each",
  withTheName(async () => {
    const { readKey, jobsApiKey } = await keys();
    for (const path of ["check-job-health?dryRun=true", "job-logs"]) {
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, number) => number % 2 === 0)
          .map(async (mayRead) => ({
            mayRead,
            hasName: NAME.test(
              await read(path, mayRead ? jobsApiKey : readKey),
            ),
          })),
      );
      for (const { mayRead, hasName } of answers) equal(hasName, mayRead, path);
    }
  }),
);

Deno.test(
  "a read key sees the kind of a failure in place of its text",
  withTheName(async () => {
    const { readKey } = await keys();
    const headers = { "X-API-Key": readKey };
    const logs = await fetch(`${urls.functionsUrl}/job-logs`, { headers });
    const { data } = await logs.json();
    for (const run of data) {
      equal(run.errorMessage, "an error of the job");
      deepEqual([run.errors, run.itemsFailed], [[], 1]);
      deepEqual(run.metadata, { attempts: 2 });
    }
  }),
);

Deno.test(
  "the role of the dashboards gets no customer's name: no column, no function, no panel",
  withTheName((sql) =>
    withMetricsReader(sql, async (reader) => {
      const columns = await sql<{ table: string; column: string }[]>`
        select
          attribute.attrelid::regclass::text as table,
          quote_ident(attribute.attname) as column
        from pg_attribute as attribute
        join pg_class as relation
          on relation.oid = attribute.attrelid
        where relation.relkind in ('r', 'p', 'v', 'm', 'f')
          and relation.relnamespace in ('public'::regnamespace, 'jobs'::regnamespace)
          and attribute.attnum > 0
          and not attribute.attisdropped
          and has_column_privilege('metrics_reader', attribute.attrelid, attribute.attnum, 'select')
      `;
      equal(columns.length > 8, true);
      for (const { table, column } of columns) {
        const rows = await reader.unsafe(`select ${column} from ${table}`);
        doesNotMatch(JSON.stringify(rows), NAME, `${table}.${column}`);
      }
      for (
        const call of [
          "jobs.current_status()",
          "jobs.channel_backlog()",
          "jobs.failure_causes('-infinity', 'infinity')",
          "jobs.agency_transitions('-infinity', 'infinity')",
        ]
      ) {
        const rows = await reader.unsafe(`select * from ${call}`);
        equal(rows.length > 0, true, call);
        doesNotMatch(JSON.stringify(rows), NAME, call);
      }
      for (const { panels, uid } of await readDashboards()) {
        for (const target of panels.flatMap(({ targets }) => targets)) {
          if (!isSql(target)) continue;
          const query = expandSql(target.rawSql, {
            from: new Date(Date.now() - 86_400_000),
            to: new Date(Date.now() + 60_000),
            jobName: JOB,
          });
          doesNotMatch(
            JSON.stringify(await reader.unsafe(query)),
            NAME,
            `${uid}: ${query}`,
          );
        }
      }
      // What the planner has seen of the columns.
      await sql`analyze public.jobs_log`;
      const statistics = await reader`select * from pg_catalog.pg_stats`;
      doesNotMatch(JSON.stringify(statistics), NAME);
    })
  ),
);
