// Compares job-metrics with numbers calculated from the same runs one by one.
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { waitFor } from "../stack/wait.ts";
import { samplesIn, valueOf } from "./history/exposition.ts";
import {
  DAY,
  HOUR,
  type Instant,
  instantOf,
  isoOf,
  MINUTE,
} from "./history/instant.ts";
import { logHistory } from "./history/log_history.ts";
import type { LoggedRun } from "./history/logged_run.ts";
import {
  agenciesOf,
  dailyOf,
  pointsOf,
  prunedAt,
  summaryOf,
  totalsOf,
} from "./history/expected_metrics.ts";
import { JOB_NAMES, randomHistory } from "./history/random_history.ts";
import { type Random, seededRandom } from "../testing/seeded_random.ts";
import { insertFailure } from "./support/alerts.ts";
import { callFunction, type FunctionRequest } from "./support/call_function.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import type { Answer } from "./support/functions.ts";
import { withDatabaseOutOfReach } from "./support/outage.ts";
import { assertError, assertOnlyReadersAreLetIn } from "./support/access.ts";
import { JOBS, MAIN_JOB } from "./support/jobs.ts";
import { keys, urls } from "./support/stack.ts";
import { whileUnchanged } from "./support/steady.ts";
import { withoutSupervisor } from "./support/supervisor.ts";

const ALL_JOBS = [...JOB_NAMES, ...JOBS].sort();

async function read(
  query = "",
  headers: FunctionRequest["headers"] = {},
): Promise<Answer> {
  const { jobsApiKey } = await keys();
  return await callFunction("job-metrics", {
    query,
    headers: { "X-API-Key": jobsApiKey, ...headers },
  });
}

/** The text that Prometheus would read. */
async function scrape(query = ""): Promise<string> {
  const { readKey } = await keys();
  const response = await fetch(
    `${urls.functionsUrl}/job-metrics?format=prometheus${query}`,
    { headers: { Authorization: `Bearer ${readKey}` } },
  );
  const text = await response.text();
  equal(response.status, 200, text);
  return text;
}

/** Runs a test on a log with a random history, which no other process writes. */
function testOnHistory(
  name: string,
  seed: number,
  test: (
    sql: Database,
    history: LoggedRun[],
    random: Random,
    now: Instant,
  ) => Promise<void>,
): void {
  Deno.test(`${name} (seed ${seed})`, () =>
    withDatabase((sql) =>
      withoutSupervisor(sql, async () => {
        await emptyDatabase(sql);
        await sql`truncate jobs.run_totals`;
        const random = seededRandom(seed);
        const now = BigInt(Date.now()) * 1000n;
        const history = randomHistory(random, now);
        const logged = await logHistory(sql, history, now - MINUTE);
        await test(sql, logged, random, now);
      })
    ));
}

/** Compares every number of an answer with the runs of its window. */
function assertNumbers(
  { status, body }: Answer,
  history: readonly LoggedRun[],
  jobNames: readonly string[],
): void {
  equal(status, 200, JSON.stringify(body));
  const window = { from: instantOf(body.from), to: instantOf(body.to) };
  const now = instantOf(body.checkedAt);
  const runs = history.filter(({ jobName }) => jobNames.includes(jobName));
  deepEqual(
    utc(body.jobs),
    jobNames.map((jobName) => summaryOf(jobName, runs, window, now)),
  );
  deepEqual(utc(body.daily), dailyOf(runs, window));
  deepEqual(utc(body.runs), pointsOf(runs, window));
  deepEqual(utc(body.agencies), agenciesOf(runs, window));
}

/** Writes the instants in rows in one way. */
function utc(rows: readonly Record<string, unknown>[]) {
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        /^(time|last\w+At)$/.test(name) && typeof value === "string"
          ? isoOf(instantOf(value))
          : value,
      ]),
    )
  );
}

for (const seed of [1, 2, 3]) {
  testOnHistory(
    "every number of every window is the sum over its runs",
    seed,
    async (_, history, random, now) => {
      assertNumbers(await read(), history, ALL_JOBS);
      for (const days of [1, 7, 30, 365]) {
        const answer = await read(`?days=${days}`);
        assertNumbers(answer, history, ALL_JOBS);
        const { from, to, checkedAt } = answer.body;
        equal(to, checkedAt);
        const length = instantOf(to) - instantOf(from);
        const offBy = length - BigInt(days) * DAY;
        ok(offBy > -MINUTE && offBy < MINUTE, `${from} to ${to}`);
      }
      for (const jobName of ALL_JOBS) {
        assertNumbers(
          await read(`?jobName=${jobName}&days=365`),
          history,
          [jobName],
        );
      }
      for (let window = 0; window < 10; window += 1) {
        const from = now - BigInt(random.integer(2, 360)) * DAY;
        const to = from + BigInt(random.integer(1, 48)) * HOUR;
        const answer = await read(`?from=${isoOf(from)}&to=${isoOf(to)}`);
        equal(instantOf(answer.body.from), from);
        equal(instantOf(answer.body.to), to);
        assertNumbers(answer, history, ALL_JOBS);
      }
    },
  );

  testOnHistory(
    "a window begins with a run that starts at its first instant, and ends before one at its last",
    seed,
    async (_, history) => {
      const [first, ...later] = history
        .filter(({ jobName }) => jobName === "bravo-daily")
        .map(({ startedAt }) => startedAt);
      const last = later[4];
      const query = `?jobName=bravo-daily&from=${isoOf(first)}&to=`;
      for (
        const [to, runs] of [[last, 5], [last + 1n, 6], [
          first + 1n,
          1,
        ]] as const
      ) {
        const answer = await read(query + isoOf(to));
        assertNumbers(answer, history, ["bravo-daily"]);
        equal(answer.body.jobs[0].runs, runs);
      }
    },
  );

  testOnHistory(
    "pruning removes runs from the numbers and nothing from the counters",
    seed,
    async (sql, history, _, now) => {
      const before = samplesIn(await scrape());
      const asOf = isoOf(now);
      const [{ pruned }] = await sql`
        select jobs.prune(keep_runs => '90 days', as_of => ${asOf}) as pruned
      `;
      const kept = prunedAt(history, now - 90n * DAY);
      equal(pruned.runs, history.length - kept.length);
      ok(pruned.runs > 50);
      const rests = kept.filter(({ startedAt }) => startedAt < now - 90n * DAY);
      ok(rests.length > 0, "an idle job keeps its last runs");

      assertNumbers(await read("?days=365"), kept, ALL_JOBS);
      const after = samplesIn(await scrape());
      const counters = ({ metric }: { metric: string }) =>
        metric.endsWith("_total");
      deepEqual(after.filter(counters), before.filter(counters));
    },
  );

  testOnHistory(
    "every value that Prometheus reads is the sum over all runs ever",
    seed,
    async (sql, history) => {
      const samples = samplesIn(await scrape());
      const expected = await expectedIntervals(sql);
      for (const jobName of ALL_JOBS) {
        const value = (metric: string, labels = {}) =>
          valueOf(samples, `duewatch_${metric}`, {
            job_name: jobName,
            ...labels,
          });
        const runs = history
          .filter((run) => run.jobName === jobName)
          .sort((a, b) => Number(a.startedAt - b.startedAt));
        const lastEnded = runs.findLast(({ status }) => status !== "running");
        const lastSuccess = runs.findLast(({ status }) => status === "success");
        const total = totalsOf(jobName, history);
        deepEqual({
          successes: value("runs_total", { status: "success" }),
          failures: value("runs_total", { status: "failed" }),
          recordsUpdated: value("records_updated_total"),
          seconds: value("run_duration_seconds_total"),
          failedItems: value("failed_items_total"),
        }, total);
        equal(
          value("running"),
          runs.filter(({ status }) => status === "running").length,
        );
        equal(
          value("last_run_timestamp_seconds"),
          secondsOf(lastEnded?.startedAt),
        );
        equal(
          value("last_run_succeeded"),
          lastEnded && Number(lastEnded.status === "success"),
        );
        equal(
          value("last_run_duration_seconds"),
          lastEnded && totalsOf(jobName, [lastEnded]).seconds,
        );
        equal(
          value("last_success_timestamp_seconds"),
          secondsOf(lastSuccess?.startedAt),
        );
        equal(
          value("expected_interval_seconds"),
          expected.get(jobName),
        );
      }
    },
  );
}

/** How many seconds each registered job may be without a success. */
async function expectedIntervals(sql: Database): Promise<Map<string, number>> {
  const rows = await sql<{ jobName: string; seconds: number }[]>`
    select
      job_name as "jobName",
      extract(epoch from expected_interval)::float8 as seconds
    from jobs.definitions
  `;
  return new Map(rows.map(({ jobName, seconds }) => [jobName, seconds]));
}

/** Of a whole number of microseconds, as exact as a float has it. */
function secondsOf(instant: Instant | undefined): number | undefined {
  return instant === undefined ? undefined : Number(instant / 1000n) / 1000;
}

/** In an installation that has just failed; any other job has never run. */
const EXPECTED_STATUS: Readonly<Record<string, string>> = {
  "not-registered": "critical",
  [MAIN_JOB]: "critical",
  // It is not turned on, which is information.
  "weekly-overdue-digest": "ok",
};

Deno.test("a job's status is that of check-job-health, and the backlog is that of the outbox", () =>
  withDatabase((sql) =>
    withoutSupervisor(sql, async () => {
      await emptyDatabase(sql);
      const [{ announced }] = await sql`
        select public.claim_job_alerts(
          channels => '[{"name": "slack", "kinds": ["run_failed"]}]'
        ) as announced
      `;
      deepEqual(announced, []);
      await insertFailure(sql, MAIN_JOB, "It broke.");
      await insertFailure(sql, "not-registered");
      await sql`
        update jobs.alert_deliveries
        set queued_at = now() - interval '3 minutes'
        where job_name = 'not-registered'
      `;

      const { jobsApiKey } = await keys();
      const [judged, { body }] = await whileUnchanged(
        async () => {
          const report = await callFunction("check-job-health", {
            query: "?dryRun=true",
            headers: { "X-API-Key": jobsApiKey },
          });
          return report.body.jobs.map((
            { jobName, status, reasons }: {
              jobName: string;
              status: string;
              reasons: Record<string, string>[];
            },
          ) => ({
            jobName,
            status,
            reasons: reasons.map(({ runbook: _, ...reason }) => reason),
          }));
        },
        read,
      );
      deepEqual(body.health, judged);
      deepEqual(
        body.health.map(({ jobName, status }: Record<string, string>) => [
          jobName,
          status,
        ]),
        ["not-registered", ...JOBS].sort().map((jobName) => [
          jobName,
          EXPECTED_STATUS[jobName] ?? "warning",
        ]),
      );

      const [slack] = body.alerts;
      equal(body.alerts.length, 1);
      const { oldestPendingSeconds, ...counts } = slack;
      deepEqual(counts, { channel: "slack", pending: 2, givenUp24h: 0 });
      ok(oldestPendingSeconds >= 180 && oldestPendingSeconds < 3600);

      const samples = samplesIn(await scrape());
      equal(valueOf(samples, "duewatch_alerts_pending", {}), 2);
      ok(
        (valueOf(samples, "duewatch_alert_oldest_pending_seconds", {}) ?? 0) >=
          180,
      );
      equal(valueOf(samples, "duewatch_alerts_given_up_24h", {}), 0);
      for (const jobName of [MAIN_JOB, "not-registered"]) {
        for (const [status, value] of [["ok", 0], ["critical", 1]] as const) {
          equal(
            valueOf(samples, "duewatch_job_health", {
              job_name: jobName,
              status,
            }),
            value,
          );
        }
      }
    })
  ));

Deno.test("an empty log has a row for each registered job, and nothing else", () =>
  withDatabase((sql) =>
    withoutSupervisor(sql, async () => {
      await emptyDatabase(sql);
      const answer = await read();
      assertNumbers(answer, [], JOBS);
      deepEqual(answer.body.daily, []);
      deepEqual(answer.body.runs, []);
    })
  ));

Deno.test("metadata of one job cannot break the numbers of the others", () =>
  withDatabase((sql) =>
    withoutSupervisor(sql, async () => {
      await emptyDatabase(sql);
      const odd = [
        1,
        "text",
        null,
        [1, "x", null, {}],
        { a: 1 },
        [{ agency_id: "a" }],
        [{ agency_id: "a", transitions: 7 }],
        [{ agency_id: "a", transitions: [1] }],
        [{ agency_id: "a", transitions: { x: "many" } }],
        [{ agency_id: "a", transitions: { x: 1.5 } }],
        [{ agency_id: "a", transitions: { x: null } }],
        [{ transitions: { x: 3 } }],
      ];
      for (const agencies of odd) {
        await sql`
          insert into public.jobs_log (job_name, started_at, status, metadata)
          values (
            'odd', now(), 'success',
            ${JSON.stringify({ agencies })}::text::jsonb
          )
        `;
      }
      const { status, body } = await read();
      equal(status, 200, JSON.stringify(body));
      const { runs } = body.jobs.find((job: { jobName: string }) =>
        job.jobName === "odd"
      );
      equal(runs, odd.length);
    })
  ));

Deno.test("job names with syntax of Prometheus, SQL or JSON are only names", () =>
  withDatabase((sql) =>
    withoutSupervisor(sql, async () => {
      await emptyDatabase(sql);
      const names = [
        'say "hi"',
        "back\\slash",
        "two\nlines",
        "'; drop table public.jobs_log; --",
        'job{a="b"} 1',
        "naïve 💥",
        "%",
      ];
      for (const name of names) await insertFailure(sql, name);
      const samples = samplesIn(await scrape());
      for (const name of names) {
        const query = `?jobName=${encodeURIComponent(name)}`;
        const { body } = await read(query);
        deepEqual(
          body.jobs.map((job: { jobName: string }) => job.jobName),
          [name],
        );
        equal(
          valueOf(samples, "duewatch_runs_total", {
            job_name: name,
            status: "success",
          }),
          0,
        );
      }
      const all = await read();
      equal(all.body.jobs.length, names.length + JOBS.length);
    })
  ));

Deno.test("an invalid query is a 400 with the reason", async () => {
  for (
    const [query, reason] of [
      ["?days=0", /days: .* from 1 to 365/],
      ["?days=-1", /days: .* from 1 to 365/],
      ["?days=366", /days: .* from 1 to 365/],
      ["?days=1.5", /days: .* from 1 to 365/],
      ["?days=seven", /days: .* from 1 to 365/],
      ["?days=7&days=8", /days: is given more than once/],
      ["?days=1%20or%201=1", /days: .* from 1 to 365/],
      ["?from=2026-02-02T00:00:00Z&to=2026-02-01T00:00:00Z", /from must be/],
      ["?from=2026-02-02T00:00:00Z&to=2026-02-02T00:00:00Z", /from must be/],
      ["?from=2999-01-01T00:00:00Z", /from must be earlier than to/],
      ["?from=2020-01-01T00:00:00Z", /at most 366 days/],
      ["?to=now()", /to: must be an instant/],
      ["?days=7&to=2026-02-02T00:00:00Z", /days does not go together/],
      ["?format=xml", /format: must be json or prometheus/],
      ["?format=prometheus&days=7", /counters have no window/],
      ["?jobName=", /jobName: must not be empty/],
      ["?jobName=a%00b", /jobName: must not hold a NUL/],
      ["?job=a", /job/],
    ] as const
  ) {
    const message = assertError(await read(query), 400, "invalid_query");
    match(message, reason, query);
  }
});

Deno.test("an unknown job is a 404 with its name", async () => {
  await withDatabase(emptyDatabase);
  for (const format of ["json", "prometheus"]) {
    for (const name of ["mistyped", "'; drop table jobs_log; --", "*", "%"]) {
      const query = `?format=${format}&jobName=${encodeURIComponent(name)}`;
      const message = assertError(await read(query), 404, "unknown_job");
      ok(message.includes(`There is no job ${name}:`), message);
    }
  }
});

Deno.test("times at the ends of the calendar are answered or refused, never an error", async () => {
  for (
    const query of [
      "?to=0001-01-01T00:00:00Z",
      "?from=0001-01-01T00:00:00Z&to=0001-12-31T00:00:00Z",
      "?from=9999-01-01T00:00:00Z&to=9999-12-31T23:59:59.999999Z",
      "?from=1969-12-31T00:00:00Z&to=1970-01-02T00:00:00Z",
    ]
  ) {
    const { status, body } = await read(query);
    equal(status, 200, `${query}: ${JSON.stringify(body)}`);
  }
  for (
    const query of ["?to=0000-01-01T00:00:00Z", "?to=-271821-04-20T00:00:00Z"]
  ) {
    assertError(await read(query), 400, "invalid_query");
  }
});

Deno.test("only callers who may read can read the numbers", () =>
  withDatabase((sql) =>
    assertOnlyReadersAreLetIn(sql, "job-metrics", ({ status, body }) => {
      equal(status, 200);
      equal(Array.isArray(body.jobs), true);
    })
  ));

Deno.test("other methods are a 405, HEAD has no body, and a preflight needs no key", async () => {
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    const answer = await callFunction("job-metrics", { method });
    assertError(answer, 405, "method_not_allowed");
    equal(answer.headers.get("allow"), "GET, HEAD, OPTIONS");
  }
  const { readKey } = await keys();
  const head = await callFunction("job-metrics", {
    method: "HEAD",
    headers: { "X-API-Key": readKey },
  });
  equal(head.status, 200);
  equal(head.body, null);
  const preflight = await callFunction("job-metrics", { method: "OPTIONS" });
  equal(preflight.status, 204);
});

/** How often the main job has failed. */
function failuresIn({ body }: Answer): number {
  return body.jobs
    .find(({ jobName }: { jobName: string }) => jobName === MAIN_JOB)
    .failures;
}

Deno.test("twenty simultaneous requests all get the numbers", () =>
  withDatabase((sql) =>
    withoutSupervisor(sql, async () => {
      await emptyDatabase(sql);
      await insertFailure(sql, MAIN_JOB);
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => read("?days=7")),
      );
      for (const answer of answers) {
        equal(answer.status, 200);
        equal(failuresIn(answer), 1);
      }
      // What is written after an answer is in the next one.
      await insertFailure(sql, MAIN_JOB);
      equal(failuresIn(await read("?days=7")), 2);
    })
  ));

Deno.test("an unreachable database is a 503, until it is back", () =>
  withDatabase(async (sql) => {
    for (const query of ["", "?format=prometheus"]) {
      const away = await withDatabaseOutOfReach(sql, () => read(query));
      assertError(away, 503, "database_unavailable");
    }
    // The pool of the Data API may first meet connections that were cut.
    const back = await waitFor(
      async () => (await read()).status === 200 || undefined,
      10_000,
    );
    equal(back, true);
  }));
