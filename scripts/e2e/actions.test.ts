// What operators ask of jobs, with runs that are under way.
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { waitFor } from "../stack/wait.ts";
import { about, startAlertServices } from "../stand_ins/alert_services.ts";
import { JOB as ITEMS_JOB, withItemsJob } from "./items/items_job.ts";
import { items, numberOf } from "./items/order.ts";
import { everythingDelivered } from "./support/alerts.ts";
import {
  countByStatus,
  insertAgency,
  insertInstallments,
} from "./support/arrange.ts";
import { callFunction } from "./support/call_function.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { within } from "./support/events.ts";
import { callJob } from "./support/functions.ts";
import { withGateOnInstallments } from "./support/gate.ts";
import { startListener } from "./support/listener.ts";
import { keys } from "./support/stack.ts";
import { withoutSupervisor } from "./support/supervisor.ts";

const MAIN_JOB = "update-installment-statuses";
const BATCH = 5000;
const AT_MOST_MS = 2000;

function withoutOthers(
  work: (sql: Database) => Promise<void>,
): () => Promise<void> {
  return () =>
    withDatabase((sql) =>
      withoutSupervisor(sql, async () => {
        await emptyDatabase(sql);
        await work(sql);
      })
    );
}

/** Asks as a program with a job key does. */
async function control(request: object, expected = 200) {
  const { jobsApiKey } = await keys();
  const { status, body } = await callFunction("job-control", {
    method: "POST",
    headers: { "X-API-Key": jobsApiKey },
    body: JSON.stringify(request),
  });
  equal(status, expected, JSON.stringify(body));
  return body;
}

interface Run {
  readonly status: string;
  readonly error_message: string | null;
  readonly records_updated: number;
  readonly completed_at: Date | null;
}

async function runOf(sql: Database, runId: string): Promise<Run> {
  const [run] = await sql<Run[]>`
    select status, error_message, records_updated, completed_at
    from public.jobs_log
    where id = ${runId}
  `;
  return run;
}

async function hasEnded(sql: Database, runId: string): Promise<Run> {
  const ended = await waitFor(async () => {
    const run = await runOf(sql, runId);
    return run.status === "running" ? undefined : run;
  }, 20_000);
  ok(ended, "the run ends");
  return ended;
}

async function alertsOf(sql: Database, jobName: string): Promise<string[]> {
  const rows = await sql`
    select kind from jobs.alerts where job_name = ${jobName} order by sequence
  `;
  return rows.map(({ kind }) => kind);
}

/** Works while it collects the payloads of `job_failure`. */
async function whileListening(
  sql: Database,
  work: (payloads: readonly { id: string; error_message: string }[]) => Promise<
    void
  >,
): Promise<void> {
  const payloads: { id: string; error_message: string }[] = [];
  const listener = await sql.listen(
    "job_failure",
    (payload) => payloads.push(JSON.parse(payload)),
  );
  try {
    await work(payloads);
  } finally {
    await listener.unlisten();
  }
}

Deno.test(
  "a run that is cancelled in mid-batch ends as the batch lets go, and its function at its next call",
  withoutOthers(async (sql) => {
    const agency = await insertAgency(sql);
    await insertInstallments(sql, agency, { count: 2 * BATCH + 100 });
    const runId = crypto.randomUUID();
    await whileListening(
      sql,
      (payloads) =>
        withGateOnInstallments(sql, async (gate) => {
          const answered = callJob({ runId });
          await gate.waiting();

          const noted = await within(
            AT_MOST_MS,
            "the cancellation is noted while the batch has the row",
            control({ action: "cancel", runId, reason: "the wrong month" }),
          );
          equal(noted.requestedBy, "job key");
          equal(noted.endedAt, null);
          equal((await runOf(sql, runId)).status, "running");

          await gate.open();
          const run = await hasEnded(sql, runId);
          const { status, body } = await within(
            AT_MOST_MS,
            "the function ends",
            answered,
          );
          equal(run.status, "failed");
          match(
            run.error_message ?? "",
            /cancelled by job key because: the wrong month\./,
          );
          equal(run.records_updated, BATCH);
          equal((await countByStatus(sql)).overdue, BATCH);
          equal(status, 500);
          equal(body.error.code, "run_no_longer_running");
          match(
            body.error.message,
            /was cancelled by job key because: the wrong month/,
          );
          deepEqual(payloads.map(({ id }) => id), [runId]);
          match(payloads[0].error_message, /cancelled by job key/);
        }),
    );

    deepEqual(await alertsOf(sql, MAIN_JOB), []);
    deepEqual(
      await sql`select 1 from jobs.incidents where job_name = ${MAIN_JOB}`,
      [],
    );
    const due = await sql`
      select 1
      from jobs.due_catch_ups(now() + interval '10 minutes') as due (job_name)
      where due.job_name = ${MAIN_JOB}
    `;
    deepEqual([...due], []);

    const again = await control(
      { action: "cancel", runId, reason: "another reason" },
    );
    deepEqual([again.changed, again.reason], [false, "the wrong month"]);
    equal((await callJob()).status, 200);
    equal((await countByStatus(sql)).overdue, 2 * BATCH + 100);
  }),
);

Deno.test(
  "a run that is cancelled in mid-list ends within two seconds, items in hand and all",
  () =>
    withDatabase((sql) =>
      withoutSupervisor(sql, () =>
        withItemsJob(sql, async (job) => {
          const reached = Promise.withResolvers<void>();
          job.service.instruct({
            lists: [items(1000)],
            item: async (id) => {
              if (numberOf(id) === 50) reached.resolve();
              await new Promise((resolve) => setTimeout(resolve, 50));
            },
          });
          const runId = crypto.randomUUID();
          const answered = job.call(runId);
          await within(20_000, "the run is in mid-list", reached.promise);

          await control({ action: "cancel", runId, reason: "too many mails" });
          const { status, body } = await within(
            AT_MOST_MS,
            "the function stops",
            answered,
          );
          const run = await runOf(sql, runId);
          equal(run.status, "failed");
          match(run.error_message ?? "", /because: too many mails/);
          equal(status, 500);
          match(body.error.message, /cancelled by job key/);
          ok(job.service.begun.entries.length < 300, "the list goes on");
          deepEqual(await alertsOf(sql, ITEMS_JOB), []);
        }))
    ),
);

Deno.test(
  "nothing alerts during a snooze, and what is still wrong afterwards does",
  () =>
    withDatabase((sql) =>
      withoutSupervisor(sql, () =>
        withItemsJob(sql, async (job) => {
          await using services = await startAlertServices();
          await using _listener = await startListener({
            env: services.environment,
          });
          await control({
            action: "snooze",
            jobName: ITEMS_JOB,
            reason: "Ada works on it",
            until: new Date(Date.now() + 3_600_000).toISOString(),
          });
          job.service.instruct({
            lists: [items(3)],
            item: () => ({ kind: "failed", says: "closed books" }),
          });
          equal((await job.call()).status, 500);
          equal((await job.call()).status, 500);
          await everythingDelivered(sql);
          deepEqual(await alertsOf(sql, ITEMS_JOB), []);
          equal(services.slack.calls.entries.length, 0);
          equal(services.resend.calls.entries.length, 0);

          await sql`select jobs.supervise(now() + interval '59 minutes')`;
          deepEqual(await alertsOf(sql, ITEMS_JOB), []);
          await sql`select jobs.supervise(now() + interval '61 minutes')`;
          deepEqual((await alertsOf(sql, ITEMS_JOB)).sort(), [
            "item_failing",
            "run_failed",
          ]);
          await within(
            20_000,
            "people are alerted",
            services.delivered(about(ITEMS_JOB, /Job Failed/)),
          );
        }))
    ),
);

Deno.test(
  "only an operator starts a paused job, and after the resume pg_cron does",
  withoutOthers(async (sql) => {
    const isActive = async () => {
      const [entry] = await sql`
        select entry.active
        from cron.job as entry
        join jobs.definitions as definition
          on definition.cron_job_name = entry.jobname
        where definition.job_name = ${MAIN_JOB}
      `;
      return entry.active;
    };
    await control({ action: "pause", jobName: MAIN_JOB, reason: "bank day" });
    try {
      equal(await isActive(), false);
      const { body } = await callFunction("check-job-health", {
        query: "?dryRun=true",
        headers: { "X-API-Key": (await keys()).jobsApiKey },
      });
      const report = body.jobs.find(
        ({ jobName }: { jobName: string }) => jobName === MAIN_JOB,
      );
      deepEqual(
        [report.paused.reason, report.paused.requestedBy, report.reasons],
        ["bank day", "job key", []],
      );

      const { runId } = await control({ action: "run", jobName: MAIN_JOB });
      equal((await runOf(sql, runId)).status, "success");
    } finally {
      await control({ action: "resume", jobName: MAIN_JOB });
    }
    equal(await isActive(), true);

    const rows = await sql`
      select action, requested_by
      from jobs.actions
      where job_name = ${MAIN_JOB}
      order by requested_at
    `;
    deepEqual(
      rows.map(({ action, requested_by }) => `${action} by ${requested_by}`),
      ["pause by job key", "run by job key", "resume by job key"],
    );
  }),
);

Deno.test("what cannot be done is refused with the reason, and leaves no row", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    const refused = [
      [{ action: "pause", jobName: MAIN_JOB }, 400, /reason/],
      [{ action: "pause", jobName: "no-job", reason: "a" }, 404, /no-job/],
      [
        { action: "cancel", runId: crypto.randomUUID(), reason: "a" },
        404,
        /no run/,
      ],
      [
        {
          action: "snooze",
          jobName: MAIN_JOB,
          reason: "a",
          until: new Date(Date.now() + 31 * 86_400_000).toISOString(),
        },
        400,
        /at most 30 days/,
      ],
    ] as const;
    for (const [request, status, message] of refused) {
      match((await control(request, status)).error.message, message);
    }
    equal((await callJob()).status, 200);
    const [{ id }] = await sql`select id from public.jobs_log limit 1`;
    const ended = { action: "cancel", runId: id, reason: "a" };
    match((await control(ended, 409)).error.message, /has ended: success/);
    deepEqual([
      ...await sql`select 1 from jobs.actions where job_name = ${MAIN_JOB}`,
    ], []);
  }));
