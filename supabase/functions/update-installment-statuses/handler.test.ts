import assert from "node:assert/strict";
import { parseEnvironment } from "../_shared/environment.ts";
import { createLogger } from "../_shared/logger.ts";
import {
  databaseError,
  FakeRuns,
  type FakeRunsOptions,
  networkError,
} from "../_shared/testing/fake-runs.ts";
import { onFakeTime } from "../_shared/testing/fake-time.ts";
import { createHandler, variables } from "./handler.ts";
import { updateInstallmentStatuses } from "./job.ts";

const KEY = "Job-Key-0123456789";
const RUN_ID = "11111111-1111-4111-8111-111111111111";
const OTHER_RUN_ID = "22222222-2222-4222-8222-222222222222";
const ENDPOINT = "http://localhost/functions/v1/update-installment-statuses";

type Fields = Record<string, string>;

const agencyId = (number: number) =>
  `00000000-0000-4000-8000-${number.toString().padStart(12, "0")}`;

interface SetUp extends FakeRunsOptions {
  readonly environment?: Fields;
}

function setUp(
  { environment = { JOBS_API_KEY: KEY }, ...options }: SetUp = {},
) {
  const runs = new FakeRuns({
    due: new Map([[agencyId(1), 5], [agencyId(2), 3]]),
    ...options,
  });
  const lines: string[] = [];
  const kept: Promise<unknown>[] = [];
  const handler = createHandler({
    environment: parseEnvironment(variables, (name) => environment[name]),
    callRpc: runs.callRpc,
    log: createLogger((_, line) => lines.push(line)),
    keepAlive: (work) => kept.push(work),
  });
  const send = (init: RequestInit = {}, url = ENDPOINT) =>
    handler(new Request(url, { method: "POST", ...init }));
  const trigger = ({ headers = {}, ...init }: {
    headers?: Fields;
    body?: BodyInit;
    signal?: AbortSignal;
  } = {}) => send({ headers: { "X-API-Key": KEY, ...headers }, ...init });
  return { runs, lines, kept, send, trigger };
}

/** Checks the form that all errors share, and returns the whole body. */
async function assertError(
  response: Response,
  statusCode: number,
  code: string,
): Promise<{ error: { message: string } } & Record<string, unknown>> {
  assert.equal(response.status, statusCode);
  assert.equal(response.headers.get("Access-Control-Allow-Origin"), "*");
  assert.match(
    response.headers.get("Content-Type") ?? "",
    /^application\/json/,
  );
  const body = await response.json();
  assert.deepEqual(Object.keys(body.error).sort(), [
    "code",
    "message",
    "statusCode",
  ]);
  assert.equal(body.error.statusCode, statusCode);
  assert.equal(body.error.code, code);
  assert.notEqual(body.error.message, "");
  return body;
}

const untouched = (runs: FakeRuns) => assert.deepEqual(runs.calls, []);

Deno.test("a preflight is answered without a key", async () => {
  const { runs, send } = setUp();
  const response = await send({
    method: "OPTIONS",
    headers: {
      Origin: "https://dashboard.example",
      "Access-Control-Request-Method": "POST",
      "Access-Control-Request-Headers": "x-api-key, x-run-id",
    },
  });

  assert.equal(response.status, 204);
  assert.equal(await response.text(), "");
  assert.equal(response.headers.get("Access-Control-Allow-Origin"), "*");
  assert.equal(
    response.headers.get("Access-Control-Allow-Methods"),
    "POST,OPTIONS",
  );
  const allowed = response.headers.get("Access-Control-Allow-Headers") ?? "";
  for (
    const header of ["authorization", "x-api-key", "x-run-id", "content-type"]
  ) {
    assert(allowed.toLowerCase().split(",").includes(header), header);
  }
  untouched(runs);
});

for (const method of ["GET", "HEAD", "PUT", "PATCH", "DELETE"]) {
  Deno.test(`${method} is not allowed, with a key or without`, async () => {
    const { runs, send } = setUp();
    for (const headers of [{}, { "X-API-Key": KEY }] as Fields[]) {
      const response = await send({ method, headers });
      assert.equal(response.status, 405);
      assert.equal(response.headers.get("Allow"), "POST, OPTIONS");
      if (method === "HEAD") assert.equal(await response.text(), "");
      else await assertError(response, 405, "method_not_allowed");
    }
    untouched(runs);
  });
}

const wrongCredentials: { name: string; headers: Fields }[] = [
  { name: "no key", headers: {} },
  { name: "a wrong key", headers: { "X-API-Key": "wrong" } },
  { name: "an empty key", headers: { "X-API-Key": "" } },
  {
    name: "a key with one character changed",
    headers: { "X-API-Key": "Job-Key-0123456788" },
  },
  {
    name: "a key in lower case",
    headers: { "X-API-Key": KEY.toLowerCase() },
  },
  {
    name: "a key with a blank in it",
    headers: { "X-API-Key": "Job-Key- 0123456789" },
  },
  {
    name: "all keys as the server lists them",
    headers: { "X-API-Key": `${KEY},second-key` },
  },
  { name: "an empty bearer token", headers: { Authorization: "Bearer " } },
  { name: "a wrong bearer token", headers: { Authorization: "Bearer wrong" } },
  {
    name: "the key as basic credentials",
    headers: { Authorization: `Basic ${KEY}` },
  },
  {
    name: "an empty key beside a good bearer token",
    headers: { "X-API-Key": "", Authorization: `Bearer ${KEY}` },
  },
];

for (const { name, headers } of wrongCredentials) {
  Deno.test(`${name} is refused with 401 before anything is read`, async () => {
    const { runs, send } = setUp({
      environment: { JOBS_API_KEY: `${KEY},second-key` },
    });
    const response = await send({
      headers: { ...headers, "X-Run-Id": "not a uuid" },
      body: "{ broken",
    });

    assert.match(response.headers.get("WWW-Authenticate") ?? "", /^Bearer /);
    await assertError(response, 401, "unauthorized");
    untouched(runs);
  });
}

Deno.test("every configured key is accepted, in either header", async () => {
  const environment = {
    JOBS_API_KEY: ` ${KEY} , rotated-key,`,
    SUPABASE_FUNCTION_KEY: "older-name-key",
  };
  for (const key of [KEY, "rotated-key", "older-name-key"]) {
    for (
      const headers of [
        { "X-API-Key": key },
        { Authorization: `Bearer ${key}` },
      ] as Fields[]
    ) {
      const { send } = setUp({ environment });
      const response = await send({ headers });
      assert.equal(response.status, 200);
      await response.body?.cancel();
    }
  }
});

Deno.test("a server without a key refuses everyone and says what to set", async () => {
  for (
    const environment of [
      {},
      { JOBS_API_KEY: "" },
      { JOBS_API_KEY: " , ", SUPABASE_FUNCTION_KEY: "" },
    ] as Fields[]
  ) {
    for (
      const headers of [{}, { "X-API-Key": "" }, {
        "X-API-Key": KEY,
      }] as Fields[]
    ) {
      const { runs, send, lines } = setUp({ environment });
      const body = await assertError(
        await send({ headers }),
        503,
        "not_configured",
      );
      assert.match(body.error.message, /secrets set JOBS_API_KEY=/);
      assert.match(lines.join("\n"), /"event":"not_configured"/);
      untouched(runs);
    }
  }
});

for (const runId of ["", "42", `${RUN_ID}0`, "' or 1=1"]) {
  Deno.test(`the run id ${JSON.stringify(runId)} is refused`, async () => {
    const { runs, trigger } = setUp();
    const response = await trigger({ headers: { "X-Run-Id": runId } });
    const { error } = await assertError(response, 400, "invalid_run_id");
    assert.match(error.message, /X-Run-Id/);
    untouched(runs);
  });
}

const badBodies: { body: string; code: string; reason: RegExp }[] = [
  { body: "{", code: "invalid_json", reason: /not JSON/ },
  { body: "{'a': 1}", code: "invalid_json", reason: /not JSON/ },
  { body: "{} {}", code: "invalid_json", reason: /not JSON/ },
  { body: "[]", code: "invalid_body", reason: /object/ },
  { body: "null", code: "invalid_body", reason: /object/ },
  { body: '"cron"', code: "invalid_body", reason: /object/ },
  {
    body: '{"triggerSource": "robot"}',
    code: "invalid_body",
    reason: /triggerSource: .*catch_up/,
  },
  {
    body: '{"triggerSource": null}',
    code: "invalid_body",
    reason: /triggerSource/,
  },
  {
    body: '{"triggerSource": "cron", "agencyId": 1}',
    code: "invalid_body",
    reason: /agencyId/,
  },
  {
    body: '{"__proto__": {"triggerSource": "cron"}}',
    code: "invalid_body",
    reason: /__proto__/,
  },
];

for (const { body, code, reason } of badBodies) {
  Deno.test(`the body ${body} is refused with the reason`, async () => {
    const { runs, trigger } = setUp();
    const { error } = await assertError(await trigger({ body }), 400, code);
    assert.match(error.message, reason);
    untouched(runs);
  });
}

Deno.test("a body of more than 16 kB is refused, announced or streamed", async () => {
  const largest = "{}".padEnd(16 * 1024);
  const streamed = (text: string) =>
    ReadableStream.from([text.slice(0, 9000), text.slice(9000)])
      .pipeThrough(new TextEncoderStream());

  for (const body of [largest, streamed(largest)]) {
    const { trigger } = setUp();
    assert.equal((await trigger({ body })).status, 200);
  }
  for (const body of [largest + " ", streamed(largest + " ")]) {
    const { runs, trigger } = setUp();
    await assertError(await trigger({ body }), 413, "body_too_large");
    untouched(runs);
  }
  const { runs, trigger } = setUp();
  const announced = { "Content-Length": "16385" };
  await assertError(
    await trigger({ headers: announced, body: "{}" }),
    413,
    "body_too_large",
  );
  untouched(runs);
});

Deno.test("a run is executed and answered with what changed", () =>
  onFakeTime(async () => {
    const { runs, trigger } = setUp({ batchSize: 3 });
    const response = await trigger({
      headers: { "X-Run-Id": RUN_ID },
      body: '{"triggerSource": "cron"}',
    });

    assert.equal(response.status, 200);
    assert.equal(response.headers.get("Access-Control-Allow-Origin"), "*");
    assert.deepEqual(await response.json(), {
      success: true,
      runId: RUN_ID,
      recordsUpdated: 8,
      agencies: [
        {
          agencyId: agencyId(1),
          updatedCount: 5,
          transitions: { pending_to_overdue: 5 },
        },
        {
          agencyId: agencyId(2),
          updatedCount: 3,
          transitions: { pending_to_overdue: 3 },
        },
      ],
      errors: [],
      attempts: 1,
      durationMs: 0,
    });
    assert.equal(runs.delaysOf("process_installment_batch").length, 3);
    const row = runs.runs.get(RUN_ID);
    assert.equal(row?.jobName, "update-installment-statuses");
    assert.equal(row?.triggerSource, "cron");
    assert.equal(row?.status, "success");
  }));

Deno.test("without a run id and a body the run is manual and gets a new id", async () => {
  const { runs, trigger } = setUp();
  const { runId } = await (await trigger()).json();

  assert.match(runId, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.equal(runs.runs.get(runId)?.triggerSource, "manual");
});

Deno.test("a run id in capitals is the same run id", async () => {
  const { runs, trigger } = setUp();
  const id = "ABCDEFAB-CDEF-4ABC-8DEF-ABCDEFABCDEF";
  const response = await trigger({ headers: { "X-Run-Id": id } });
  assert.equal((await response.json()).runId, id.toLowerCase());
  assert.deepEqual([...runs.runs.keys()], [id.toLowerCase()]);
});

Deno.test("1,500 agencies are answered completely", async () => {
  const due = new Map(
    Array.from({ length: 1500 }, (_, index) => [agencyId(index), 2]),
  );
  const { trigger } = setUp({ due, batchSize: 1000 });
  const answer = await (await trigger()).json();

  assert.equal(answer.recordsUpdated, 3000);
  assert.equal(answer.agencies.length, 1500);
});

Deno.test("nothing due is a success without agencies", async () => {
  const { trigger } = setUp({ due: new Map() });
  const answer = await (await trigger()).json();
  assert.equal(answer.success, true);
  assert.equal(answer.recordsUpdated, 0);
  assert.deepEqual(answer.agencies, []);
});

Deno.test("an agency that fails is reported while the others succeed", async () => {
  const { trigger } = setUp({
    failing: new Map([[agencyId(1), "trigger refused"]]),
  });
  const response = await trigger();
  const answer = await response.json();

  assert.equal(response.status, 200);
  assert.equal(answer.recordsUpdated, 3);
  assert.deepEqual(answer.errors, [{
    id: agencyId(1),
    name: `Agency ${agencyId(1)}`,
    error: "trigger refused",
  }]);
});

Deno.test("too many failed agencies make a 500 that tells what was done", async () => {
  const { trigger } = setUp({
    due: new Map([[agencyId(1), 1], [agencyId(2), 1], [agencyId(3), 4]]),
    failing: new Map([[agencyId(1), "no"], [agencyId(2), "no"]]),
  });
  const body = await assertError(
    await trigger({ headers: { "X-Run-Id": RUN_ID } }),
    500,
    "run_failed",
  );

  assert.equal(body.error.message, "2 of 3 items failed");
  assert.equal(body.runId, RUN_ID);
  assert.equal(body.recordsUpdated, 4);
  assert.deepEqual(body.agencies, [{
    agencyId: agencyId(3),
    updatedCount: 4,
    transitions: { pending_to_overdue: 4 },
  }]);
  assert(Array.isArray(body.errors) && body.errors.length === 2);
});

Deno.test("a job that is running already is a 409 with the running run's id", async () => {
  const { runs, trigger } = setUp();
  runs.addRun(updateInstallmentStatuses.name, OTHER_RUN_ID);
  const body = await assertError(
    await trigger({ headers: { "X-Run-Id": RUN_ID } }),
    409,
    "already_running",
  );

  assert.equal(body.runId, OTHER_RUN_ID);
  assert.match(body.error.message, new RegExp(OTHER_RUN_ID));
  assert.deepEqual([...runs.runs.keys()], [OTHER_RUN_ID]);
});

Deno.test("of twenty triggers at once one runs, the others learn its id", async () => {
  const { runs, trigger } = setUp();
  const responses = await Promise.all(
    Array.from({ length: 20 }, () => trigger()),
  );
  const statuses = responses.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [200, ...Array(19).fill(409)]);

  const bodies = await Promise.all(responses.map((each) => each.json()));
  assert.equal(new Set(bodies.map(({ runId }) => runId)).size, 1);
  assert.equal(runs.runs.size, 1);
});

Deno.test("a run id that was used before is a 409 with that id", async () => {
  const { trigger } = setUp();
  const headers = { "X-Run-Id": RUN_ID };
  assert.equal((await trigger({ headers })).status, 200);

  const body = await assertError(
    await trigger({ headers }),
    409,
    "run_already_finished",
  );
  assert.equal(body.runId, RUN_ID);
  assert.match(body.error.message, new RegExp(RUN_ID));
});

Deno.test("a database error is a 500 with its message and the run's id", () =>
  onFakeTime(async () => {
    const { runs, trigger } = setUp();
    runs.failNext("process_installment_batch", {
      answer: databaseError("42501", "permission denied", 403),
    });
    const body = await assertError(
      await trigger({ headers: { "X-Run-Id": RUN_ID } }),
      500,
      "run_failed",
    );
    assert.match(body.error.message, /permission denied \(42501\)/);
    assert.equal(body.runId, RUN_ID);
    assert.equal(body.recordsUpdated, 0);
    assert.equal(runs.runs.get(RUN_ID)?.status, "failed");
  }));

Deno.test("a batch that is cancelled at its time-out is tried again with less to do", () =>
  onFakeTime(async () => {
    const { runs, trigger } = setUp({ due: new Map([[agencyId(1), 700]]) });
    runs.failNext("process_installment_batch", {
      answer: databaseError("57014", "canceling statement due to timeout"),
    });
    const answer = await (await trigger()).json();
    assert.equal(answer.recordsUpdated, 700);
    assert.equal(answer.attempts, 2);
    assert.deepEqual(runs.batchSizes, [625, 625]);
  }));

Deno.test("a run that never reached its row is a 500 that says so", () =>
  onFakeTime(async () => {
    const { runs, trigger } = setUp();
    runs.failNext("start_job_run", {
      answer: databaseError("PGRST202", "Could not find the function", 404),
    });
    const body = await assertError(await trigger(), 500, "run_not_started");
    assert.match(body.error.message, /Could not find the function/);
  }));

Deno.test("a run that was closed meanwhile is a 500 that names the reason", () =>
  onFakeTime(async () => {
    const { runs, trigger } = setUp();
    runs.beforeBatch = (run) => {
      run.status = "failed";
    };
    const body = await assertError(
      await trigger({ headers: { "X-Run-Id": RUN_ID } }),
      500,
      "run_no_longer_running",
    );
    assert.match(body.error.message, /max_runtime/);
    assert.equal(body.runId, RUN_ID);
  }));

Deno.test("a run whose end cannot be logged is a 500 that says so", () =>
  onFakeTime(async () => {
    const { runs, trigger } = setUp();
    runs.failNext(
      "finish_job_run",
      ...Array(4).fill({ answer: networkError }),
    );
    const body = await assertError(
      await trigger({ headers: { "X-Run-Id": RUN_ID } }),
      500,
      "run_left_running",
    );
    assert.match(body.error.message, /stays 'running'/);
    assert.equal(body.runId, RUN_ID);
  }));

Deno.test("a caller that hangs up does not stop the run", async () => {
  const { runs, kept, trigger } = setUp({ batchSize: 1 });
  const caller = new AbortController();
  runs.beforeBatch = (_, batch) => {
    if (batch === 2) caller.abort();
  };
  await trigger({
    headers: { "X-Run-Id": RUN_ID },
    signal: caller.signal,
  });

  assert.equal(kept.length, 1, "the runtime was not asked to stay");
  assert.equal(runs.runs.get(RUN_ID)?.status, "success");
  assert.equal(runs.runs.get(RUN_ID)?.recordsUpdated, 8);
});

Deno.test("the runtime is asked to stay before the work is done", async () => {
  const { runs, kept, trigger } = setUp();
  const batch = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  runs.beforeBatch = () => {
    begun.resolve();
    return batch.promise;
  };
  const answer = trigger();
  await begun.promise;
  assert.equal(kept.length, 1);

  batch.resolve();
  await Promise.all(kept);
  assert.equal((await answer).status, 200);
});

Deno.test("no log line and no answer holds a key", () =>
  onFakeTime(async () => {
    const { runs, lines, send, trigger } = setUp();
    const answers = [
      await send({ headers: { "X-API-Key": `${KEY}x` } }),
      await trigger({ body: "{" }),
      await trigger({ headers: { "X-Run-Id": RUN_ID } }),
    ];
    runs.failNext("start_job_run", ...Array(4).fill({ answer: networkError }));
    answers.push(await trigger());

    const texts = await Promise.all(answers.map((answer) => answer.text()));
    assert(lines.length >= 6, "the log is too short to prove anything");
    for (const text of [...texts, ...lines]) assert(!text.includes(KEY), text);
  }));

Deno.test("what is logged of a run carries its id", () =>
  onFakeTime(async () => {
    const { lines, trigger } = setUp({ batchSize: 5 });
    await trigger({ headers: { "X-Run-Id": RUN_ID } });
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)).map((
        { event, runId, jobName },
      ) => ({ event, runId, jobName })),
      ["run_started", "batch_processed", "batch_processed", "run_finished"]
        .map((event) => ({
          event,
          runId: RUN_ID,
          jobName: "update-installment-statuses",
        })),
    );
  }));

Deno.test("an unforeseen error is a 500 in the usual form, without details", async () => {
  const { runs, lines, trigger } = setUp();
  runs.addRun(updateInstallmentStatuses.name, RUN_ID).metadata = {};
  runs.failNext("finish_job_run", {
    answer: {
      status: 200,
      data: {
        run_id: RUN_ID,
        status: "success",
        records_updated: 0,
        duration_ms: 0,
        error_message: null,
        errors: null,
        metadata: { agencies: "none" },
      },
      error: null,
    },
  });
  const response = await trigger({ headers: { "X-Run-Id": RUN_ID } });
  const { error } = await assertError(response, 500, "internal_error");
  assert.doesNotMatch(error.message, /agencies|array/);
  assert.match(lines.at(-1) ?? "", /"event":"unexpected_error".*array/);
});

Deno.test("the path before the function's name does not matter", async () => {
  for (
    const url of [
      "http://localhost/update-installment-statuses",
      "https://project.supabase.co/functions/v1/update-installment-statuses",
    ]
  ) {
    const { send } = setUp();
    const response = await send({ headers: { "X-API-Key": KEY } }, url);
    assert.equal(response.status, 200);
    await response.body?.cancel();
  }
});
