import assert from "node:assert/strict";
import { parseEnvironment } from "../_shared/environment.ts";
import { createLogger } from "../_shared/logger.ts";
import type { CallRpc, RpcAnswer, RpcName } from "../_shared/rpc/client.ts";
import { assertError } from "../_shared/testing/assert-error.ts";
import { startFakeProject } from "../_shared/testing/fake-project.ts";
import { databaseError, networkError } from "../_shared/testing/fake-runs.ts";
import { writeCursor } from "./cursor.ts";
import { createHandler, variables } from "./handler.ts";

const KEY = "job-key-0123456789";
const READ_KEY = "read-key-0123456789";
const ENDPOINT = "http://localhost/functions/v1/job-logs";
const USER = "44444444-4444-4444-8444-444444444444";

type Fields = Readonly<Record<string, string>>;
type Answers = Partial<
  Record<RpcName, (args: unknown) => RpcAnswer | Promise<RpcAnswer>>
>;

const idOf = (number: number) =>
  `11111111-1111-4111-8111-${number.toString().padStart(12, "0")}`;

/** So many runs as the database gives them, newest first. */
const logOf = (count: number) =>
  Array.from({ length: count }, (_, number) => ({
    id: idOf(number),
    job_name: "nightly-sync",
    started_at: `2026-03-10T07:00:00.${999_999 - number}+00:00`,
    completed_at: "2026-03-10T07:00:01+00:00",
    status: "success",
    records_updated: 12,
    items_updated: 2,
    items_total: 3,
    items_processed: 3,
    items_failed: 1,
    errors: [{ id: "a", name: "Agency A", error: "broken" }],
    error_message: null,
    duration_ms: 1000,
    trigger_source: "cron",
    metadata: { total_agencies_processed: 3 },
    created_at: "2026-03-10T07:00:00+00:00",
  }));

const ok = (data: unknown): RpcAnswer => ({ status: 200, data, error: null });

function setUp(answers: Answers = {}, environment: Fields = {}) {
  const calls: { name: RpcName; args: unknown }[] = [];
  const lines: string[] = [];
  const callRpc: CallRpc = async (name, args) => {
    const sent: unknown = JSON.parse(JSON.stringify(args));
    calls.push({ name, args: sent });
    return await answers[name]?.(sent) ?? databaseError("PGRST202", name, 404);
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
    keepAlive: () => assert.fail("nothing outlives the answer"),
  });
  const send = (init: RequestInit = {}, query = "") =>
    handler(new Request(ENDPOINT + query, init));
  return {
    calls,
    lines,
    send,
    /** Asks with a good key. */
    read: (query = "") => send({ headers: { "X-API-Key": KEY } }, query),
  };
}

Deno.test("without a key no request is answered", async () => {
  const { send, calls } = setUp();
  for (const query of ["", `?id=${idOf(0)}`, "?nonsense"]) {
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

Deno.test("a run is described in camelCase, and what the job wrote stays as it is", async () => {
  const { read } = setUp({ list_job_runs: () => ok(logOf(1)) });
  const response = await read();
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("Content-Type"), "application/json");
  assert.equal(response.headers.get("Cache-Control"), "no-store");
  assert.deepEqual(await response.json(), {
    data: [{
      id: idOf(0),
      jobName: "nightly-sync",
      startedAt: "2026-03-10T07:00:00.999999+00:00",
      completedAt: "2026-03-10T07:00:01+00:00",
      status: "success",
      recordsUpdated: 12,
      agenciesUpdated: 2,
      itemsTotal: 3,
      itemsProcessed: 3,
      itemsFailed: 1,
      errors: [{ id: "a", name: "Agency A", error: "broken" }],
      errorMessage: null,
      durationMs: 1000,
      triggerSource: "cron",
      metadata: { total_agencies_processed: 3 },
      createdAt: "2026-03-10T07:00:00+00:00",
    }],
    meta: { count: 1, limit: 30, nextCursor: null },
  });
});

Deno.test("HEAD is answered like GET, without a body", async () => {
  const { send } = setUp({ list_job_runs: () => ok(logOf(1)) });
  const response = await send({
    method: "HEAD",
    headers: { "X-API-Key": KEY },
  });
  assert.equal(response.status, 200);
  assert.equal(await response.text(), "");
});

Deno.test("the filters reach the database as they are", async () => {
  const { read, calls } = setUp({ list_job_runs: () => ok(logOf(1)) });
  const cursor = writeCursor({
    startedAt: "2026-03-10T07:00:00.123456+00:00",
    id: idOf(7),
  });
  await read();
  await read("?limit=100&jobName=nightly-sync&status=failed");
  await read(`?limit=1&cursor=${cursor}`);
  await read("?jobName=';drop%20table%20jobs_log;--");
  await read(
    "?trigger=manual&from=2026-03-10T07:00:00%2B01:00&to=2026-03-11T00:00:00Z",
  );
  await read(`?id=${idOf(1).toUpperCase()}`);
  assert.deepEqual(
    calls,
    [
      { max_count: 31, omit_key: "agencies" },
      {
        max_count: 101,
        omit_key: "agencies",
        job_name: "nightly-sync",
        status: "failed",
      },
      {
        max_count: 2,
        omit_key: "agencies",
        before_started_at: "2026-03-10T07:00:00.123456Z",
        before_id: idOf(7),
      },
      {
        max_count: 31,
        omit_key: "agencies",
        job_name: "';drop table jobs_log;--",
      },
      {
        max_count: 31,
        omit_key: "agencies",
        trigger_source: "manual",
        from_at: "2026-03-10T06:00:00.000000Z",
        to_at: "2026-03-11T00:00:00.000000Z",
      },
      { run_id: idOf(1).toUpperCase() },
    ].map((args) => ({ name: "list_job_runs", args })),
  );
});

Deno.test("a page with more behind it has a cursor, and the last one has none", async () => {
  const { read } = setUp({ list_job_runs: () => ok(logOf(4)) });
  const { data, meta } = await (await read("?limit=3")).json();
  assert.deepEqual(
    data.map(({ id }: { id: string }) => id),
    [0, 1, 2].map(idOf),
  );
  assert.deepEqual(meta, {
    count: 3,
    limit: 3,
    nextCursor: writeCursor({
      startedAt: "2026-03-10T07:00:00.999997+00:00",
      id: idOf(2),
    }),
  });

  const last = await (await read("?limit=4")).json();
  assert.deepEqual(last.meta, { count: 4, limit: 4, nextCursor: null });
});

Deno.test("one run is an array of one, and a run that is not there a 404", async () => {
  const there = setUp({ list_job_runs: () => ok(logOf(1)) });
  const { data, meta } = await (await there.read(`?id=${idOf(0)}`)).json();
  assert.equal(data.length, 1);
  assert.deepEqual(meta, { count: 1, limit: 1, nextCursor: null });

  const gone = setUp({ list_job_runs: () => ok([]) });
  const message = await assertError(
    await gone.read(`?id=${idOf(5)}`),
    404,
    "unknown_run",
  );
  assert.match(message, new RegExp(idOf(5)));
});

Deno.test("the timeline of a run is read once the caller has seen the run", async () => {
  const answers: Answers = {
    list_job_runs: () => ok(logOf(1)),
    get_run_timeline: () =>
      ok({
        alerts: [],
        actions: [{
          action: "cancel",
          job_name: "nightly-sync",
          run_id: idOf(0),
          channel: null,
          reason: "It hangs",
          requested_by: "job key",
          requested_at: "2026-03-10T07:00:01+00:00",
          until: null,
          ended_at: null,
          changed: true,
        }],
      }),
  };
  const there = setUp(answers);
  const query = `?id=${idOf(0)}&timeline=true`;
  const { timeline } = await (await there.read(query)).json();
  assert.deepEqual(timeline, {
    alerts: [],
    actions: [{
      action: "cancel",
      reason: "It hangs",
      requestedBy: "job key",
      requestedAt: "2026-03-10T07:00:01+00:00",
      endedAt: null,
    }],
  });
  const whole = await (await there.read(`?id=${idOf(0)}`)).json();
  assert.equal("timeline" in whole, false);

  const unseen = setUp({ ...answers, list_job_runs: () => ok([]) });
  await assertError(await unseen.read(query), 404, "unknown_run");
  assert.deepEqual(unseen.calls.map(({ name }) => name), ["list_job_runs"]);
});

Deno.test("a job without runs has an empty page, and an unknown one is a 404", async () => {
  const empty = { data: [], meta: { count: 0, limit: 30, nextCursor: null } };
  const known = setUp({
    list_job_runs: () => ok([]),
    job_exists: () => ok(true),
  });
  for (const query of ["", "?status=failed"]) {
    assert.deepEqual(await (await known.read(query)).json(), empty);
  }
  assert.deepEqual(known.calls.map(({ name }) => name), [
    "list_job_runs",
    "list_job_runs",
  ]);
  assert.deepEqual(await (await known.read("?jobName=rests")).json(), empty);

  const unknown = setUp({
    list_job_runs: () => ok([]),
    job_exists: () => ok(false),
  });
  const message = await assertError(
    await unknown.read("?jobName=mistyped"),
    404,
    "unknown_job",
  );
  assert.match(message, /There is no job mistyped:/);

  const unable = setUp({
    list_job_runs: () => ok([]),
    job_exists: () => networkError,
  });
  await assertError(
    await unable.read("?jobName=rests"),
    503,
    "database_unavailable",
  );
});

Deno.test("the names of all jobs come with a page that asks for them", async () => {
  const there = setUp({
    list_job_runs: () => ok([]),
    list_job_names: () => ok(["a", "b"]),
  });
  const { meta } = await (await there.read("?jobNames=true")).json();
  assert.deepEqual(meta.jobNames, ["a", "b"]);
  const without = await (await there.read("?jobNames=false")).json();
  assert.equal("jobNames" in without.meta, false);
  assert.equal(
    there.calls.filter(({ name }) => name === "list_job_names").length,
    1,
  );
});

for (
  const [query, reason] of [
    ["?limit=0", /limit: must be a whole number from 1 to 100/],
    ["?limit=101", /limit: must be a whole number from 1 to 100/],
    ["?limit=abc", /limit: must be a whole number from 1 to 100/],
    ["?limit=1.5", /limit: must be a whole number from 1 to 100/],
    ["?limit=", /limit: must be a whole number from 1 to 100/],
    ["?limit=5&limit=5", /limit: is given more than once/],
    ["?id=x", /id: must be a UUID/],
    ["?id=", /id: must be a UUID/],
    [`?id=${idOf(0)}%27%20or%201=1`, /id: must be a UUID/],
    [`?id=${idOf(0)}&limit=1`, /no other parameter than timeline goes/],
    [`?id=${idOf(0)}&jobName=a`, /no other parameter than timeline goes/],
    ["?timeline=true", /timeline goes only together with id/],
    ["?trigger=me", /trigger: must be cron, manual/],
    ["?from=yesterday", /from: must be an instant/],
    [
      "?from=2026-03-11T00:00:00Z&to=2026-03-11T00:00:00Z",
      /from must be before to/,
    ],
    ["?status=ok", /status: must be running, success or failed/],
    ["?status=", /status: must be running, success or failed/],
    ["?cursor=x", /cursor: must be a meta\.nextCursor, unchanged/],
    ["?cursor=", /cursor: must be a meta\.nextCursor, unchanged/],
    ["?jobName=", /jobName: must not be empty/],
    ["?jobName=a%00", /jobName: must not hold a NUL/],
    ["?offset=30", /offset/],
    ["?__proto__=x", /__proto__/],
  ] as const
) {
  Deno.test(`the query ${query} is refused with the reason`, async () => {
    const { read, calls } = setUp();
    const message = await assertError(await read(query), 400, "invalid_query");
    assert.match(message, reason);
    assert.deepEqual(calls, []);
  });
}

Deno.test("a database that is away is a 503, one that refuses a 500", async () => {
  const away = setUp({ list_job_runs: () => networkError });
  await assertError(await away.read(), 503, "database_unavailable");
  assert.equal(away.calls.length, 1);
  assert.match(away.lines.join(), /"log_not_read"/);

  const refusing = setUp({
    list_job_runs: () => databaseError("42501", "permission denied", 403),
  });
  const message = await assertError(
    await refusing.read(`?id=${idOf(0)}`),
    500,
    "database_error",
  );
  assert.match(message, /permission denied/);
});

Deno.test("an answer is JSON, and says so", async () => {
  const response = await setUp({ list_job_runs: () => ok([]) }).read();
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("Content-Type"), "application/json");
  await response.json();
});

Deno.test("keys that ask the same at once cost one question", async () => {
  const asked = Promise.withResolvers<void>();
  const { read, calls } = setUp({
    list_job_runs: async () => {
      await asked.promise;
      return ok(logOf(1));
    },
  });
  const same = [read("?limit=30"), read(), read()];
  const other = read("?limit=29");
  asked.resolve();
  for (const response of await Promise.all([...same, other])) {
    assert.equal((await response.json()).data.length, 1);
  }
  assert.equal(calls.length, 2);
});

Deno.test("a read key gets runs without details, and shares none with other keys", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = async () => {
    await asked.promise;
    return ok(logOf(1));
  };
  const { read, send, calls } = setUp({
    list_job_runs: answer,
    list_job_runs_without_details: answer,
  });
  const headers = { "X-API-Key": READ_KEY };
  const reads = [read(), send({ headers }), send({ headers })];
  asked.resolve();
  for (const response of reads) await (await response).body?.cancel();
  assert.deepEqual(calls, [
    { name: "list_job_runs", args: { max_count: 31, omit_key: "agencies" } },
    { name: "list_job_runs_without_details", args: { max_count: 31 } },
  ]);
});

Deno.test("an admin reads with their own rights, and shares nothing", async () => {
  await using project = await startFakeProject();
  project.admins.add(USER);
  const { send, calls } = setUp({}, {
    SUPABASE_URL: project.url,
    SUPABASE_JWKS: project.jwks,
  });
  const authorization = `Bearer ${await project.tokenOf({ subject: USER })}`;
  const visit = async () => {
    const response = await send({ headers: { Authorization: authorization } });
    assert.equal(response.status, 200);
    assert.deepEqual((await response.json()).data, []);
  };
  await Promise.all([visit(), visit()]);

  const asAdmin = { apikey: "sb_publishable_of_the_test", authorization };
  assert.deepEqual(
    project.requests.toSorted((a, b) => a.path.localeCompare(b.path)),
    [
      { path: "/rest/v1/rpc/list_job_runs", ...asAdmin },
      { path: "/rest/v1/rpc/list_job_runs", ...asAdmin },
      { path: "/rest/v1/user_roles", ...asAdmin },
      { path: "/rest/v1/user_roles", ...asAdmin },
    ],
  );
  assert.deepEqual(calls, []);
});

Deno.test("a signed-in user who is no admin gets 403", async () => {
  await using project = await startFakeProject();
  const { send, calls } = setUp({}, {
    SUPABASE_URL: project.url,
    SUPABASE_JWKS: project.jwks,
  });
  const authorization = `Bearer ${await project.tokenOf({ subject: USER })}`;
  await assertError(
    await send({ headers: { Authorization: authorization } }),
    403,
    "forbidden",
  );
  assert.deepEqual(calls, []);
});
