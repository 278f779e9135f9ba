import assert from "node:assert/strict";
import { parseEnvironment } from "../_shared/environment.ts";
import { createLogger } from "../_shared/logger.ts";
import type { CallRpc, RpcAnswer, RpcName } from "../_shared/rpc/client.ts";
import { databaseError, networkError } from "../_shared/testing/fake-runs.ts";
import { onFakeTime } from "../_shared/testing/fake-time.ts";
import { VERSION } from "../_shared/version.ts";
import { createHandler, variables } from "./handler.ts";

const KEY = "job-key-0123456789";
const READ_KEY = "read-key-0123456789";
const ENDPOINT = "http://localhost/functions/v1/check-job-health";
const RUN_ID = "11111111-1111-4111-8111-111111111111";

type Fields = Readonly<Record<string, string>>;

const healthy = {
  status: "ok",
  version: "1.2.3",
  checked_at: "2026-03-10T08:00:00+00:00",
  jobs: [],
  system: { status: "ok", reasons: [] },
  incidents: [],
  channels: [],
};

const ok = (data: unknown): RpcAnswer => ({ status: 200, data, error: null });

interface SetUp {
  readonly environment?: Fields;
  /** What the database answers; by default the jobs are healthy and nothing is due. */
  readonly answers?: Partial<
    Record<RpcName, (signal: AbortSignal) => RpcAnswer | Promise<RpcAnswer>>
  >;
}

function setUp({ environment = {}, answers = {} }: SetUp = {}) {
  const calls: { name: RpcName; args: unknown; at: number }[] = [];
  const lines: string[] = [];
  const kept: Promise<unknown>[] = [];
  const byDefault: typeof answers = {
    get_job_health: () => ok(healthy),
    claim_job_alerts: () => ok([]),
    complete_job_alert: () => ok({ status: "sent", next_attempt_at: null }),
  };
  const callRpc: CallRpc = async (name, args, signal) => {
    // See channel-problems.test.ts.
    if (name === "report_channel_problems") return ok({ problems: 0 });
    calls.push({ name, args, at: Date.now() });
    const answer = answers[name] ?? byDefault[name];
    return await answer?.(signal) ?? databaseError("PGRST202", name, 404);
  };
  const given: Fields = {
    SUPABASE_URL: "http://127.0.0.1:1",
    SUPABASE_SECRET_KEYS: '{"default":"sb_secret_of_the_test"}',
    SUPABASE_PUBLISHABLE_KEYS: '{"default":"sb_publishable_of_the_test"}',
    JOBS_API_KEY: KEY,
    JOBS_READ_KEY: READ_KEY,
    ...environment,
  };
  const handler = createHandler({
    environment: parseEnvironment(variables, (name) => given[name]),
    callRpc,
    log: createLogger((_, line) => lines.push(line)),
    keepAlive: (work) => kept.push(work),
  });
  const send = (init: RequestInit = {}, query = "") =>
    handler(new Request(ENDPOINT + query, init));
  return {
    calls,
    kept,
    lines,
    send,
    /** Asks with a good key. */
    check: (query = "", method = "GET") =>
      send({ method, headers: { "X-API-Key": KEY } }, query),
    namesCalled: () => calls.map(({ name }) => name),
  };
}

async function assertError(
  response: Response,
  statusCode: number,
  code: string,
): Promise<{ readonly message: string }> {
  assert.equal(response.status, statusCode);
  assert.equal(response.headers.get("Access-Control-Allow-Origin"), "*");
  assert.equal(response.headers.get("Cache-Control"), "no-store");
  const { error } = await response.json();
  assert.deepEqual({ ...error, message: "" }, {
    code,
    statusCode,
    message: "",
  });
  return error;
}

/** A webhook that answers every message in one way. */
async function withSlack(
  answer: () => Response,
  test: (webhook: string, received: string[]) => Promise<void>,
): Promise<void> {
  const received: string[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      received.push(await request.text());
      return answer();
    },
  );
  await test(
    `http://127.0.0.1:${server.addr.port}/services/T0/B0/secret`,
    received,
  );
}

/** A database where the alert of one failed run waits to be sent to Slack. */
function oneAlertDue() {
  let claimed = false;
  return () => {
    if (claimed) return ok([]);
    claimed = true;
    return ok([{
      alert_id: "22222222-2222-4222-8222-222222222222",
      channel: "slack",
      lease: "33333333-3333-4333-8333-333333333333",
      leased_until: "2026-03-10T08:00:30+00:00",
      attempt: 1,
      kind: "run_failed",
      job_name: "nightly-sync",
      run_id: RUN_ID,
      raised_at: "2026-03-10T07:59:00+00:00",
      reminder: 0,
      details: { run: null, occurrences: 1 },
    }]);
  };
}

Deno.test("a preflight is answered without a key", async () => {
  const { send, calls } = setUp();
  const response = await send({
    method: "OPTIONS",
    headers: {
      Origin: "https://dashboard.example",
      "Access-Control-Request-Method": "GET",
      "Access-Control-Request-Headers": "authorization, apikey, x-client-info",
    },
  });
  assert.equal(response.status, 204);
  assert.equal(
    response.headers.get("Access-Control-Allow-Methods"),
    "GET,HEAD,OPTIONS",
  );
  assert.deepEqual(calls, []);
});

for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
  Deno.test(`${method} is not allowed, with a key or without`, async () => {
    const { send, check, calls } = setUp();
    for (const response of [await send({ method }), await check("", method)]) {
      assert.equal(response.headers.get("Allow"), "GET, HEAD, OPTIONS");
      await assertError(response, 405, "method_not_allowed");
    }
    assert.deepEqual(calls, []);
  });
}

Deno.test("HEAD acts on nothing: it raises and delivers no alert", async () => {
  await withSlack(() => new Response("ok"), async (webhook, received) => {
    const { check, calls, kept } = setUp({
      environment: { SLACK_WEBHOOK_URL: webhook },
      answers: { claim_job_alerts: oneAlertDue() },
    });
    for (const query of ["", "?dryRun=false"]) {
      const head = await check(query, "HEAD");
      assert.equal(head.status, 200);
      assert.equal(await head.text(), "");
    }
    await Promise.all(kept);
    assert.deepEqual(
      calls.map(({ name, args }) => ({ name, args })),
      Array(2).fill({ name: "get_job_health", args: { raise_alerts: false } }),
    );
    assert.deepEqual(received, []);
  });
});

Deno.test("without a key no request is answered", async () => {
  const { send, calls } = setUp();
  for (const query of ["", "?dryRun=true", "?nonsense"]) {
    await assertError(await send({}, query), 401, "unauthorized");
  }
  const head = await send({ method: "HEAD" });
  assert.equal(head.status, 401);
  assert.equal(await head.text(), "");
  assert.deepEqual(calls, []);
});

for (
  const [query, reason] of [
    ["?dryRun=yes", /dryRun: must be true or false/],
    ["?dryRun=", /dryRun: must be true or false/],
    ["?dryRun=TRUE", /dryRun: must be true or false/],
    ["?dryRun=true&dryRun=true", /dryRun: is given more than once/],
    ["?dryrun=true", /dryrun/],
    ["?dryRun=true&jobName=x", /jobName/],
    ["?__proto__=x", /__proto__/],
  ] as const
) {
  Deno.test(`the query ${query} is refused with the reason`, async () => {
    const { check, calls } = setUp();
    const { message } = await assertError(
      await check(query),
      400,
      "invalid_query",
    );
    assert.match(message, reason);
    assert.deepEqual(calls, []);
  });
}

const judged = {
  status: "critical",
  version: "1.2.3",
  checked_at: "2026-03-10T08:00:00+00:00",
  jobs: [
    {
      job_name: "update-installment-statuses",
      registered: true,
      enabled: true,
      paused: null,
      snoozed: {
        action: "snooze",
        job_name: "update-installment-statuses",
        run_id: null,
        reason: "Ada works on it.",
        requested_by: "ada@school.example",
        requested_at: "2026-03-10T07:30:00+00:00",
        until: "2026-03-10T11:30:00+00:00",
        ended_at: null,
      },
      status: "critical",
      reasons: [{
        code: "last_run_failed",
        severity: "critical",
        message: "The last run failed 1 hour ago: no route to host",
      }],
      schedule: "0 7 * * *",
      last_run: {
        id: RUN_ID,
        status: "failed",
        started_at: "2026-03-10T07:00:00+00:00",
        completed_at: "2026-03-10T07:00:01+00:00",
        duration_ms: 1000,
        records_updated: 0,
        error_message: "no route to host",
        trigger_source: "cron",
        items_total: 22,
        failed_items: 1,
      },
      last_success: {
        id: "44444444-4444-4444-8444-444444444444",
        status: "success",
        started_at: "2026-03-09T07:00:00+00:00",
        completed_at: "2026-03-09T07:00:02+00:00",
        duration_ms: 2000,
        records_updated: 94,
      },
      failing_items: [{
        id: "7",
        name: "Kiwi Pathways",
        error: "the CRM refuses the student",
        failures: 2,
        failing_since: "2026-03-09T07:00:00+00:00",
      }],
      hours_since_last_run: 1,
      hours_since_last_success: 25,
      success_rate_30d: 96.67,
      runs_30d: 30,
      failed_runs_30d: 1,
    },
    {
      job_name: "somebody-elses",
      registered: false,
      enabled: false,
      paused: null,
      snoozed: null,
      status: "ok",
      reasons: [],
      schedule: null,
      last_run: null,
      last_success: null,
      failing_items: [],
      hours_since_last_run: null,
      hours_since_last_success: null,
      success_rate_30d: null,
      runs_30d: 0,
      failed_runs_30d: 0,
    },
  ],
  system: {
    status: "warning",
    reasons: [{
      code: "no_alert_channel",
      severity: "warning",
      message: "Nobody would hear.",
    }],
  },
  incidents: [{
    job_name: "update-installment-statuses",
    kind: "run_failed",
    opened_at: "2026-03-10T07:00:01+00:00",
    last_seen_at: "2026-03-10T07:00:01+00:00",
    last_alerted_at: "2026-03-10T07:00:01+00:00",
    occurrences: 1,
    reminders: 0,
    last_alert: {
      status: "delivered",
      since: "2026-03-10T07:00:02+00:00",
      channels: ["email", "slack"],
      error: null,
    },
  }],
  channels: [],
};

const answered = {
  status: "critical",
  version: "1.2.3",
  checkedAt: "2026-03-10T08:00:00+00:00",
  jobs: [
    {
      jobName: "update-installment-statuses",
      registered: true,
      enabled: true,
      paused: null,
      snoozed: {
        reason: "Ada works on it.",
        requestedBy: "ada@school.example",
        requestedAt: "2026-03-10T07:30:00+00:00",
        until: "2026-03-10T11:30:00+00:00",
      },
      status: "critical",
      reasons: [{
        code: "last_run_failed",
        severity: "critical",
        message: "The last run failed 1 hour ago: no route to host",
        runbook: "docs/runbooks/last-run-failed.md",
      }],
      schedule: "0 7 * * *",
      lastRun: {
        id: RUN_ID,
        status: "failed",
        startedAt: "2026-03-10T07:00:00+00:00",
        completedAt: "2026-03-10T07:00:01+00:00",
        durationMs: 1000,
        recordsUpdated: 0,
        errorMessage: "no route to host",
        triggerSource: "cron",
        itemsTotal: 22,
        failedItems: 1,
      },
      lastSuccess: {
        id: "44444444-4444-4444-8444-444444444444",
        startedAt: "2026-03-09T07:00:00+00:00",
        completedAt: "2026-03-09T07:00:02+00:00",
        durationMs: 2000,
        recordsUpdated: 94,
      },
      failingItems: [{
        id: "7",
        name: "Kiwi Pathways",
        error: "the CRM refuses the student",
        failures: 2,
        failingSince: "2026-03-09T07:00:00+00:00",
      }],
      hoursSinceLastRun: 1,
      hoursSinceLastSuccess: 25,
      successRate30d: 96.67,
      runs30d: 30,
      failedRuns30d: 1,
    },
    {
      jobName: "somebody-elses",
      registered: false,
      enabled: false,
      paused: null,
      snoozed: null,
      status: "ok",
      reasons: [],
      schedule: null,
      lastRun: null,
      lastSuccess: null,
      failingItems: [],
      hoursSinceLastRun: null,
      hoursSinceLastSuccess: null,
      successRate30d: null,
      runs30d: 0,
      failedRuns30d: 0,
    },
  ],
  incidents: [{
    jobName: "update-installment-statuses",
    kind: "run_failed",
    openedAt: "2026-03-10T07:00:01+00:00",
    lastSeenAt: "2026-03-10T07:00:01+00:00",
    lastAlertedAt: "2026-03-10T07:00:01+00:00",
    occurrences: 1,
    reminders: 0,
    lastAlert: {
      status: "delivered",
      since: "2026-03-10T07:00:02+00:00",
      channels: ["email", "slack"],
      error: null,
    },
  }],
  system: {
    status: "warning",
    reasons: [{
      code: "no_alert_channel",
      severity: "warning",
      message: "Nobody would hear.",
      runbook: "docs/runbooks/no-alert-channel.md",
    }],
  },
};

Deno.test("something critical is a 503 that says everything", async () => {
  const { check } = setUp({ answers: { get_job_health: () => ok(judged) } });
  const response = await check("?dryRun=true");

  assert.equal(response.status, 503);
  assert.equal(response.headers.get("Cache-Control"), "no-store");
  assert.equal(response.headers.get("Access-Control-Allow-Origin"), "*");
  const { channels, delivery, functionsVersion, ...rest } = await response
    .json();
  assert.deepEqual(rest, answered);
  assert.equal(functionsVersion, VERSION);
  assert.equal(delivery, null);
  assert.deepEqual(
    channels.map(({ name, configured }: Fields) => ({ name, configured })),
    ["email", "slack", "webhook"].map((name) => ({ name, configured: false })),
  );
});

for (const status of ["ok", "warning"]) {
  Deno.test(`the status ${status} is a 200`, async () => {
    const { check } = setUp({
      answers: { get_job_health: () => ok({ ...healthy, status }) },
    });
    const response = await check();
    assert.equal(response.status, 200);
    assert.equal((await response.json()).status, status);
  });
}

for (const [status, statusCode] of [["ok", 200], ["critical", 503]] as const) {
  Deno.test(`HEAD is answered like GET, ${statusCode}, without a body`, async () => {
    const { check, namesCalled } = setUp({
      answers: { get_job_health: () => ok({ ...healthy, status }) },
    });
    const response = await check("", "HEAD");
    assert.equal(response.status, statusCode);
    assert.equal(response.headers.get("Cache-Control"), "no-store");
    assert.equal(await response.text(), "");
    assert.deepEqual(namesCalled(), ["get_job_health"]);
  });
}

Deno.test("a reason links to its page where the pages have an address", async () => {
  const { check } = setUp({
    environment: { RUNBOOK_URL: "https://git.example/runbooks/" },
    answers: { get_job_health: () => ok(judged) },
  });
  const { jobs: [{ reasons: [reason] }] } = await (await check()).json();
  assert.equal(
    reason.runbook,
    "https://git.example/runbooks/last-run-failed.md",
  );
});

Deno.test("a dry run raises nothing and delivers nothing", () =>
  withSlack(() => new Response("ok"), async (webhook, received) => {
    const { check, calls } = setUp({
      environment: { SLACK_WEBHOOK_URL: webhook },
      answers: { claim_job_alerts: oneAlertDue() },
    });
    const { delivery } = await (await check("?dryRun=true")).json();
    assert.equal(delivery, null);
    assert.deepEqual(calls.map(({ name, args }) => ({ name, args })), [
      { name: "get_job_health", args: { raise_alerts: false } },
    ]);
    assert.deepEqual(received, []);
  }));

/** A database that judges only when the test says so. */
function judgesOnDemand() {
  const mayJudge = Promise.withResolvers<void>();
  return {
    judge: mayJudge.resolve,
    async get_job_health() {
      await mayJudge.promise;
      return ok(judged);
    },
  };
}

Deno.test("an answer is JSON, and says so", async () => {
  const response = await setUp().check("?dryRun=true");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("Content-Type"), "application/json");
  await response.json();
});

Deno.test("twenty monitors that look at once cost one question", async () => {
  const { judge, get_job_health } = judgesOnDemand();
  const { check, calls } = setUp({ answers: { get_job_health } });
  const looks = Array.from({ length: 20 }, () => check("?dryRun=true"));
  judge();
  const answers = await Promise.all(
    looks.map(async (look) => {
      const response = await look;
      const { status, headers } = response;
      return JSON.stringify([status, ...headers, await response.text()]);
    }),
  );
  assert.equal(new Set(answers).size, 1);
  assert.deepEqual(JSON.parse(answers[0])[0], 503);
  assert.equal(calls.length, 1);

  await (await check("?dryRun=true")).body?.cancel();
  assert.equal(calls.length, 2);
});

Deno.test("a check that raises alerts is never shared", async () => {
  const { judge, get_job_health } = judgesOnDemand();
  const { check, calls } = setUp({ answers: { get_job_health } });
  const checks = ["?dryRun=true", "", "", "?dryRun=false", "?dryRun=true"]
    .map((query) => check(query));
  judge();
  await Promise.all(checks.map(async (answer) => (await answer).text()));
  assert.deepEqual(
    calls
      .filter(({ name }) => name === "get_job_health")
      .map(({ args }) => args),
    [false, true, true, true].map((raise_alerts) => ({ raise_alerts })),
  );
});

Deno.test("a read key gets a report without details, and shares none with other keys", async () => {
  const { judge, get_job_health } = judgesOnDemand();
  const { check, send, calls } = setUp({ answers: { get_job_health } });
  const headers = { "X-API-Key": READ_KEY };
  const checks = [
    check("?dryRun=true"),
    send({ headers }, "?dryRun=true"),
    send({ headers }, "?dryRun=true"),
    send({ headers }),
  ];
  judge();
  await Promise.all(checks.map(async (answer) => (await answer).text()));
  assert.deepEqual(
    calls
      .filter(({ name }) => name === "get_job_health")
      .map(({ args }) => args),
    [
      { raise_alerts: false },
      { raise_alerts: false, with_details: false },
      { raise_alerts: true, with_details: false },
    ],
  );
});

Deno.test("a read key does not get the errors of the outbox", async () => {
  const { check, send } = setUp({
    answers: {
      claim_job_alerts: () => databaseError("42501", "the secret words", 403),
    },
    environment: { SLACK_WEBHOOK_URL: "http://127.0.0.1:1/hook" },
  });
  const problems = async (response: Promise<Response>) =>
    (await (await response).json()).delivery.problems;
  assert.match((await problems(check())).join(), /the secret words/);
  const headers = { "X-API-Key": READ_KEY };
  assert.deepEqual(await problems(send({ headers })), [
    "The alerts for slack could not be read.",
  ]);
});

Deno.test("a caller who may not read shares nothing", async () => {
  const { judge, get_job_health } = judgesOnDemand();
  const { check, send } = setUp({ answers: { get_job_health } });
  const allowed = check("?dryRun=true");
  await assertError(await send({}, "?dryRun=true"), 401, "unauthorized");
  judge();
  assert.equal((await allowed).status, 503);
});

for (const query of ["", "?dryRun=false"]) {
  Deno.test(`a check (${query || "no query"}) raises alerts, then delivers them`, () =>
    withSlack(() => new Response("ok"), async (webhook, received) => {
      const { check, calls, kept, lines } = setUp({
        environment: { SLACK_WEBHOOK_URL: webhook },
        answers: { claim_job_alerts: oneAlertDue() },
      });
      const response = await check(query);
      const text = await response.text();

      assert.equal(response.status, 200);
      assert.deepEqual(JSON.parse(text).delivery, {
        finished: true,
        sent: 1,
        retried: 0,
        givenUp: 0,
        problems: [],
      });
      assert.deepEqual(calls.slice(0, 2).map(({ name }) => name), [
        "get_job_health",
        "claim_job_alerts",
      ]);
      assert.deepEqual(calls[0].args, { raise_alerts: true });
      assert.equal(received.length, 1);
      assert.match(received[0], /nightly-sync/);
      assert.equal(kept.length, 1);
      const said = text + lines.join("\n");
      assert.equal(said.includes(new URL(webhook).pathname), false);
    }));
}

const troubles: {
  name: string;
  slack: () => Response;
  completed: string;
  expected: Record<string, unknown>;
}[] = [
  {
    name: "that Slack refuses for good",
    slack: () => new Response("no_service", { status: 404 }),
    completed: "given_up",
    expected: { sent: 0, retried: 0, givenUp: 1 },
  },
  {
    name: "that Slack is down",
    slack: () => new Response("", { status: 503 }),
    completed: "pending",
    expected: { sent: 0, retried: 1, givenUp: 0 },
  },
];

for (const { name, slack, completed, expected } of troubles) {
  Deno.test(`${name} is reported and changes no status`, () =>
    withSlack(slack, async (webhook) => {
      const { check } = setUp({
        environment: { SLACK_WEBHOOK_URL: webhook },
        answers: {
          claim_job_alerts: oneAlertDue(),
          complete_job_alert: () =>
            ok({ status: completed, next_attempt_at: null }),
        },
      });
      const response = await check();
      assert.equal(response.status, 200);
      const { delivery } = await response.json();
      assert.deepEqual(delivery, { finished: true, ...expected, problems: [] });
    }));
}

Deno.test("an outbox that cannot be read is reported and changes no status", async () => {
  const { check } = setUp({
    environment: { SLACK_WEBHOOK_URL: "http://127.0.0.1:1/hook" },
    answers: {
      claim_job_alerts: () => databaseError("42P01", "no such table", 404),
    },
  });
  const response = await check();
  assert.equal(response.status, 200);
  const { delivery: { problems, sent } } = await response.json();
  assert.equal(sent, 0);
  assert.equal(problems.length, 1);
  assert.match(problems[0], /slack.*no such table/);
});

Deno.test("alerts are delivered while the judge is broken", () =>
  withSlack(() => new Response("ok"), async (webhook, received) => {
    const { check } = setUp({
      environment: { SLACK_WEBHOOK_URL: webhook },
      answers: {
        get_job_health: () => databaseError("22012", "division by zero", 500),
        claim_job_alerts: oneAlertDue(),
      },
    });
    const { message } = await assertError(await check(), 500, "database_error");
    assert.match(message, /division by zero/);
    assert.equal(received.length, 1);
  }));

Deno.test("a judgement that is not as agreed is a 500", async () => {
  const { check } = setUp({
    answers: { get_job_health: () => ok({ ...healthy, status: "fine" }) },
  });
  const { message } = await assertError(await check(), 500, "database_error");
  assert.match(message, /status/);
});

Deno.test("a database that is away is asked for seven seconds, then it is a 503", () =>
  onFakeTime(async () => {
    const { check, calls, namesCalled } = setUp({
      environment: { SLACK_WEBHOOK_URL: "http://127.0.0.1:1/hook" },
      answers: { get_job_health: () => networkError },
    });
    const begin = Date.now();
    const { message } = await assertError(
      await check(),
      503,
      "database_unavailable",
    );
    assert.match(message, /Connection refused/);
    assert.deepEqual(calls.map(({ at }) => at - begin), [0, 1000, 3000, 7000]);
    assert(namesCalled().every((name) => name === "get_job_health"));
  }));

/** What supabase-js reports when it is aborted. */
const hangs = (signal: AbortSignal) =>
  new Promise<RpcAnswer>((resolve) =>
    signal.addEventListener("abort", () =>
      resolve({
        status: 0,
        data: null,
        error: { message: `TimeoutError: ${signal.reason.message}` },
      }))
  );

Deno.test("a database that hangs is a 503 after ten seconds", () =>
  onFakeTime(async () => {
    const { check } = setUp({ answers: { get_job_health: hangs } });
    const begin = Date.now();
    await assertError(await check(), 503, "database_unavailable");
    assert.equal(Date.now() - begin, 10_000);
  }));

Deno.test("a delivery that hangs is left to itself after eight seconds", () =>
  onFakeTime(async () => {
    const { check, kept } = setUp({
      environment: { SLACK_WEBHOOK_URL: "http://127.0.0.1:1/hook" },
      answers: { claim_job_alerts: hangs },
    });
    const begin = Date.now();
    const response = await check();
    assert.equal(Date.now() - begin, 8000);
    assert.equal(response.status, 200);
    assert.equal((await response.json()).delivery.finished, false);
    await Promise.all(kept);
  }));

Deno.test("a database that is back within seconds causes no error", () =>
  onFakeTime(async () => {
    const failures = [
      networkError,
      databaseError("57P03", "the database system is starting up"),
    ];
    const { check, lines } = setUp({
      answers: { get_job_health: () => failures.shift() ?? ok(healthy) },
    });
    assert.equal((await check()).status, 200);
    assert.equal(lines.join("\n").match(/"judging_failed"/g)?.length, 2);
  }));

Deno.test("beside a half-configured channel the other delivers, and the missing variables are named", async () => {
  await withSlack(() => new Response("ok"), async (webhook, received) => {
    const { check, lines } = setUp({
      environment: {
        SLACK_WEBHOOK_URL: ` ${webhook}\n`,
        ALERT_EMAIL_TO: "a@example.com",
        DASHBOARD_URL: "dashboard",
      },
      answers: { claim_job_alerts: oneAlertDue() },
    });
    const response = await check();
    assert.equal(response.status, 200);
    assert.equal(received.length, 1);

    const named = /half configured.*RESEND_API_KEY, ALERT_EMAIL_FROM/;
    const { channels, delivery } = await response.json();
    assert.equal(delivery.sent, 1);
    const [email, slack] = channels;
    assert.deepEqual([slack.name, slack.configured], ["slack", true]);
    assert.deepEqual([email.name, email.configured], ["email", false]);
    assert.match(email.reason, named);
    const problems = lines.filter((line) =>
      line.includes("channel_misconfigured")
    ).join("\n");
    assert.match(problems, named);
    assert.match(problems, /DASHBOARD_URL: must be/);
  });
});

const job = {
  job_name: "nightly-sync",
  registered: true,
  enabled: true,
  paused: null,
  snoozed: null,
  status: "ok",
  reasons: [],
  schedule: "0 7 * * *",
  last_run: null,
  last_success: null,
  failing_items: [],
  hours_since_last_run: null,
  hours_since_last_success: null,
  success_rate_30d: null,
  runs_30d: 0,
  failed_runs_30d: 0,
};

const recentRun = {
  id: RUN_ID,
  started_at: "2026-03-10T07:00:00+00:00",
  status: "success",
  duration_ms: 100,
  records_updated: 5,
  items_total: 2,
  items_processed: 2,
  items_failed: 0,
  trigger_source: "cron",
};

Deno.test("a report that only reads holds the last runs and incidents that are asked for", async () => {
  const { check, namesCalled } = setUp({
    answers: {
      get_job_health: () =>
        ok({ ...healthy, jobs: [job, { ...job, job_name: "new" }] }),
      list_recent_runs: () =>
        ok([{ job_name: "nightly-sync", runs: [recentRun] }]),
      list_incidents: () => ok([]),
    },
  });
  const plain = await (await check("?dryRun=true")).json();
  assert.equal("recentRuns" in plain.jobs[0], false);
  assert.equal("incidentLog" in plain, false);
  assert.deepEqual(namesCalled(), ["get_job_health"]);

  const whole = await check("?dryRun=true&recentRuns=60&incidentLog=50");
  const { jobs, incidentLog } = await whole.json();
  assert.deepEqual(incidentLog, []);
  assert.deepEqual(jobs[1].recentRuns, []);
  const [{ startedAt, itemsTotal }] = jobs[0].recentRuns;
  assert.deepEqual([startedAt, itemsTotal], [recentRun.started_at, 2]);
});

Deno.test("a check that acts reads no history", async () => {
  const { check, calls } = setUp();
  for (
    const [query, message] of [
      ["?recentRuns=60", /recentRuns and incidentLog need dryRun=true/],
      ["?incidentLog=1&dryRun=false", /need dryRun=true/],
      ["?dryRun=true&recentRuns=101", /must be a whole number from 1 to 100/],
    ] as const
  ) {
    const refused = await check(query);
    const error = await assertError(refused, 400, "invalid_query");
    assert.match(error.message, message);
  }
  assert.deepEqual(calls, []);
});

Deno.test("a page gets a 200 when something is critical, and reads it in the body", async () => {
  const { check } = setUp({
    answers: { get_job_health: () => ok({ ...healthy, status: "critical" }) },
  });
  assert.equal((await check("?dryRun=true&failOnCritical=true")).status, 503);
  for (const query of ["?dryRun=true&", "?"]) {
    const response = await check(`${query}failOnCritical=false`);
    assert.equal(response.status, 200);
    assert.equal((await response.json()).status, "critical");
  }
});

Deno.test("a copy of the database has no alert of the original delivered", async () => {
  const { send, namesCalled } = setUp({
    answers: { is_this_database: () => ok(false) },
  });
  const answer = await send({
    headers: { "X-API-Key": KEY, "X-Database": "fedcba9876543210" },
  });
  assert.equal(answer.status, 421);
  assert.deepEqual(namesCalled(), ["is_this_database"]);
});
