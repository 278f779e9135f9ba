import { deepEqual, equal, match, ok } from "node:assert/strict";
import { COLOURS } from "../../supabase/functions/_shared/alerts/channels/email/style.ts";
import type { ItemError } from "../../supabase/functions/_shared/jobs/item-ledger.ts";
import { residentBytes } from "../bench/memory.ts";
import { waitFor } from "../stack/wait.ts";
import {
  about,
  type AlertServices,
  startAlertServices,
} from "../stand_ins/alert_services.ts";
import { type ItemsJob, JOB, withItemsJob } from "./items/items_job.ts";
import { items, numberOf } from "./items/order.ts";
import { everythingDelivered } from "./support/alerts.ts";
import { backdateRun } from "./support/backdate.ts";
import { type Database, withDatabase } from "./support/database.ts";
import { within } from "./support/events.ts";
import { startListener } from "./support/listener.ts";
import { withDatabaseOutOfReach } from "./support/outage.ts";
import { killAndWait } from "./support/processes.ts";
import { withoutSupervisor } from "./support/supervisor.ts";

const MEBIBYTE = 1024 * 1024;

// What the garbage collector may leave behind. The texts
// of the items that fail between the two measurements would be 98 MB, were they
// kept.
const MEMORY_NOISE = 48 * MEBIBYTE;

interface Run {
  readonly status: string;
  readonly items_total: number | null;
  readonly items_processed: number | null;
  readonly items_failed: number | null;
  readonly records_updated: number;
  readonly errors: readonly ItemError[] | null;
  readonly error_message: string | null;
  readonly duration_ms: number | null;
  readonly trigger_source: string;
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

/** A job that the test controls, without a supervisor that ends its runs. */
function withJob(
  work: (job: ItemsJob, sql: Database) => Promise<void>,
): () => Promise<void> {
  return () =>
    withDatabase((sql) =>
      withoutSupervisor(
        sql,
        () => withItemsJob(sql, (job) => work(job, sql)),
      )
    );
}

/** The same, with services that alerts reach at once. */
function withAlerts(
  work: (
    job: ItemsJob,
    sql: Database,
    services: AlertServices,
  ) => Promise<void>,
): () => Promise<void> {
  return withJob(async (job, sql) => {
    await using services = await startAlertServices();
    await using _listener = await startListener({ env: services.environment });
    await work(job, sql, services);
  });
}

const FAILED = { slack: ["Job Failed"], email: ["red: Job Failed"] };
const DEGRADED = { slack: ["Job Degraded"], email: [] };
const QUIET = { slack: [], email: [] };
const GREEN_MAIL = "green: Job Succeeded";

const edges = [
  { total: 0, failing: 0, ends: "success", alerts: QUIET },
  { total: 200, failing: 0, ends: "success", alerts: QUIET },
  { total: 200, failing: 1, ends: "success", alerts: QUIET },
  { total: 200, failing: 40, ends: "success", alerts: QUIET },
  { total: 200, failing: 41, ends: "success", alerts: DEGRADED },
  { total: 200, failing: 100, ends: "success", alerts: DEGRADED },
  { total: 200, failing: 101, ends: "failed", alerts: FAILED },
  { total: 200, failing: 200, ends: "failed", alerts: FAILED },
];

for (const notifyOnSuccess of [false, true]) {
  const including = notifyOnSuccess
    ? ", including successes with notify_on_success"
    : "";
  Deno.test(
    `the number of failed items decides how a run ends and which alerts are sent${including}`,
    withAlerts(async (job, sql, services) => {
      await job.register({ notifyOnSuccess });
      for (const { total, failing, ends, alerts } of edges) {
        const name = `${failing} of ${total}`;
        const before = marks(services);
        job.service.instruct({
          lists: [items(total)],
          item: (id) =>
            numberOf(id) <= failing
              ? { kind: "failed", says: `${id} is broken` }
              : undefined,
        });
        const runId = crypto.randomUUID();
        const { status, body } = await job.call(runId);
        const run = await runOf(sql, runId);

        const reason = ends === "failed"
          ? `${failing} of ${total} items failed, more than 50 %. The first: ` +
            run.errors?.[0].error
          : null;
        equal(run.status, ends, name);
        equal(run.error_message, reason);
        deepEqual(accountOf(run), {
          total,
          processed: total,
          failed: failing,
          recordsUpdated: total - failing,
        });
        deepEqual(inOrder(run.errors), brokenItems(failing));
        equal(run.metadata?.cache_invalidated, true);

        equal(status, ends === "success" ? 200 : 500, name);
        const { durationMs, errors, ...rest } = body;
        equal(durationMs, run.duration_ms);
        deepEqual(errors, run.errors);
        deepEqual(rest, {
          ...reason === null ? { success: true } : {
            error: { statusCode: 500, code: "run_failed", message: reason },
          },
          runId,
          recordsUpdated: total - failing,
          itemsTotal: total,
          itemsProcessed: total,
          itemsFailed: failing,
          attempts: 1,
        });

        await everythingDelivered(sql);
        deepEqual(deliveredSince(before, services), {
          slack: alerts.slack,
          email: [
            ...alerts.email,
            ...notifyOnSuccess && ends === "success" ? [GREEN_MAIL] : [],
          ],
        }, name);
        deepEqual(await openIncidents(sql), [
          ...alerts === FAILED ? ["run_failed"] : [],
          ...alerts === DEGRADED ? ["run_degraded"] : [],
        ], name);
        await sql`select jobs.close_incidents_silently(${JOB})`;
      }
    }),
  );
}

Deno.test(
  "the row of a run whose process was killed shows its progress, an alert is delivered, and the next run succeeds",
  withAlerts(async (job, sql, { delivered }) => {
    job.service.instruct({ lists: [items(5000)], item: () => after(20) });
    const runId = crypto.randomUUID();
    const underWay = job.call(runId);
    await within(
      30_000,
      "600 items are done",
      job.service.ended.until(({ length }) => length >= 600),
    );
    const killedAt = performance.now();
    await killAndWait(await job.processId(), "SIGKILL");
    equal((await underWay).status, 502);

    const dead = await runOf(sql, runId);
    const endedUntil = (instant: number) =>
      job.service.ended.entries.filter(({ at }) => at <= instant).length;
    const processed = dead.items_processed ?? 0;
    equal(dead.status, "running");
    equal(dead.items_total, 5000);
    ok(processed > 0);
    ok(
      processed >= endedUntil(killedAt - 2_000),
      `${processed} items, ${endedUntil(killedAt - 2_000)} two seconds before`,
    );
    ok(processed <= endedUntil(Infinity));
    equal(dead.records_updated, processed);

    await backdateRun(sql, runId, 15);
    await supervise(sql);
    const reaped = await runOf(sql, runId);
    equal(reaped.status, "failed");
    deepEqual(accountOf(reaped), accountOf(dead));
    const howFar = new RegExp(`${processed} of 5000 items processed`);
    match(reaped.error_message ?? "", /max_runtime/);
    match(reaped.error_message ?? "", howFar);
    const failed = await within(
      20_000,
      "the alert of the dead run is delivered",
      delivered(about(JOB, /Job Failed/)),
    );
    for (const { text } of Object.values(failed)) match(text, howFar);

    job.service.instruct({ lists: [items(3)] });
    const [{ next }] = await sql<{ next: string }[]>`
      select jobs.dispatch(${JOB}, 'cron') as next
    `;
    const run = await runOf(sql, next);
    equal(run.status, "success");
    equal(run.trigger_source, "cron");
    equal(run.items_processed, 3);
    await within(
      20_000,
      "the recovery is delivered",
      delivered(about(JOB, /Job Recovered/)),
    );
  }),
);

Deno.test(
  "at the end of its time a run starts no further item, finishes those in hand, and the supervisor's next run does the rest",
  withAlerts(async (job, sql, services) => {
    await job.register({ maxRuntime: "4 seconds", notifyOnSuccess: true });
    const stopped = Promise.withResolvers<void>();
    job.service.instruct({
      lists: [items(200)],
      deaf: ["item-9", "item-10", "item-11"],
      item: (id) => {
        if (numberOf(id) === 12) return new Promise(() => {});
        return numberOf(id) > 8 ? stopped.promise : undefined;
      },
    });
    const runId = crypto.randomUUID();
    const underWay = job.call(runId);
    const { id } = await within(
      20_000,
      "the run is stopped",
      job.service.abandoned.first(() => true),
    );
    equal(id, "item-12");
    stopped.resolve();
    const { status, body } = await underWay;

    const run = await runOf(sql, runId);
    equal(run.status, "success");
    equal(run.metadata?.continued, true);
    equal(run.error_message, null);
    deepEqual(accountOf(run), {
      total: 200,
      processed: 11,
      failed: 0,
      recordsUpdated: 11,
    });
    ok(Number(run.duration_ms) < 4_000, `${run.duration_ms} ms`);
    equal(status, 200);
    equal(body.success, true);
    equal(body.continued, true);
    equal(body.itemsProcessed, 11);
    equal(job.service.begun.entries.length, 12);

    await job.register({ notifyOnSuccess: true, catchUp: true });
    job.service.instruct({ lists: [items(189, 12)] });
    await supervise(sql);
    const [{ id: next }] = await sql<{ id: string }[]>`
      select id
      from public.jobs_log
      where job_name = ${JOB}
        and trigger_source = 'catch_up'
    `;
    const rest = await runOf(sql, next);
    equal(rest.status, "success");
    equal(rest.items_processed, 189);
    await within(
      20_000,
      "the success is reported",
      services.resend.calls.first(about(JOB, /Job Succeeded/)),
    );
    await everythingDelivered(sql);
    equal(services.slack.calls.entries.filter(about(JOB)).length, 0);
    equal(services.resend.calls.entries.filter(about(JOB)).length, 1);
  }),
);

Deno.test(
  "a run that ignores its time limit is ended, and its later calls change nothing",
  withJob(async (job, sql) => {
    await job.register({ maxRuntime: "4 seconds" });
    const atLast = Promise.withResolvers<void>();
    job.service.instruct({
      lists: [items(200)],
      deaf: items(200).map(({ id }) => id),
      item: (id) => numberOf(id) > 8 ? atLast.promise : undefined,
    });
    const runId = crypto.randomUUID();
    const { status, body } = await job.call(runId);
    equal(status, 500);
    equal(body.error.code, "run_failed");
    const run = await runOf(sql, runId);
    equal(run.status, "failed");
    match(run.error_message ?? "", /stopped before its time limit.* 8 of 200 /);
    ok(Number(run.duration_ms) < 4_000, `${run.duration_ms} ms`);

    atLast.resolve();
    await within(
      20_000,
      "the last items end",
      job.service.ended.until(({ length }) => length === 12),
    );
    job.service.instruct({ lists: [items(2, 1000)] });
    equal((await job.call()).status, 200);
    deepEqual(
      job.service.begun.entries.slice(12).map(({ id }) => id),
      ["item-1000", "item-1001"],
    );
    deepEqual(await runOf(sql, runId), run);
  }),
);

Deno.test(
  "an error outside the items ends the run, which keeps its finished items and says so",
  withAlerts(async (job, sql, { delivered }) => {
    job.service.instruct({
      lists: [items(100), items(100, 101)],
      item: (id) =>
        id === "item-7" ? { kind: "failed", says: "closed books" } : undefined,
      afterList: () => ({ kind: "failed", says: "The second list is lost." }),
    });
    const runId = crypto.randomUUID();
    const { status, body } = await job.call(runId);
    equal(status, 500);
    equal(
      body.error.message,
      "The second list is lost. Until then 100 of 100 items had been " +
        "processed; what they have changed stays.",
    );
    const run = await runOf(sql, runId);
    equal(run.status, "failed");
    equal(run.error_message, body.error.message);
    deepEqual(accountOf(run), {
      total: 100,
      processed: 100,
      failed: 1,
      recordsUpdated: 99,
    });
    deepEqual(run.errors, [
      { id: "item-7", name: "Item 7", error: "closed books" },
    ]);
    const failed = await within(
      20_000,
      "the alert is delivered",
      delivered(about(JOB, /Job Failed/)),
    );
    for (const { text } of Object.values(failed)) {
      match(text, /The second list is lost.*100 of 100/);
    }
  }),
);

Deno.test(
  "a fatal item ends the run once the items in hand are done",
  withJob(async (job, sql) => {
    job.service.instruct({
      lists: [items(200)],
      item: (id) =>
        numberOf(id) === 101
          ? { kind: "fatal", says: "The key was refused." }
          : undefined,
    });
    const runId = crypto.randomUUID();
    const { status } = await job.call(runId);
    equal(status, 500);

    const { begun, ended } = job.service;
    const run = await runOf(sql, runId);
    const processed = ended.entries.length - 1;
    equal(run.status, "failed");
    equal(
      run.error_message,
      `The key was refused. Until then ${processed} of 200 items had been ` +
        "processed; what they have changed stays.",
    );
    deepEqual(accountOf(run), {
      total: 200,
      processed,
      failed: 0,
      recordsUpdated: processed,
    });
    deepEqual(run.errors, []);
    equal(begun.entries.length, ended.entries.length);
    // Those that were in hand, and as many as may have followed them meanwhile.
    ok(processed >= 97 && processed <= 110, `${processed} items`);
  }),
);

Deno.test(
  "a database that fails in mid-list costs one more attempt, and no item is done twice",
  withJob(async (job, sql) => {
    await using outage = outageOf(sql);
    job.service.instruct({
      lists: [items(100), items(100, 101)],
      async item(id) {
        if (id === "item-50") await outage.begin();
        if (id === "item-7") return { kind: "failed", says: "closed books" };
      },
      async attempt(number) {
        if (number === 2) await outage.end();
      },
    });
    const runId = crypto.randomUUID();
    const { status, body } = await job.call(runId);
    equal(status, 200);
    equal(body.attempts, 2);

    const run = await runOf(sql, runId);
    equal(run.status, "success");
    equal(run.metadata?.attempts, 2);
    deepEqual(accountOf(run), {
      total: 200,
      processed: 200,
      failed: 1,
      recordsUpdated: 199,
    });
    equal(run.errors?.length, 1);
    deepEqual(
      job.service.begun.entries.map(({ id }) => numberOf(id))
        .toSorted((a, b) => a - b),
      items(200).map(({ id }) => numberOf(id)),
    );
  }),
);

Deno.test(
  "an item with a transient error is retried apart from the others",
  withJob(async (job) => {
    let tries = 0;
    job.service.instruct({
      lists: [items(20)],
      item: (id) => {
        if (id !== "item-3" || ++tries > 2) return undefined;
        return { kind: "busy", says: "Try again." };
      },
    });
    const { body } = await job.call();
    equal(body.success, true);
    equal(body.attempts, 1);
    equal(body.itemsFailed, 0);
    equal(job.service.begun.entries.length, 22);
  }),
);

Deno.test(
  "a run that was ended while it works stops in mid-list and does not change its row",
  withJob(async (job, sql) => {
    job.service.instruct({ lists: [items(5000)], item: () => after(20) });
    const runId = crypto.randomUUID();
    const underWay = job.call(runId);
    await within(
      20_000,
      "100 items are done",
      job.service.ended.until(({ length }) => length >= 100),
    );
    await backdateRun(sql, runId, 15);
    await supervise(sql);
    const closedAt = performance.now();
    const closed = await runOf(sql, runId);
    equal(closed.status, "failed");

    const { status, body } = await underWay;
    const tookMs = performance.now() - closedAt;
    ok(tookMs < 3_000, `it went on for ${tookMs} ms`);
    equal(status, 500);
    equal(body.error.code, "run_no_longer_running");
    deepEqual(await runOf(sql, runId), closed);

    const { begun } = job.service;
    const begunUntilThen = begun.entries.length;
    job.service.instruct({ lists: [items(1, 9000)] });
    equal((await job.call()).status, 200);
    equal(begun.entries.length, begunUntilThen + 1);
  }),
);

Deno.test(
  "10,000 failing items, eight at once: memory stays flat, progress moves, and the row stays small",
  withJob(async (job, sql) => {
    const gates = [5_500, 9_000].map((number) => ({
      number,
      ...Promise.withResolvers<void>(),
    }));
    job.service.instruct({
      lists: [items(10_000)],
      concurrency: 8,
      async item(id) {
        for (const { number, promise } of gates) {
          if (numberOf(id) > number) await promise;
        }
        return { kind: "failed", says: "Out of order. ".repeat(2_000) };
      },
    });
    const runId = crypto.randomUUID();
    const underWay = job.call(runId);

    const progress: number[] = [];
    const memory: number[] = [];
    for (const { number, resolve } of gates) {
      const isThere = await waitFor(async () => {
        progress.push(await processedBy(sql, runId));
        return progress.at(-1) === number ? true : undefined;
      }, 60_000);
      ok(
        isThere,
        `the row shows ${progress.at(-1)} items instead of ${number}`,
      );
      memory.push(residentBytes(await job.processId()));
      resolve();
    }
    const { status } = await underWay;

    equal(status, 500);
    equal(job.service.begun.entries.length, 10_000);
    equal(job.service.mostInHand, 8);
    deepEqual(progress, progress.toSorted((a, b) => a - b));

    const [halfWay, nearTheEnd] = memory;
    const grownBy = nearTheEnd - halfWay;
    ok(grownBy < MEMORY_NOISE, `the process has grown by ${grownBy} bytes`);

    const run = await runOf(sql, runId);
    equal(run.status, "failed");
    deepEqual(accountOf(run), {
      total: 10_000,
      processed: 10_000,
      failed: 10_000,
      recordsUpdated: 0,
    });
    equal(run.errors?.length, 1_000);
    const sizes = await sizesOf(sql, runId);
    ok(sizes.errors < MEBIBYTE, `errors: ${sizes.errors} bytes`);
    ok(sizes.metadata < 1_024, `metadata: ${sizes.metadata} bytes`);
    ok(sizes.error_message < 1_024, `message: ${sizes.error_message} bytes`);
  }),
);

/** A while of work, in milliseconds. */
function after(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function runOf(sql: Database, runId: string): Promise<Run> {
  const [run] = await sql<Run[]>`
    select
      status,
      items_total,
      items_processed,
      items_failed,
      records_updated,
      errors,
      error_message,
      duration_ms::int,
      trigger_source,
      metadata
    from public.jobs_log
    where id = ${runId}
  `;
  if (run === undefined) throw new Error(`There is no run ${runId}.`);
  return run;
}

/** How many items the row shows to be processed; 0 without a row. */
async function processedBy(sql: Database, runId: string): Promise<number> {
  const [{ processed }] = await sql<{ processed: number }[]>`
    select coalesce(max(items_processed), 0) as processed
    from public.jobs_log
    where id = ${runId}
  `;
  return processed;
}

interface Sizes {
  readonly errors: number;
  readonly metadata: number;
  readonly error_message: number;
}

/** How long the fields of the row are, in bytes. */
async function sizesOf(sql: Database, runId: string): Promise<Sizes> {
  const [sizes] = await sql<Sizes[]>`
    select
      octet_length(errors::text) as errors,
      octet_length(metadata::text) as metadata,
      octet_length(error_message) as error_message
    from public.jobs_log
    where id = ${runId}
  `;
  return sizes;
}

function accountOf(run: Run) {
  return {
    total: run.items_total,
    processed: run.items_processed,
    failed: run.items_failed,
    recordsUpdated: run.records_updated,
  };
}

function brokenItems(count: number): ItemError[] {
  return items(count).map(({ id, name = null }) => ({
    id,
    name,
    error: `${id} is broken`,
  }));
}

function inOrder(errors: Run["errors"]): ItemError[] {
  return (errors ?? []).toSorted((a, b) => numberOf(a.id) - numberOf(b.id));
}

async function openIncidents(sql: Database): Promise<string[]> {
  const incidents = await sql<{ kind: string }[]>`
    select kind
    from jobs.incidents
    where job_name = ${JOB}
      and closed_at is null
    order by kind
  `;
  return incidents.map(({ kind }) => kind);
}

/** The number of calls of each service so far. */
function marks({ slack, resend }: AlertServices) {
  return {
    slack: slack.calls.entries.length,
    email: resend.calls.entries.length,
  };
}

/** The headlines of the alerts that each service got after that. */
function deliveredSince(
  before: ReturnType<typeof marks>,
  { slack, resend }: AlertServices,
) {
  return {
    slack: slack.calls.entries.slice(before.slack).map(({ text }) =>
      headlineOf(text)
    ),
    email: resend.calls.entries.slice(before.email).map(({ text, email }) =>
      `${colourOf(email?.html ?? "")}: ${headlineOf(text)}`
    ),
  };
}

function headlineOf(text: string): string {
  const headline = /Job (?:Failed|Degraded|Succeeded|Recovered)/.exec(text);
  return headline?.[0] ?? text;
}

function colourOf(html: string): string {
  const colours = Object.entries(COLOURS).filter(([, { strong }]) =>
    html.includes(strong)
  );
  return colours.map(([name]) => name).join(" and ");
}

/** Cuts the Data API off from the database until the returned function is called. */
function outageOf(sql: Database) {
  const ending = Promise.withResolvers<void>();
  let outage: Promise<void> | undefined;
  const end = async () => {
    ending.resolve();
    await outage;
  };
  return {
    async begin(): Promise<void> {
      const begun = Promise.withResolvers<void>();
      outage = withDatabaseOutOfReach(sql, async () => {
        begun.resolve();
        await ending.promise;
      });
      await Promise.race([begun.promise, outage]);
    },
    end,
    [Symbol.asyncDispose]: end,
  };
}

/** Supervises once, as pg_cron does every minute. */
async function supervise(sql: Database): Promise<void> {
  const [{ command }] = await sql`
    select jobs.supervisor_command() as command
  `;
  await sql.unsafe(command);
}
