// Compares docs/reference/api with the answers of the functions.
import { deepEqual, equal, ok } from "node:assert/strict";
import { join } from "node:path";
import type { Operation } from "../api_reference/operation.ts";
import { OPERATIONS } from "../api_reference/operations.ts";
import { run } from "../stack/command.ts";
import { ensureInstalled } from "../stack/packages.ts";
import { terminalProgress } from "../stack/progress.ts";
import { callFunction, type FunctionRequest } from "./support/call_function.ts";
import { emptyDatabase, withDatabase } from "./support/database.ts";
import { withFunctionSecrets } from "./support/function_secrets.ts";
import { callJob } from "./support/functions.ts";
import { readPage } from "./support/pages.ts";
import { keys, urls } from "./support/stack.ts";

const PAGE = "docs/reference/api/README.md";

/** A function that answers as every job does, and the variables that it needs. */
const ANY_JOB = "weekly-overdue-digest";
const ITS_SECRETS = {
  RESEND_API_KEY: "re_nobody_is_written_to",
  DIGEST_EMAIL_FROM: "duewatch@example.com",
};

/** The variables that the page has its reader export. */
async function environment(): Promise<Record<string, string>> {
  const { jobsApiKey, readKey } = await keys();
  const headers = { "X-API-Key": readKey };
  const { body } = await callFunction("job-logs", {
    query: "?limit=1",
    headers,
  });
  return {
    FUNCTIONS_URL: urls.functionsUrl,
    JOBS_API_KEY: jobsApiKey,
    JOBS_READ_KEY: readKey,
    JOB: ANY_JOB,
    RUN_ID: body.data[0].id,
    NEXT_CURSOR: body.meta.nextCursor,
  };
}

/** Runs a command of the page; a curl that gets an error fails. */
async function runCommand(
  command: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const home = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      join(home, ".curlrc"),
      "fail\nsilent\nshow-error\n",
    );
    const { code, stdout, stderr } = await run(
      ["sh", "-eu", "-c", command],
      { env: { ...env, CURL_HOME: home } },
    );
    equal(code, 0, `${command}\n${stdout}${stderr}`);
    return stdout;
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

/** The documented schema of a status. */
function documented({ slug, answers }: Operation, status: number) {
  const answer = answers.find((each) => each.status === status);
  ok(answer, `${slug} gives ${status}, which is not in the reference`);
  return answer;
}

/** Asserts that a body has every field that is documented, and no other. */
function assertIsDocumented(
  operation: Operation,
  status: number,
  body: unknown,
): void {
  const { content } = documented(operation, status);
  const json = content.find(({ type }) => type === "application/json");
  deepEqual(json?.schema.parse(body), body);
}

Deno.test("every command of the API reference works and answers as documented", () =>
  withDatabase(async (sql) => {
    await ensureInstalled(["curl"], terminalProgress());
    await emptyDatabase(sql);
    for (let run = 0; run < 3; run += 1) {
      equal((await callJob()).status, 200);
    }
    const env = await environment();
    const { blocks } = await readPage(PAGE);
    const commands = blocks.filter(({ language, code }) =>
      language === "sh" && code.startsWith("curl")
    );
    await withFunctionSecrets(ANY_JOB, ITS_SECRETS, async () => {
      for (const operation of OPERATIONS) {
        const own = commands.filter(({ section }) =>
          section.endsWith(` /${operation.slug}`)
        );
        deepEqual(
          own.map(({ code }) => code),
          operation.calls.map(({ command }) => command),
        );
        for (const { code } of own) {
          const output = await runCommand(code, env);
          if (output.startsWith("# HELP")) continue;
          assertIsDocumented(operation, 200, JSON.parse(output));
        }
      }
    });
  }));

Deno.test("every common error is in the reference with its code", async () => {
  const { jobsApiKey, readKey } = await keys();
  const reader = { "X-API-Key": readKey };
  const requests: [slug: string, request: FunctionRequest, status: number][] = [
    ["update-installment-statuses", { method: "POST" }, 401],
    ["update-installment-statuses", {}, 405],
    [
      "update-installment-statuses",
      {
        method: "POST",
        headers: { "X-API-Key": jobsApiKey, "X-Run-Id": "x" },
      },
      400,
    ],
    ...["check-job-health", "job-metrics", "job-logs"].flatMap((
      slug,
    ): typeof requests => [
      [slug, {}, 401],
      [slug, { method: "POST" }, 405],
      [slug, { headers: reader, query: "?surprise=1" }, 400],
    ]),
    ["job-control", { method: "POST" }, 401],
    ["job-control", { method: "POST", headers: reader }, 403],
    ["job-control", { headers: reader }, 405],
    [
      "job-control",
      { method: "POST", headers: { "X-API-Key": jobsApiKey } },
      400,
    ],
    [
      "job-control",
      {
        method: "POST",
        headers: { "X-API-Key": jobsApiKey },
        body: JSON.stringify({ action: "resume", jobName: "mistyped" }),
      },
      404,
    ],
    ["job-metrics", { headers: reader, query: "?jobName=mistyped" }, 404],
    ["job-logs", { headers: reader, query: "?jobName=mistyped" }, 404],
    [
      "job-logs",
      { headers: reader, query: `?id=${crypto.randomUUID()}` },
      404,
    ],
  ];
  for (const [slug, request, status] of requests) {
    const operation = OPERATIONS.find((each) => each.slug === slug);
    ok(operation);
    const answer = await callFunction(slug, request);
    equal(answer.status, status, JSON.stringify(answer.body));
    assertIsDocumented(operation, status, answer.body);
    const { codes = {} } = documented(operation, status);
    ok(answer.body.error.code in codes, `${slug}: ${answer.body.error.code}`);
  }
});

Deno.test("a run of another job is refused as the reference says", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    const runId = crypto.randomUUID();
    await sql`
      insert into public.jobs_log (id, job_name, started_at, status)
      values (${runId}, 'another-job', now(), 'running')
    `;
    const answer = await callJob({ runId });
    const [operation] = OPERATIONS;
    equal(answer.status, 409);
    assertIsDocumented(operation, 409, answer.body);
    equal(answer.body.error.code, "run_of_another_job");
  }));
