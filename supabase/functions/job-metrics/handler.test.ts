import assert from "node:assert/strict";
import { parseEnvironment } from "../_shared/environment.ts";
import { createLogger } from "../_shared/logger.ts";
import type { CallRpc, RpcAnswer, RpcName } from "../_shared/rpc/client.ts";
import { assertError } from "../_shared/testing/assert-error.ts";
import { databaseError, networkError } from "../_shared/testing/fake-runs.ts";
import { onFakeTime } from "../_shared/testing/fake-time.ts";
import { createHandler, variables } from "./handler.ts";

const KEY = "job-key-0123456789";
const READ_KEY = "read-key-0123456789";
const ENDPOINT = "http://localhost/functions/v1/job-metrics";
const RUN_ID = "11111111-1111-4111-8111-111111111111";
const AGENCY_ID = "22222222-2222-4222-8222-222222222222";

type Fields = Readonly<Record<string, string>>;

const metrics = {
  checked_at: "2026-03-10T08:00:00.123456+00:00",
  from: "2026-02-08T08:00:00+00:00",
  to: "2026-03-10T08:00:00.123456+00:00",
  jobs: [{
    job_name: "nightly-sync",
    runs: 4,
    successes: 2,
    failures: 1,
    cancelled: 0,
    running: 1,
    success_rate: 66.67,
    records_updated: 12,
    duration_avg_ms: 1500.5,
    duration_p50_ms: 1500.5,
    duration_p95_ms: 1990,
    duration_p99_ms: 1998.1,
    duration_max_ms: 2000,
    last_run_at: "2026-03-10T07:00:00+00:00",
    last_run_status: "running",
    last_run_duration_ms: null,
    last_success_at: "2026-03-09T07:00:00+00:00",
    hours_since_last_success: 25,
  }],
  daily: [{
    time: "2026-03-09T00:00:00+00:00",
    job_name: "nightly-sync",
    runs: 1,
    successes: 1,
    failures: 0,
    cancelled: 0,
    records_updated: 12,
    duration_avg_ms: 2000,
  }],
  runs: [{
    time: "2026-03-10T07:00:00+00:00",
    id: RUN_ID,
    job_name: "nightly-sync",
    status: "running",
    duration_ms: null,
    records_updated: 0,
    trigger_source: null,
    error_message: null,
  }],
  items: [{
    job_name: "nightly-sync",
    item_id: AGENCY_ID,
    runs: 1,
    updated_count: 12,
    transitions: { pending_to_overdue: 12 },
  }],
  health: [{
    job_name: "nightly-sync",
    status: "warning",
    reasons: [{
      code: "run_slow",
      severity: "warning",
      message: "The last run took 2 seconds.",
    }],
  }],
  alerts: [{
    channel: "slack",
    pending: 2,
    oldest_pending_seconds: 61,
    given_up_24h: 1,
  }],
};

const counters = {
  jobs: [
    {
      job_name: 'say "hi"\\\n',
      successes: 2,
      failures: 1,
      cancelled: 0,
      records_updated: 12,
      duration_ms: 4501,
      failed_items: 3,
      running: 1,
      last_run_at: "2026-03-09T07:00:00.25+00:00",
      last_run_succeeded: false,
      last_run_duration_ms: 1500,
      last_success_at: "2026-03-08T07:00:00+00:00",
      expected_interval_seconds: 90000,
    },
    {
      job_name: "never-ran",
      successes: 0,
      failures: 0,
      cancelled: 0,
      records_updated: 0,
      duration_ms: 0,
      failed_items: 0,
      running: 0,
      last_run_at: null,
      last_run_succeeded: null,
      last_run_duration_ms: null,
      last_success_at: null,
      expected_interval_seconds: null,
    },
  ],
  health: [{ job_name: "never-ran", status: "warning" }],
  alerts: metrics.alerts,
};

const ok = (data: unknown): RpcAnswer => ({ status: 200, data, error: null });

type Answers = Partial<
  Record<RpcName, (signal: AbortSignal) => RpcAnswer | Promise<RpcAnswer>>
>;

function setUp(answers: Answers = {}) {
  const calls: { name: RpcName; args: unknown }[] = [];
  const lines: string[] = [];
  const byDefault: Answers = {
    get_job_metrics: () => ok(metrics),
    get_job_counters: () => ok(counters),
  };
  const callRpc: CallRpc = async (name, args, signal) => {
    calls.push({ name, args: JSON.parse(JSON.stringify(args)) });
    const answer = answers[name] ?? byDefault[name];
    return await answer?.(signal) ?? databaseError("PGRST202", name, 404);
  };
  const given: Fields = {
    SUPABASE_URL: "http://127.0.0.1:1",
    SUPABASE_SECRET_KEYS: '{"default":"sb_secret_of_the_test"}',
    SUPABASE_PUBLISHABLE_KEYS: '{"default":"sb_publishable_of_the_test"}',
    JOBS_API_KEY: KEY,
    JOBS_READ_KEY: READ_KEY,
  };
  const handler = createHandler({
    environment: parseEnvironment(variables, (name) => given[name]),
    callRpc,
    log: createLogger((_, line) => lines.push(line)),
    keepAlive: () => assert.fail("nothing outlives the answer"),
  });
  const send = (init: RequestInit = {}, query = "") =>
    handler(new Request(ENDPOINT + query, init));
  return {
    calls,
    lines,
    send,
    /** Asks with a good key. */
    read: (query = "", headers: Fields = {}) =>
      send({ headers: { "X-API-Key": KEY, ...headers } }, query),
  };
}

Deno.test("without a key no request is answered", async () => {
  const { send, calls } = setUp();
  for (const query of ["", "?format=prometheus", "?nonsense"]) {
    await assertError(await send({}, query), 401, "unauthorized");
  }
  assert.deepEqual(calls, []);
});

Deno.test("only GET, HEAD and preflights are answered", async () => {
  const { send, calls } = setUp();
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    const response = await send({ method, headers: { "X-API-Key": KEY } });
    assert.equal(response.headers.get("Allow"), "GET, HEAD, OPTIONS");
    await assertError(response, 405, "method_not_allowed");
  }
  assert.equal((await send({ method: "OPTIONS" })).status, 204);
  assert.deepEqual(calls, []);
});

Deno.test("the numbers are JSON in camelCase, and names that are data stay", async () => {
  const { read } = setUp();
  const response = await read();
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("Content-Type"), "application/json");
  assert.equal(response.headers.get("Cache-Control"), "no-store");
  assert.deepEqual(await response.json(), {
    checkedAt: "2026-03-10T08:00:00.123456+00:00",
    from: "2026-02-08T08:00:00+00:00",
    to: "2026-03-10T08:00:00.123456+00:00",
    jobs: [{
      jobName: "nightly-sync",
      runs: 4,
      successes: 2,
      failures: 1,
      cancelled: 0,
      running: 1,
      successRate: 66.67,
      recordsUpdated: 12,
      durationAvgMs: 1500.5,
      durationP50Ms: 1500.5,
      durationP95Ms: 1990,
      durationP99Ms: 1998.1,
      durationMaxMs: 2000,
      lastRunAt: "2026-03-10T07:00:00+00:00",
      lastRunStatus: "running",
      lastRunDurationMs: null,
      lastSuccessAt: "2026-03-09T07:00:00+00:00",
      hoursSinceLastSuccess: 25,
    }],
    daily: [{
      time: "2026-03-09T00:00:00+00:00",
      jobName: "nightly-sync",
      runs: 1,
      successes: 1,
      failures: 0,
      cancelled: 0,
      recordsUpdated: 12,
      durationAvgMs: 2000,
    }],
    runs: [{
      time: "2026-03-10T07:00:00+00:00",
      id: RUN_ID,
      jobName: "nightly-sync",
      status: "running",
      durationMs: null,
      recordsUpdated: 0,
      triggerSource: null,
      errorMessage: null,
    }],
    agencies: [{
      jobName: "nightly-sync",
      agencyId: AGENCY_ID,
      runs: 1,
      updatedCount: 12,
      transitions: { pending_to_overdue: 12 },
    }],
    health: [{
      jobName: "nightly-sync",
      status: "warning",
      reasons: [{
        code: "run_slow",
        severity: "warning",
        message: "The last run took 2 seconds.",
      }],
    }],
    alerts: [{
      channel: "slack",
      pending: 2,
      oldestPendingSeconds: 61,
      givenUp24h: 1,
    }],
  });
});

Deno.test("HEAD is answered like GET, without a body", async () => {
  const { send } = setUp();
  const response = await send({
    method: "HEAD",
    headers: { "X-API-Key": KEY, Accept: "text/plain" },
  });
  assert.equal(response.status, 200);
  assert.match(response.headers.get("Content-Type") ?? "", /^text\/plain/);
  assert.equal(await response.text(), "");
});

Deno.test("the database is asked once, for the job and the window that were named", () =>
  onFakeTime(async () => {
    const { read, calls } = setUp();
    await read();
    await read("?jobName=nightly-sync&days=7");
    await read("?from=2025-06-01T00:00:00%2B10:00&to=2025-06-02T00:00:00Z");
    await read("?jobName=';drop%20table%20jobs_log;--");
    assert.deepEqual(
      calls,
      [
        { from_at: "2025-12-02T00:00:00.000Z" },
        { job_name: "nightly-sync", from_at: "2025-12-25T00:00:00.000Z" },
        {
          from_at: "2025-05-31T14:00:00.000000Z",
          to_at: "2025-06-02T00:00:00.000000Z",
        },
        {
          job_name: "';drop table jobs_log;--",
          from_at: "2025-12-02T00:00:00.000Z",
        },
      ].map((args) => ({ name: "get_job_metrics", args })),
    );
  }));

for (
  const [query, reason] of [
    ["?days=0", /days: must be a whole number from 1 to 365/],
    ["?days=366", /days: must be a whole number from 1 to 365/],
    ["?days=-1", /days: must be a whole number from 1 to 365/],
    ["?days=1.5", /days: must be a whole number from 1 to 365/],
    ["?days=", /days: must be a whole number from 1 to 365/],
    ["?days=7&days=7", /days: is given more than once/],
    ["?from=yesterday", /from: must be an instant such as/],
    ["?from=2026-03-01T00:00:00+10:00", /from: must be .* %2B/],
    ["?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", /from must be ear/],
    ["?days=7&to=2026-01-01T00:00:00Z", /days does not go together with/],
    ["?format=xml", /format: must be json or prometheus/],
    ["?format=", /format: must be json or prometheus/],
    ["?format=prometheus&days=7", /counters have no window/],
    ["?format=prometheus&to=2026-01-01T00:00:00Z", /counters have no window/],
    ["?jobName=", /jobName: must not be empty/],
    ["?jobName=a%00b", /jobName: must not hold a NUL/],
    ["?jobname=a", /jobname/],
    ["?__proto__=x", /__proto__/],
  ] as const
) {
  Deno.test(`the query ${query} is refused with the reason`, async () => {
    const { read, calls } = setUp();
    const message = await assertError(
      await read(query),
      400,
      "invalid_query",
    );
    assert.match(message, reason);
    assert.deepEqual(calls, []);
  });
}

const TEXT = "text/plain; version=0.0.4; charset=utf-8";
const OPENMETRICS =
  "application/openmetrics-text; version=1.0.0; charset=utf-8";
const JSON_TYPE = "application/json";
const PROMETHEUS_2 = "application/openmetrics-text;version=1.0.0," +
  "application/openmetrics-text;version=0.0.1;q=0.75," +
  "text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
const PROMETHEUS_3 = "application/openmetrics-text;version=1.0.0;" +
  "escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;" +
  "q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3," +
  "text/plain;version=0.0.4;q=0.2,*/*;q=0.1";

for (
  const [query, accept, contentType] of [
    ["", PROMETHEUS_2, OPENMETRICS],
    ["", PROMETHEUS_3, OPENMETRICS],
    ["", "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", TEXT],
    ["", "text/plain", TEXT],
    ["", "*/*", JSON_TYPE],
    ["", "application/json", JSON_TYPE],
    ["", "application/json, text/plain, */*", JSON_TYPE],
    ["", "text/html,application/xhtml+xml,*/*;q=0.8", JSON_TYPE],
    ["", "image/png", JSON_TYPE],
    ["?format=json", PROMETHEUS_2, JSON_TYPE],
    ["?format=prometheus", "application/json", TEXT],
    ["?format=prometheus", PROMETHEUS_2, TEXT],
  ] as const
) {
  Deno.test(`${query || "no query"} and Accept: ${accept} give ${contentType}`, async () => {
    const { read } = setUp();
    const response = await read(query, { Accept: accept });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("Content-Type"), contentType);
    const text = await response.text();
    assert.equal(text.startsWith("{"), contentType === JSON_TYPE);
    assert.equal(text.endsWith("# EOF\n"), contentType === OPENMETRICS);
  });
}

Deno.test("what Prometheus reads has every value with its labels, and none that is not known", async () => {
  const { read, calls } = setUp();
  const text = await (await read("?format=prometheus")).text();
  const odd = String.raw`job_name="say \"hi\"\\\n"`;
  const never = 'job_name="never-ran"';
  assert.deepEqual(
    text.split("\n").filter((line) => line !== "" && !line.startsWith("#")),
    [
      `duewatch_runs_total{${odd},status="success"} 2`,
      `duewatch_runs_total{${odd},status="failed"} 1`,
      `duewatch_runs_total{${odd},status="cancelled"} 0`,
      `duewatch_runs_total{${never},status="success"} 0`,
      `duewatch_runs_total{${never},status="failed"} 0`,
      `duewatch_runs_total{${never},status="cancelled"} 0`,
      `duewatch_run_duration_seconds_total{${odd}} 4.501`,
      `duewatch_run_duration_seconds_total{${never}} 0`,
      `duewatch_records_updated_total{${odd}} 12`,
      `duewatch_records_updated_total{${never}} 0`,
      `duewatch_failed_items_total{${odd}} 3`,
      `duewatch_failed_items_total{${never}} 0`,
      `duewatch_running{${odd}} 1`,
      `duewatch_running{${never}} 0`,
      `duewatch_last_run_timestamp_seconds{${odd}} 1773039600.25`,
      `duewatch_last_run_succeeded{${odd}} 0`,
      `duewatch_last_run_duration_seconds{${odd}} 1.5`,
      `duewatch_last_success_timestamp_seconds{${odd}} 1772953200`,
      `duewatch_expected_interval_seconds{${odd}} 90000`,
      `duewatch_job_health{${never},status="ok"} 0`,
      `duewatch_job_health{${never},status="warning"} 1`,
      `duewatch_job_health{${never},status="critical"} 0`,
      'duewatch_alerts_pending{channel="slack"} 2',
      'duewatch_alert_oldest_pending_seconds{channel="slack"} 61',
      'duewatch_alerts_given_up_24h{channel="slack"} 1',
    ],
  );
  assert.deepEqual(calls, [{ name: "get_job_counters", args: {} }]);
});

Deno.test("a second scrape counts from the database, not from the first", async () => {
  const { read } = setUp();
  const first = await (await read("?format=prometheus")).text();
  assert.equal(await (await read("?format=prometheus")).text(), first);
});

Deno.test("Prometheus may ask for one job", async () => {
  const { read } = setUp();
  const text = await (await read("?format=prometheus&jobName=never-ran"))
    .text();
  assert.match(text, /duewatch_runs_total\{job_name="never-ran"/);
  assert.match(text, /duewatch_job_health\{job_name="never-ran"/);
  assert.match(text, /duewatch_alerts_pending\{channel="slack"\}/);
  assert.doesNotMatch(text, /say/);
});

Deno.test("an unknown job is a 404 with its name, in either format", async () => {
  const { read, lines } = setUp({
    get_job_metrics: () => databaseError("PT404", "there is no job x", 404),
  });
  for (const query of ["?jobName=x", "?jobName=x&format=prometheus"]) {
    const message = await assertError(
      await read(query),
      404,
      "unknown_job",
    );
    assert.match(message, /There is no job x:/);
  }
  assert.deepEqual(lines, []);
});

for (const query of ["", "?format=prometheus"]) {
  Deno.test(`a database that is away is a 503, one that refuses a 500 (${query || "JSON"})`, async () => {
    const away = setUp({
      get_job_metrics: () => networkError,
      get_job_counters: () => networkError,
    });
    await assertError(await away.read(query), 503, "database_unavailable");
    assert.equal(away.calls.length, 1);
    assert.match(away.lines.join(), /"metrics_failed"/);

    const broken = databaseError("22012", "division by zero");
    const refusing = setUp({
      get_job_metrics: () => broken,
      get_job_counters: () => broken,
    });
    const message = await assertError(
      await refusing.read(query),
      500,
      "database_error",
    );
    assert.match(message, /division by zero/);
  });
}

Deno.test("an answer that is not as agreed is a 500 that names the field", async () => {
  const { read } = setUp({
    get_job_metrics: () =>
      ok({ ...metrics, jobs: [{ ...metrics.jobs[0], runs: "four" }] }),
  });
  const message = await assertError(await read(), 500, "database_error");
  assert.match(message, /jobs\.0\.runs/);
});

Deno.test("a database that hangs is a 503 before a scrape gives up", () =>
  onFakeTime(async () => {
    const { read } = setUp({
      get_job_counters: (signal) =>
        new Promise((resolve) =>
          signal.addEventListener("abort", () =>
            resolve({
              status: 0,
              data: null,
              error: { message: `TimeoutError: ${signal.reason.message}` },
            }))
        ),
    });
    const begin = Date.now();
    await assertError(
      await read("?format=prometheus"),
      503,
      "database_unavailable",
    );
    assert.equal(Date.now() - begin, 8500);
  }));

Deno.test("twenty panels that ask the same at once cost one question", async () => {
  const asked = Promise.withResolvers<void>();
  const { read, calls } = setUp({
    get_job_metrics: async () => {
      await asked.promise;
      return ok(metrics);
    },
  });
  const same = Array.from({ length: 20 }, () => read("?days=30"));
  const other = read("?days=7");
  asked.resolve();
  const texts = await Promise.all(
    same.map(async (response) => await (await response).text()),
  );
  await (await other).body?.cancel();
  assert.equal(new Set(texts).size, 1);
  assert.equal(calls.length, 2);

  await (await read("?days=30")).body?.cancel();
  assert.equal(calls.length, 3);
});

Deno.test("a read key asks for metrics without details, and shares none with other keys", async () => {
  const asked = Promise.withResolvers<void>();
  const { read, calls } = setUp({
    get_job_metrics: async () => {
      await asked.promise;
      return ok(metrics);
    },
  });
  const window = "?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z";
  const headers = { "X-API-Key": READ_KEY };
  const reads = [read(window), read(window, headers), read(window, headers)];
  asked.resolve();
  for (const answer of reads) await (await answer).body?.cancel();
  const period = {
    from_at: "2026-01-01T00:00:00.000000Z",
    to_at: "2026-01-02T00:00:00.000000Z",
  };
  assert.deepEqual(calls, [
    { name: "get_job_metrics", args: period },
    { name: "get_job_metrics", args: { ...period, with_details: false } },
  ]);
});

Deno.test("a caller who may not read shares nothing", async () => {
  const asked = Promise.withResolvers<void>();
  const { read, send } = setUp({
    get_job_metrics: async () => {
      await asked.promise;
      return ok(metrics);
    },
  });
  const allowed = read();
  await assertError(await send(), 401, "unauthorized");
  asked.resolve();
  assert.equal((await allowed).status, 200);
});
