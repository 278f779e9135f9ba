import assert from "node:assert/strict";
import { parseEnvironment } from "../_shared/environment.ts";
import { createLogger } from "../_shared/logger.ts";
import type { CallRpc, RpcAnswer, RpcName } from "../_shared/rpc/client.ts";
import { assertError } from "../_shared/testing/assert-error.ts";
import { startFakeProject } from "../_shared/testing/fake-project.ts";
import { databaseError, networkError } from "../_shared/testing/fake-runs.ts";
import { createHandler, variables } from "./handler.ts";

const JOB_KEY = "job-key-0123456789";
const READ_KEY = "read-key-0123456789";
const ENDPOINT = "http://localhost/functions/v1/job-control";
const USER = "44444444-4444-4444-8444-444444444444";
const RUN = "11111111-1111-4111-8111-111111111111";

type Fields = Readonly<Record<string, string>>;

/** What the database answers when all is well. */
const done = (args: object): RpcAnswer => {
  const given = args as Record<string, unknown>;
  return {
    status: 200,
    data: {
      action: given.action,
      job_name: given.job_name ?? null,
      run_id: given.run_id ?? null,
      channel: given.channel ?? null,
      reason: given.reason ?? null,
      requested_by: given.requested_by,
      requested_at: "2026-11-22T07:00:00+00:00",
      until: given.until ?? null,
      ended_at: null,
      changed: true,
    },
    error: null,
  };
};

function setUp(
  answer: (args: object) => RpcAnswer = done,
  environment: Fields = {},
) {
  const calls: { name: RpcName; args: unknown }[] = [];
  const callRpc: CallRpc = (name, args) => {
    const sent = JSON.parse(JSON.stringify(args));
    calls.push({ name, args: sent });
    return Promise.resolve(answer(sent));
  };
  const given: Fields = {
    SUPABASE_URL: "http://127.0.0.1:1",
    SUPABASE_SECRET_KEYS: '{"default":"sb_secret_of_the_test"}',
    SUPABASE_PUBLISHABLE_KEYS: '{"default":"sb_publishable_of_the_test"}',
    JOBS_API_KEY: JOB_KEY,
    JOBS_READ_KEY: READ_KEY,
    ...environment,
  };
  const handler = createHandler({
    environment: parseEnvironment(variables, (name) => given[name]),
    callRpc,
    log: createLogger(() => {}),
    keepAlive: () => assert.fail("nothing outlives the answer"),
  });
  const send = (body: unknown, headers: Fields = { "X-API-Key": JOB_KEY }) =>
    handler(
      new Request(ENDPOINT, {
        method: "POST",
        headers,
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    );
  return { calls, send, handler };
}

const PAUSE = { action: "pause", jobName: "nightly-sync", reason: "why not" };

Deno.test("without a credential nothing is done", async () => {
  const { send, calls } = setUp();
  await assertError(await send(PAUSE, {}), 401, "unauthorized");
  await assertError(
    await send(PAUSE, { "X-API-Key": "wrong" }),
    401,
    "unauthorized",
  );
  assert.deepEqual(calls, []);
});

Deno.test("a read key gets 403", async () => {
  const { send, calls } = setUp();
  const presented: Fields[] = [
    { "X-API-Key": READ_KEY },
    { Authorization: `Bearer ${READ_KEY}` },
  ];
  for (const headers of presented) {
    await assertError(await send(PAUSE, headers), 403, "forbidden");
  }
  assert.deepEqual(calls, []);
});

Deno.test("without a job key on the server a key gets 503, and a read key too", async () => {
  const { send } = setUp(done, { JOBS_API_KEY: "" });
  for (const key of [JOB_KEY, READ_KEY]) {
    await assertError(
      await send(PAUSE, { "X-API-Key": key }),
      503,
      "not_configured",
    );
  }
});

Deno.test("only POST and preflights are answered", async () => {
  const { handler, calls } = setUp();
  for (const method of ["GET", "HEAD", "PUT", "DELETE"]) {
    const response = await handler(
      new Request(ENDPOINT, { method, headers: { "X-API-Key": JOB_KEY } }),
    );
    assert.equal(response.status, 405);
    assert.equal(response.headers.get("Allow"), "POST, OPTIONS");
  }
  const preflight = await handler(new Request(ENDPOINT, { method: "OPTIONS" }));
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("Access-Control-Allow-Origin"), "*");
  assert.deepEqual(calls, []);
});

const callers: { name: string; headers: Fields; requestedBy: string }[] = [
  {
    name: "a job key",
    headers: { "X-API-Key": JOB_KEY },
    requestedBy: "job key",
  },
  {
    name: "a job key as a bearer token",
    headers: { Authorization: `Bearer ${JOB_KEY}` },
    requestedBy: "job key",
  },
  {
    name: "a secret key of the project",
    headers: { apikey: "sb_secret_of_the_test" },
    requestedBy: "secret key",
  },
  {
    name: "a secret key of the project as a bearer token",
    headers: { Authorization: "Bearer sb_secret_of_the_test" },
    requestedBy: "secret key",
  },
];

for (const { name, headers, requestedBy } of callers) {
  Deno.test(`${name} may act, and is who asked`, async () => {
    const { send, calls } = setUp();
    const response = await send(PAUSE, headers);
    assert.equal(response.status, 200);
    assert.deepEqual(calls, [{
      name: "control_job",
      args: {
        action: "pause",
        job_name: "nightly-sync",
        reason: "why not",
        requested_by: requestedBy,
      },
    }]);
    assert.deepEqual(await response.json(), {
      action: "pause",
      jobName: "nightly-sync",
      runId: null,
      channel: null,
      reason: "why not",
      requestedBy,
      requestedAt: "2026-11-22T07:00:00+00:00",
      until: null,
      endedAt: null,
      changed: true,
    });
  });
}

Deno.test("an admin may act, and is who asked; another user gets 403", async () => {
  await using project = await startFakeProject();
  const { send, calls } = setUp(done, {
    SUPABASE_URL: project.url,
    SUPABASE_JWKS: project.jwks,
  });
  const bearer = async (claims?: { email: string }) => ({
    apikey: "sb_publishable_of_the_test",
    Authorization: `Bearer ${await project.tokenOf({
      subject: USER,
      claims,
    })}`,
  });
  await assertError(await send(PAUSE, await bearer()), 403, "forbidden");
  assert.deepEqual(calls, []);

  project.admins.add(USER);
  assert.equal(
    (await send(PAUSE, await bearer({ email: "ada@school.example" }))).status,
    200,
  );
  assert.equal((await send(PAUSE, await bearer())).status, 200);
  assert.deepEqual(
    calls.map(({ args }) => (args as { requested_by: string }).requested_by),
    ["ada@school.example", `user ${USER}`],
  );
});

Deno.test("the caller is known by the credential, not by the request", async () => {
  const { send, calls } = setUp();
  for (const field of ["requestedBy", "requested_by"]) {
    const response = await send({ ...PAUSE, [field]: "the boss" });
    await assertError(response, 400, "invalid_body");
  }
  assert.deepEqual(calls, []);
});

Deno.test("every action reaches the database with its own arguments", async () => {
  const { send, calls } = setUp();
  const until = "2026-11-23T07:00:00.000000Z";
  const requests = [
    { action: "run", jobName: "a" },
    { action: "pause", jobName: "a", reason: "b", until },
    { action: "resume", jobName: "a" },
    { action: "reschedule", jobName: "a", schedule: "0 * * * *" },
    {
      action: "reschedule",
      jobName: "a",
      schedule: "0 7 * * *",
      expectedIntervalMinutes: 1500,
      reason: "b",
    },
    { action: "snooze", jobName: "a", reason: "b", until },
    { action: "unsnooze", jobName: "a", reason: "b" },
    { action: "cancel", runId: RUN, reason: "b" },
    { action: "restore_schedule" },
    { action: "restore_schedule", jobName: "a", reason: "b" },
    { action: "retry_alerts" },
    { action: "retry_alerts", channel: "slack" },
  ];
  for (const request of requests) {
    assert.equal((await send(request)).status, 200, request.action);
  }
  assert.deepEqual(
    calls.map(({ args }) => args),
    [
      { action: "run", job_name: "a" },
      { action: "pause", job_name: "a", reason: "b", until },
      { action: "resume", job_name: "a" },
      { action: "reschedule", job_name: "a", schedule: "0 * * * *" },
      {
        action: "reschedule",
        job_name: "a",
        schedule: "0 7 * * *",
        expected_interval: "1500 minutes",
        reason: "b",
      },
      { action: "snooze", job_name: "a", reason: "b", until },
      { action: "unsnooze", job_name: "a", reason: "b" },
      { action: "cancel", run_id: RUN, reason: "b" },
      { action: "restore_schedule" },
      { action: "restore_schedule", job_name: "a", reason: "b" },
      { action: "retry_alerts" },
      { action: "retry_alerts", channel: "slack" },
    ].map((args) => ({ ...args, requested_by: "job key" })),
  );
});

const badBodies: [body: unknown, message: RegExp][] = [
  ["", /action must be run, pause/],
  [{ action: "explode" }, /action must be run, pause/],
  [
    { action: "reschedule", jobName: "a", schedule: "" },
    /schedule: must not be empty/,
  ],
  [{ action: "reschedule", jobName: "a" }, /schedule: /],
  [
    {
      action: "reschedule",
      jobName: "a",
      schedule: "0 * * * *",
      expectedIntervalMinutes: 0,
    },
    /expectedIntervalMinutes: must be at least 1/,
  ],
  [{ ...PAUSE, reason: undefined }, /reason: is required/],
  [{ ...PAUSE, reason: "  " }, /reason: must not be empty/],
  [{ ...PAUSE, reason: "a".repeat(501) }, /reason: must have at most 500/],
  [{ ...PAUSE, until: "tomorrow" }, /until: must be an instant/],
  [{ ...PAUSE, action: "snooze" }, /until: /],
  [{ ...PAUSE, reason: "a\0b" }, /reason: must not hold a NUL character/],
  [{ ...PAUSE, reason: "\ud800" }, /reason: .* half of a surrogate pair/],
  [{ ...PAUSE, jobName: "a\0b" }, /jobName: must not hold a NUL character/],
  [{ action: "retry_alerts", channel: "\0" }, /channel: must not hold a NUL/],
  [{ ...PAUSE, jobName: "" }, /jobName: must not be empty/],
  [{ action: "cancel", runId: "1", reason: "a" }, /runId: must be a UUID/],
  [{ ...PAUSE, action: "run", until: "2026-11-23T07:00:00Z" }, /until/],
  [[], /action must be/],
];

for (const [body, message] of badBodies) {
  Deno.test(`${JSON.stringify(body)?.slice(0, 60)} is a 400 that says why`, async () => {
    const { send, calls } = setUp();
    const response = await send(body);
    const text = await response.clone().text();
    await assertError(response, 400, "invalid_body");
    assert.match(JSON.parse(text).error.message, message);
    assert.deepEqual(calls, []);
  });
}

Deno.test("what is not JSON is a 400, and a large body a 413", async () => {
  const { send } = setUp();
  await assertError(await send("{"), 400, "invalid_json");
  const large = { ...PAUSE, reason: "a".repeat(20_000) };
  await assertError(await send(large), 413, "body_too_large");
});

const refusals: {
  request: object;
  code: string;
  statusCode: number;
  answers: string;
}[] = [
  {
    request: PAUSE,
    code: "PT404",
    statusCode: 404,
    answers: "unknown_job",
  },
  {
    request: { action: "run", jobName: "a" },
    code: "42704",
    statusCode: 404,
    answers: "unknown_job",
  },
  {
    request: { action: "run", jobName: "a" },
    code: "PT409",
    statusCode: 409,
    answers: "already_running",
  },
  {
    request: { action: "cancel", runId: RUN, reason: "a" },
    code: "PT404",
    statusCode: 404,
    answers: "unknown_run",
  },
  {
    request: { action: "cancel", runId: RUN, reason: "a" },
    code: "PT409",
    statusCode: 409,
    answers: "run_already_finished",
  },
  {
    request: { action: "restore_schedule", jobName: "a" },
    code: "PT404",
    statusCode: 404,
    answers: "unknown_job",
  },
  {
    request: { action: "retry_alerts", channel: "pigeon" },
    code: "PT404",
    statusCode: 404,
    answers: "unknown_channel",
  },
  {
    request: PAUSE,
    code: "22023",
    statusCode: 400,
    answers: "invalid_body",
  },
  {
    request: PAUSE,
    code: "42501",
    statusCode: 500,
    answers: "database_error",
  },
];

for (const { request, code, statusCode, answers } of refusals) {
  Deno.test(`the database's ${code} to ${JSON.stringify(request)} is a ${statusCode} ${answers}`, async () => {
    const { send } = setUp(() => databaseError(code, "there is no job a", 400));
    await assertError(await send(request), statusCode, answers);
  });
}

Deno.test("a database that does not answer is a 503", async () => {
  const { send } = setUp(() => networkError);
  await assertError(await send(PAUSE), 503, "database_unavailable");
});
