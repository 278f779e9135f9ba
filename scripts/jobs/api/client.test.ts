import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { JobsError } from "../errors.ts";
import type { Target } from "../target.ts";
import {
  errorResponse,
  type FakeFunction,
  startFakeProject,
} from "../testing/fake_functions.ts";
import {
  idBeginning,
  sampleHealth,
  samplePage,
  sampleRun,
} from "../testing/samples.ts";
import { createClient, type JobsClient } from "./client.ts";

const KEY = "key-of-the-test-0123456789";
const JOB = "update-installment-statuses";
const RUN_ID = idBeginning("cb57e051");

function targetAt(url: string): Target {
  return {
    name: url,
    functionsUrl: `${url}/functions/v1`,
    dataUrl: `${url}/rest/v1`,
    key: KEY,
    keySource: "DUEWATCH_KEY",
    advice: "Look.",
  };
}

/** Asks a project whose functions all answer alike. */
async function ask<T>(
  answer: FakeFunction,
  question: (client: JobsClient) => Promise<T>,
): Promise<T> {
  await using project = startFakeProject({
    "check-job-health": answer,
    "job-logs": answer,
    [JOB]: answer,
  });
  return await question(createClient(targetAt(project.url)));
}

/** The sentence with which a question fails; the key is never in it. */
async function problemOf(question: Promise<unknown>): Promise<string> {
  let problem = "";
  await rejects(question, (error) => {
    ok(error instanceof JobsError, String(error));
    problem = error.message.replace(/http:\/\/127\.0\.0\.1:\d+/, "it");
    return !problem.includes(KEY);
  });
  return problem;
}

const trigger = (client: JobsClient) =>
  client.trigger({ slug: JOB, runId: RUN_ID, timeoutMs: 20_000 });

Deno.test("questions carry the key, and change nothing", async () => {
  await using project = startFakeProject({
    "check-job-health": () => Response.json(sampleHealth()),
    "job-logs": () => Response.json(samplePage([sampleRun()])),
    [JOB]: () => Response.json({ success: true, runId: RUN_ID }),
  });
  const client = createClient(targetAt(project.url));
  await client.health();
  await client.listRuns({ limit: 7 });
  await client.listRuns({
    jobName: "a & b",
    status: "failed",
    limit: 100,
    cursor: "x=",
  });
  await client.findRun(RUN_ID);
  await trigger(client);

  const read = { method: "GET", key: KEY, runId: null };
  deepEqual(project.received, [
    { ...read, slug: "check-job-health", query: { dryRun: "true" } },
    { ...read, slug: "job-logs", query: { limit: "7" } },
    {
      ...read,
      slug: "job-logs",
      query: { jobName: "a & b", status: "failed", limit: "100", cursor: "x=" },
    },
    { ...read, slug: "job-logs", query: { id: RUN_ID } },
    { method: "POST", key: KEY, slug: JOB, query: {}, runId: RUN_ID },
  ]);
});

Deno.test("a report on critical jobs is an answer, although its status is 503", async () => {
  const report = sampleHealth({ status: "critical" });
  const health = await ask(
    () => Response.json(report, { status: 503 }),
    (client) => client.health(),
  );
  deepEqual(health, report);
});

Deno.test("what a newer server adds to the report stays in it", async () => {
  const report = { ...sampleHealth(), moreToCome: [1] };
  const health = await ask(
    () => Response.json(report),
    (client) => client.health(),
  );
  deepEqual(health, report);
});

Deno.test("an unknown run is null, and not an error", async () => {
  for (
    const answer of [
      () => errorResponse(404, "unknown_run", "There is no run."),
      () => Response.json(samplePage([])),
    ]
  ) {
    equal(await ask(answer, (client) => client.findRun(RUN_ID)), null);
  }
});

const REFUSALS: readonly (readonly [string, () => Response, RegExp])[] = [
  [
    "a refused key",
    () => errorResponse(401, "unauthorized", "This takes a read key."),
    /^it refused the key from DUEWATCH_KEY: check-job-health takes a job key or a read key\.$/,
  ],
  [
    "an error with its reason",
    () => errorResponse(503, "database_unavailable", "The database is away."),
    /^check-job-health at it answered 503: The database is away\.$/,
  ],
  [
    "an error that would control the terminal, or repeat the key",
    () => errorResponse(500, "x", `\x1b[2J\nno ${KEY}${"y".repeat(1000)}`),
    /^check-job-health at it answered 500: \[2J no …y{491}…$/,
  ],
  [
    "an unknown name, in the server's words",
    () => errorResponse(404, "unknown_job", "There is no job x."),
    /^There is no job x\.$/,
  ],
  [
    "a project without the function",
    () => Response.json({ code: "NOT_FOUND", message: "?" }, { status: 404 }),
    /^it has no function check-job-health: is this the address of a project/,
  ],
  [
    "a platform's own error",
    () => Response.json({ message: "Worker failed to boot" }, { status: 503 }),
    /^check-job-health at it answered 503: Worker failed to boot$/,
  ],
  [
    "a web page",
    () => new Response("<html>", { headers: { "Content-Type": "text/html" } }),
    /^check-job-health at it answered 200, in a form that is not known here/,
  ],
  [
    "JSON of another form",
    () => Response.json({ status: "ok" }),
    /^check-job-health at it answered 200, in a form that is not known here/,
  ],
];

for (const [what, answer, expected] of REFUSALS) {
  Deno.test(`${what} is reported in a sentence`, async () => {
    match(
      await problemOf(ask(answer, (client) => client.health())),
      expected,
    );
  });
}

Deno.test("a redirect is reported and not followed: its target would get the key", async () => {
  await using elsewhere = startFakeProject({
    "check-job-health": () => Response.json(sampleHealth()),
  });
  const Location = `${elsewhere.url}/functions/v1/check-job-health`;
  const problem = await problemOf(ask(
    () => new Response(null, { status: 307, headers: { Location } }),
    (client) => client.health(),
  ));
  equal(
    problem,
    `it redirects to ${new URL(elsewhere.url).host}: give the address of the ` +
      "project itself.",
  );
  deepEqual(elsewhere.received, []);
});

Deno.test("an unreachable project is reported with the reason and what to do", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const client = createClient(targetAt(`http://127.0.0.1:${port}`));
  for (const question of [client.health(), trigger(client)]) {
    match(
      await problemOf(question),
      /^it cannot be reached: .*Connection refused.*\. Look\.$/,
    );
  }
});

Deno.test("a project that does not answer in time is reported", async () => {
  const { promise: answered, resolve: answer } = Promise.withResolvers<
    Response
  >();
  await using project = startFakeProject({
    "check-job-health": () => answered,
  });
  const client = createClient(targetAt(project.url), { readingTimeoutMs: 50 });
  equal(
    await problemOf(client.health()),
    "it has not answered within 0.05 seconds.",
  );
  answer(Response.json({}));
});

Deno.test("a request is given up when the operator stops the command", async () => {
  const stop = new AbortController();
  const { promise: answered, resolve: answer } = Promise.withResolvers<
    Response
  >();
  await using project = startFakeProject({
    "check-job-health": () => {
      stop.abort("SIGINT");
      return answered;
    },
  });
  const { signal } = stop;
  const client = createClient(targetAt(project.url), { signal });
  await rejects(client.health(), (reason) => reason === "SIGINT");
  answer(Response.json({}));
});

Deno.test("a job's answer counts, whether or not its run succeeded", async () => {
  const answered = { kind: "answered", problem: null };
  deepEqual(
    await ask(() => Response.json({ success: true, runId: RUN_ID }), trigger),
    answered,
  );
  const fields = { runId: RUN_ID };
  deepEqual(
    await ask(
      () => errorResponse(500, "run_failed", "It failed.", fields),
      trigger,
    ),
    answered,
  );
  deepEqual(
    await ask(
      () =>
        errorResponse(500, "run_left_running", `Not\nclosed ${KEY}.`, fields),
      trigger,
    ),
    { kind: "answered", problem: "Not closed …." },
  );
});

Deno.test("the outcome of a trigger without an answer is unknown", async () => {
  for (const status of [502, 504, 546]) {
    const { kind } = await ask(() => new Response("", { status }), trigger);
    equal(kind, "unknown", String(status));
  }
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const hangUp = (async () => {
    const connection = await listener.accept();
    await connection.read(new Uint8Array(1));
    connection.close();
  })();
  const url = `http://127.0.0.1:${listener.addr.port}`;
  equal((await trigger(createClient(targetAt(url)))).kind, "unknown");
  await hangUp;
});

Deno.test("a job that is already running is reported with the run in progress", async () => {
  deepEqual(
    await ask(
      () => errorResponse(409, "already_running", "…", { runId: RUN_ID }),
      trigger,
    ),
    { kind: "already_running", runId: RUN_ID },
  );
});

Deno.test("a name without a function, or with one that takes no POST, is no job", async () => {
  deepEqual(
    await ask(
      () => errorResponse(405, "method_not_allowed", "Allowed here: GET."),
      trigger,
    ),
    { kind: "no_such_job" },
  );
  await using project = startFakeProject({});
  const client = createClient(targetAt(project.url));
  deepEqual(await trigger(client), { kind: "no_such_job" });
});

Deno.test("a refused trigger is reported with the key that it needs", async () => {
  match(
    await problemOf(
      ask(() => errorResponse(401, "unauthorized", "…"), trigger),
    ),
    /refused the key from DUEWATCH_KEY: update-installment-statuses takes a job key\.$/,
  );
  match(
    await problemOf(ask(
      () =>
        errorResponse(500, "run_not_started", "Run x could not be started.", {
          runId: RUN_ID,
        }),
      trigger,
    )),
    /answered 500: Run x could not be started\.$/,
  );
});
