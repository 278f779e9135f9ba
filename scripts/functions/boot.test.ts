import { equal, match, rejects } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeJob } from "../new_job/new_job.ts";
import { withCheckout } from "../new_job/testing/checkout.ts";
import {
  type FunctionProcess,
  startFunctionProcess,
} from "../stack/gateway/function_process.ts";
import { exists } from "../stack/files.ts";
import { LogFile } from "../stack/log_file.ts";
import { functionNames, functionsDir } from "./catalog.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const ENVIRONMENT = {
  SUPABASE_URL: "http://127.0.0.1:9",
  SUPABASE_SECRET_KEYS: '{"default":"sb_secret_of_a_test"}',
  SUPABASE_PUBLISHABLE_KEYS: '{"default":"sb_publishable_of_a_test"}',
  JOBS_API_KEY: "job-key-of-a-test",
  JOBS_READ_KEY: "read-key-of-a-test",
  RESEND_API_KEY: "re_test",
  ALERT_EMAIL_FROM: "alerts@example.com",
  ALERT_EMAIL_TO: "ops@example.com",
  DIGEST_EMAIL_FROM: "digest@example.com",
};

interface Started {
  readonly copy: string;
  readonly log: () => Promise<string>;
  readonly process: () => Promise<FunctionProcess>;
}

/** Gives some work a function in a copy of what is uploaded for it. */
async function withCopy(
  name: string,
  repoDir: string,
  work: (started: Started) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const logFile = join(folder, "functions.log");
  try {
    await work({
      copy: join(folder, name),
      log: () => Deno.readTextFile(logFile),
      process: () =>
        startFunctionProcess({
          name,
          repoDir,
          functionsDir: functionsDir(repoDir),
          copiesDir: folder,
          environment: () => Promise.resolve(ENVIRONMENT),
          log: new LogFile(logFile),
        }),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function assertBoots(name: string, repoDir: string): Promise<void> {
  await withCopy(name, repoDir, async ({ process }) => {
    const { origin, stop } = await process();
    try {
      const preflight = await fetch(`${origin}/${name}`, { method: "OPTIONS" });
      equal(preflight.status, 204);
      const methods = preflight.headers.get("Access-Control-Allow-Methods");
      const method = methods?.startsWith("POST") ? "POST" : "GET";
      const answer = await fetch(`${origin}/${name}`, { method });
      equal((await answer.json()).error.code, "unauthorized");
    } finally {
      await stop();
    }
  });
}

for (const name of await functionNames(ROOT)) {
  Deno.test(`${name} starts from the files that are uploaded for it`, () =>
    assertBoots(name, ROOT));
}

const NEW_JOB = {
  name: "close-books",
  description: "Closes the books.",
  schedule: "0 6 * * 1",
  expectedInterval: 7 * 24 * 60 + 120,
  slowAfter: 10,
};

Deno.test("a new job starts from the files that are uploaded for it", () =>
  withCheckout(async ({ repoDir }) => {
    await makeJob(NEW_JOB, {
      repoDir,
      now: new Date("2099-01-02T03:04:05Z"),
      signal: new AbortController().signal,
    });
    await assertBoots(NEW_JOB.name, repoDir);
  }));

Deno.test("a library that only the checkout's deno.json names keeps a function from starting", () =>
  withCheckout(async ({ repoDir, write }) => {
    const path = "supabase/functions/check-job-health/deno.json";
    const own = JSON.parse(await Deno.readTextFile(join(repoDir, path)));
    delete own.imports["is-network-error"];
    await write(path, JSON.stringify(own));
    await withCopy("check-job-health", repoDir, async ({ process, log }) => {
      await rejects(process(), /check-job-health did not start/);
      match(await log(), /"is-network-error" not a dependency/);
    });
  }));

Deno.test("a copy follows the checkout: what is changed, added or removed there", () =>
  withCheckout(async ({ repoDir, write }) => {
    const folder = "supabase/functions/job-logs";
    await withCopy("job-logs", repoDir, async ({ copy, process }) => {
      const start = async () => await (await process()).stop();
      await start();
      equal(await exists(join(copy, folder, "handler.ts")), true);
      equal(await exists(join(copy, folder, "handler.test.ts")), false);
      equal(await exists(join(copy, "deno.json")), false);

      const index = 'export default { fetch: () => new Response("changed") };';
      await write(`${folder}/index.ts`, index);
      await start();
      equal(await Deno.readTextFile(join(copy, folder, "index.ts")), index);
      equal(await exists(join(copy, folder, "handler.ts")), false);
    });
  }));
