import { deepEqual, equal, match } from "node:assert/strict";
import { runDuewatch } from "../duewatch/testing/fake_runtime.ts";
import { configEnvironment } from "../stack/config.ts";
import {
  asSuperuser,
  withDatabase as withStackDatabase,
} from "../stack/database.ts";
import { startLocalService } from "../stand_ins/local_service.ts";
import { type Database, withDatabase } from "./support/database.ts";
import { withFunctionSecrets } from "./support/function_secrets.ts";
import { BREAKS, store } from "./installation/breaks.ts";
import { MAIN_JOB } from "./support/jobs.ts";
import { config, keys, urls } from "./support/stack.ts";

/** Runs the doctor on the stack of the tests, as somebody in the checkout. */
const doctor = (...args: string[]) =>
  runDuewatch(["doctor", ...args], {
    environment: configEnvironment(config),
    cwd: config.repoDir,
  });

async function assertWell(when: string): Promise<void> {
  const { exitCode, output } = await doctor();
  equal(exitCode, 0, `${when}: ${output}`);
}

const breakBy = (
  statements: string,
  options: Parameters<typeof withStackDatabase>[2],
) =>
  withStackDatabase(
    config,
    (sql) => sql.unsafe(statements).simple(),
    options,
  );

const firstLine = (output: string) => output.split("\n")[0];

Deno.test("the doctor names the fault first in each broken installation, and shows no key", () =>
  withDatabase(async (sql) => {
    await assertWell("before anything is broken");
    const stackKeys = await keys();
    for (const { name, by, first, undo, asSuperuser: superuser } of BREAKS) {
      await breakBy(by, superuser ? asSuperuser(stackKeys) : {});
      try {
        const { exitCode, output, notes } = await doctor();
        equal(exitCode, 1, `${name}: ${output}${notes}`);
        match(firstLine(output), first, `${name}: ${output}`);
        equal(output.includes(stackKeys.jobsApiKey), false, name);
        if (undo === undefined) {
          const fixed = await doctor("--fix");
          match(fixed.output, /Repaired: /, name);
          equal(fixed.exitCode, 0, `${name}: ${fixed.output}`);
        }
      } finally {
        if (undo !== undefined) await sql.unsafe(undo).simple();
      }
    }
    await assertWell("after all of it");
  }));

Deno.test("the doctor repairs nothing that needs a decision", () =>
  withDatabase(async (sql) => {
    const broken = BREAKS.find(({ name }) => name === "an index dropped");
    await sql.unsafe(broken?.by ?? "").simple();
    try {
      const { exitCode, output } = await doctor("--fix");
      equal(exitCode, 1);
      match(firstLine(output), /has no index/);
    } finally {
      await sql.unsafe(broken?.undo ?? "").simple();
    }
  }));

Deno.test("the doctor sees that functions have another key, no key, or do not start", async () => {
  const cases: readonly {
    readonly slug: string;
    readonly secrets: Readonly<Record<string, string>>;
    readonly first: RegExp;
  }[] = [
    {
      slug: "check-job-health",
      secrets: { JOBS_API_KEY: "job_another_key_of_24_chars" },
      first:
        /^✗ The function check-job-health does not accept the key in Vault \(\w{8}\)/,
    },
    {
      slug: MAIN_JOB,
      secrets: { JOBS_API_KEY: "" },
      first: /^✗ The function update-installment-statuses has no JOBS_API_KEY/,
    },
    {
      slug: MAIN_JOB,
      secrets: { FUNCTION_WALL_CLOCK_SECONDS: "soon" },
      first: /^✗ The function update-installment-statuses does not start\.$/,
    },
  ];
  for (const { slug, secrets, first } of cases) {
    await withFunctionSecrets(slug, secrets, async () => {
      const { exitCode, output } = await doctor();
      equal(exitCode, 1, output);
      match(firstLine(output), first, output);
    });
    // The next request starts it, before other secrets are there.
    await assertWell("with its own secrets again");
  }
});

Deno.test("the doctor of another database sees that it cannot reach its functions, or reaches others", () =>
  withDatabase(async (sql) => {
    const before = await storedUrl(sql);
    await using elsewhere = await startLocalService(() => ({
      status: 404,
      headers: {},
      body: "not found",
    }));
    await using silent = await startLocalService(() => "reset");
    const look = () => doctor("--db-url", urls.databaseUrl);
    try {
      await sql.unsafe(
        store("functions_url", `${elsewhere.origin}/functions/v1`),
      )
        .simple();
      match(
        firstLine((await look()).output),
        /^✗ None of the functions is at http:\/\/127\.0\.0\.1:\d+\/functions\/v1\.$/,
      );
      await sql.unsafe(store("functions_url", `${silent.origin}/functions/v1`))
        .simple();
      match(
        firstLine((await look()).output),
        /^✗ No function answers the database at http:\/\/127\.0\.0\.1:\d+/,
      );
    } finally {
      await sql.unsafe(store("functions_url", before)).simple();
    }
    await assertWell("with its own address again");
  }));

Deno.test("the doctor says that a database does not answer, and prints JSON for scripts", async () => {
  const { exitCode, output } = await doctor(
    "--db-url",
    "postgresql://postgres:secret@127.0.0.1:1/postgres",
  );
  equal(exitCode, 1);
  match(
    firstLine(output),
    /^✗ The database at 127\.0\.0\.1:1\/postgres does not answer/,
  );
  equal(output.includes("secret"), false);

  const json = await doctor(
    "--json",
    "--db-url",
    "postgresql://postgres:secret@127.0.0.1:1/postgres",
  );
  const { faults, exitCode: code } = JSON.parse(json.output);
  equal(code, 1);
  deepEqual(faults.map(({ code }: { code: string }) => code), [
    "database_unreachable",
  ]);
});

Deno.test("the doctor compares the clock of the database with that of this computer", async () => {
  const { output } = await runDuewatch(["doctor", "--json"], {
    environment: configEnvironment(config),
    cwd: config.repoDir,
    now: () => new Date(Date.now() + 600_000),
  });
  const [{ what }] = JSON.parse(output).faults
    .filter(({ code }: { code: string }) => code.startsWith("clock"));
  match(
    what,
    /^The clock of the database is \d+ s behind that of this computer/,
  );
});

async function storedUrl(sql: Database): Promise<string> {
  const [{ value }] = await sql`
    select decrypted_secret as value
    from vault.decrypted_secrets
    where name = 'functions_url'
  `;
  return value;
}
