import assert from "node:assert/strict";
import { errorBody } from "../testing/assert-error.ts";
import { batchJob } from "../testing/batch-job.ts";
import {
  databaseError,
  FakeRuns,
  type FakeRunsOptions,
  networkError,
} from "../testing/fake-runs.ts";
import { onFakeTime } from "../testing/fake-time.ts";
import { JOB_KEY, jobUnderTest } from "../testing/job-under-test.ts";

const RUN_ID = "11111111-1111-4111-8111-111111111111";
const OTHER_RUN_ID = "22222222-2222-4222-8222-222222222222";
const AGENCY = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";

type Fields = Record<string, string>;

interface SetUp extends FakeRunsOptions {
  readonly environment?: Fields;
}

function setUp({ environment, ...options }: SetUp = {}) {
  const runs = new FakeRuns({ due: new Map([[AGENCY, 8]]), ...options });
  return jobUnderTest(batchJob, { runs, ...environment && { environment } });
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
    for (const headers of [{}, { "X-API-Key": JOB_KEY }] as Fields[]) {
      const response = await send({ method, headers });
      assert.equal(response.status, 405);
      assert.equal(response.headers.get("Allow"), "POST, OPTIONS");
      if (method === "HEAD") assert.equal(await response.text(), "");
      else await errorBody(response, 405, "method_not_allowed");
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
    headers: { "X-API-Key": JOB_KEY.toLowerCase() },
  },
  {
    name: "a key with a blank in it",
    headers: { "X-API-Key": "Job-Key- 0123456789" },
  },
  {
    name: "all keys as the server lists them",
    headers: { "X-API-Key": `${JOB_KEY},second-key-0123456789` },
  },
  { name: "an empty bearer token", headers: { Authorization: "Bearer " } },
  { name: "a wrong bearer token", headers: { Authorization: "Bearer wrong" } },
  {
    name: "the key as basic credentials",
    headers: { Authorization: `Basic ${JOB_KEY}` },
  },
  {
    name: "an empty key beside a good bearer token",
    headers: { "X-API-Key": "", Authorization: `Bearer ${JOB_KEY}` },
  },
];

for (const { name, headers } of wrongCredentials) {
  Deno.test(`${name} is refused with 401 before anything is read`, async () => {
    const { runs, send } = setUp({
      environment: { JOBS_API_KEY: `${JOB_KEY},second-key-0123456789` },
    });
    const response = await send({
      headers: { ...headers, "X-Run-Id": "not a uuid" },
      body: "{ broken",
    });

    assert.match(response.headers.get("WWW-Authenticate") ?? "", /^Bearer /);
    await errorBody(response, 401, "unauthorized");
    untouched(runs);
  });
}

Deno.test("every configured key is accepted, in either header", async () => {
  const environment = {
    JOBS_API_KEY: ` ${JOB_KEY} , rotated-key-0123456789,`,
    SUPABASE_FUNCTION_KEY: "older-name-key-0123456789",
  };
  for (
    const key of [
      JOB_KEY,
      "rotated-key-0123456789",
      "older-name-key-0123456789",
    ]
  ) {
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
        "X-API-Key": JOB_KEY,
      }] as Fields[]
    ) {
      const { runs, send, lines } = setUp({ environment });
      const body = await errorBody(
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
    const { error } = await errorBody(response, 400, "invalid_run_id");
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
    const { error } = await errorBody(await trigger({ body }), 400, code);
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
    await errorBody(await trigger({ body }), 413, "body_too_large");
    untouched(runs);
  }
  const { runs, trigger } = setUp();
  const announced = { "Content-Length": "16385" };
  await errorBody(
    await trigger({ headers: announced, body: "{}" }),
    413,
    "body_too_large",
  );
  untouched(runs);
});

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

Deno.test("a job that is running already is a 409 with the running run's id", async () => {
  const { runs, trigger } = setUp();
  runs.addRun(batchJob.name, OTHER_RUN_ID);
  const body = await errorBody(
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

Deno.test("a second request for a run that succeeded gets the first answer again", async () => {
  const { runs, kept, trigger } = setUp();
  const headers = { "X-Run-Id": RUN_ID };
  const first = await trigger({ headers });
  const keptForFirst = kept.length;
  const again = await trigger({ headers });

  assert.equal(first.status, 200);
  assert.equal(again.status, 200);
  assert.deepEqual(await again.json(), await first.json());
  assert.equal(runs.runs.size, 1);
  assert.equal(keptForFirst, 2, "the run, and the ping of its monitor");
  assert.equal(kept.length, 3, "a repeat sends no ping");
});

Deno.test("a second request for a run that failed gets the first answer again", () =>
  onFakeTime(async () => {
    const { runs, trigger } = setUp();
    const headers = { "X-Run-Id": RUN_ID };
    runs.failNext("process_installment_batch", {
      answer: databaseError("42501", "permission denied", 403),
    });
    const first = await trigger({ headers });
    const again = await trigger({ headers });

    assert.equal(first.status, 500);
    assert.equal(again.status, 500);
    assert.deepEqual(await again.json(), await first.json());
  }));

Deno.test("of twenty requests for one run one works, the others learn that it runs", async () => {
  const { runs, trigger } = setUp();
  const headers = { "X-Run-Id": RUN_ID };
  const responses = await Promise.all(
    Array.from({ length: 20 }, () => trigger({ headers })),
  );
  const statuses = responses.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [200, ...Array(19).fill(409)]);

  const bodies = await Promise.all(responses.map((each) => each.json()));
  assert.deepEqual(
    new Set(bodies.map(({ runId }) => runId)),
    new Set([RUN_ID]),
  );
  assert.equal(runs.runs.size, 1);
});

Deno.test("a database error is a 500 with its message and the run's id", () =>
  onFakeTime(async () => {
    const { runs, trigger } = setUp();
    runs.failNext("process_installment_batch", {
      answer: databaseError("42501", "permission denied", 403),
    });
    const body = await errorBody(
      await trigger({ headers: { "X-Run-Id": RUN_ID } }),
      500,
      "run_failed",
    );
    assert.match(body.error.message, /permission denied \(42501\)/);
    assert.equal(body.runId, RUN_ID);
    assert.equal(body.recordsUpdated, 0);
    assert.equal(runs.runs.get(RUN_ID)?.status, "failed");
  }));

Deno.test("a run that never reached its row is a 500 that says so", () =>
  onFakeTime(async () => {
    const { runs, trigger } = setUp();
    runs.failNext("start_job_run", {
      answer: databaseError("PGRST202", "Could not find the function", 404),
    });
    const body = await errorBody(await trigger(), 500, "run_not_started");
    assert.match(body.error.message, /Could not find the function/);
  }));

Deno.test("a run id of another job is a 409, and that run stays as it is", () =>
  onFakeTime(async () => {
    const { runs, trigger } = setUp();
    const other = { ...runs.addRun("another-job", RUN_ID) };
    const body = await errorBody(
      await trigger({ headers: { "X-Run-Id": RUN_ID } }),
      409,
      "run_of_another_job",
    );
    assert.match(body.error.message, /belongs to the job another-job/);
    assert.equal(body.runId, RUN_ID);
    assert.deepEqual({ ...runs.runs.get(RUN_ID) }, other);
    assert.equal(runs.runs.size, 1);
  }));

Deno.test("a run that was closed while it worked is a 500 that names the reason", () =>
  onFakeTime(async () => {
    const { runs, trigger } = setUp();
    runs.beforeBatch = (run) => {
      run.status = "failed";
    };
    const body = await errorBody(
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
    const body = await errorBody(
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

  assert.equal(kept.length, 2, "for the run, and for the ping after it");
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
      await send({ headers: { "X-API-Key": `${JOB_KEY}x` } }),
      await trigger({ body: "{" }),
      await trigger({ headers: { "X-Run-Id": RUN_ID } }),
    ];
    runs.failNext("start_job_run", ...Array(4).fill({ answer: networkError }));
    answers.push(await trigger());

    const texts = await Promise.all(answers.map((answer) => answer.text()));
    assert(lines.length >= 6, "the log is too short to prove anything");
    for (const text of [...texts, ...lines]) {
      assert(!text.includes(JOB_KEY), text);
    }
  }));

Deno.test("the path before the function's name does not matter", async () => {
  for (
    const url of [
      "http://localhost/test-job",
      "https://project.supabase.co/functions/v1/test-job",
    ]
  ) {
    const { send } = setUp();
    const response = await send({ headers: { "X-API-Key": JOB_KEY } }, url);
    assert.equal(response.status, 200);
    await response.body?.cancel();
  }
});

Deno.test("a copy of the database starts nothing", async () => {
  const { trigger, runs } = jobUnderTest(batchJob);
  const copy = await trigger({ headers: { "X-Database": "fedcba9876543210" } });
  await errorBody(copy, 421, "other_database");
  assert.equal(runs.runs.size, 0);
  const own = await trigger({ headers: { "X-Database": runs.fingerprint } });
  assert.equal(own.status, 200);
});
