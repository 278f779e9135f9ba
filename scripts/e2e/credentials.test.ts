import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { insertAgency, insertInstallments } from "./support/arrange.ts";
import { countByStatus } from "./support/arrange.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { type Answer, callJob } from "./support/functions.ts";
import { keys } from "./support/stack.ts";

async function withWorkToDo(
  work: (sql: Database) => Promise<void>,
): Promise<void> {
  await withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await insertInstallments(sql, await insertAgency(sql));
    await work(sql);
    deepEqual(await countByStatus(sql), { pending: 1 });
    const [{ runs }] = await sql`select count(*)::int as runs from jobs_log`;
    equal(runs, 0);
  });
}

function assertError(answer: Answer, statusCode: number): void {
  equal(answer.status, statusCode);
  equal(answer.body.error.statusCode, statusCode);
  equal(typeof answer.body.error.code, "string");
  notEqual(answer.body.error.message, "");
  equal(answer.headers.get("access-control-allow-origin"), "*");
}

Deno.test("without the right key no run starts, and no row changes", () =>
  withWorkToDo(async () => {
    const { jobsApiKey, readKey, secretKey } = await keys();
    const last = jobsApiKey.at(-1) === "a" ? "b" : "a";
    const refused = [
      null,
      "",
      "wrong",
      jobsApiKey.slice(0, -1) + last,
      jobsApiKey.slice(0, -1),
      jobsApiKey + "a",
      jobsApiKey.toUpperCase(),
      readKey,
      secretKey,
    ];
    for (const key of refused) assertError(await callJob({ key }), 401);
  }));

Deno.test("a secret key of the project triggers the job as a job key does", () =>
  withDatabase(async (sql) => {
    const { secretKey } = await keys();
    for (
      const headers of [
        { apikey: secretKey },
        { Authorization: `Bearer ${secretKey}` },
      ] as Record<string, string>[]
    ) {
      await emptyDatabase(sql);
      await insertInstallments(sql, await insertAgency(sql));
      const answer = await callJob({ key: null, headers });
      equal(answer.status, 200);
      deepEqual(await countByStatus(sql), { overdue: 1 });
    }
  }));

Deno.test("a run id of another job is answered with 409, and that run stays as it is", () =>
  withWorkToDo(async (sql) => {
    const runId = crypto.randomUUID();
    await sql`
      insert into jobs_log (id, job_name, started_at, status)
      values (${runId}, 'another-job', now(), 'running')
    `;
    const answer = await callJob({ runId });
    assertError(answer, 409);
    equal(answer.body.error.code, "run_of_another_job");
    const [{ status }] = await sql`
      delete from jobs_log where id = ${runId} returning status
    `;
    equal(status, "running");
  }));

Deno.test("a method other than POST is answered with 405 and Allow", () =>
  withWorkToDo(async () => {
    for (const method of ["GET", "PUT", "PATCH", "DELETE"]) {
      const answer = await callJob({ method });
      assertError(answer, 405);
      match(answer.headers.get("allow") ?? "", /POST/);
    }
  }));

Deno.test("an invalid request is answered with 400 and the reason", () =>
  withWorkToDo(async () => {
    for (const body of ['{"triggerSource":', "[]", '{"surprise": 1}']) {
      assertError(await callJob({ body }), 400);
    }
    const answer = await callJob({ runId: "not-a-uuid" });
    assertError(answer, 400);
    match(answer.body.error.message, /X-Run-Id/);
  }));

Deno.test("a preflight is answered without a key", () =>
  withWorkToDo(async () => {
    const answer = await callJob({ method: "OPTIONS", key: null });
    ok(answer.status === 204 || answer.status === 200);
    equal(answer.headers.get("access-control-allow-origin"), "*");
  }));

Deno.test("a function without a configured key refuses every caller and reports why", () =>
  withWorkToDo(async () => {
    const functionFile = new URL(
      "../../supabase/functions/update-installment-statuses/index.ts",
      import.meta.url,
    );
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "serve",
        "--allow-net",
        "--allow-env",
        "--host=127.0.0.1",
        "--port=0",
        functionFile.pathname,
      ],
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        HOME: Deno.env.get("HOME") ?? "",
        DENO_NO_PACKAGE_JSON: "1",
        NO_COLOR: "1",
        SUPABASE_URL: "http://127.0.0.1:1",
        SUPABASE_SECRET_KEYS: '{"default":"sb_secret_x"}',
        SUPABASE_PUBLISHABLE_KEYS: '{"default":"sb_publishable_x"}',
      },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    try {
      const url = await listeningAddress(child.stderr);
      const { jobsApiKey } = await keys();
      for (const key of [null, "", "anything", jobsApiKey]) {
        const answer = await callJob({ key, url });
        assertError(answer, 503);
        match(answer.body.error.message, /JOBS_API_KEY/);
      }
    } finally {
      child.kill("SIGKILL");
      await child.status;
    }
  }));

/** Reads the output of `deno serve` until it names its address. */
async function listeningAddress(
  stream: ReadableStream<Uint8Array>,
): Promise<string> {
  let output = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    output += text;
    const address = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
    if (address !== undefined) return address;
  }
  throw new Error(`deno serve ended: ${output}`);
}
