import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { runCommandLine } from "./command_line.ts";
import { NewJobError } from "./errors.ts";
import { migrationName, migrationText } from "./migrations.ts";
import type { NewJob } from "./migrations.ts";
import { makeJob } from "./new_job.ts";
import { type Checkout, withCheckout } from "./testing/checkout.ts";

const NOW = new Date("2099-01-02T03:04:05Z");

const JOB: NewJob = {
  name: "close-books",
  description: "Closes the books of O'Neill & Sons.",
  schedule: "0 6 * * 1",
  expectedInterval: 7 * 24 * 60 + 120,
  slowAfter: 60,
};

function make(
  { repoDir }: Checkout,
  job: Partial<NewJob> = {},
  signal = new AbortController().signal,
) {
  return makeJob({ ...JOB, ...job }, { repoDir, now: NOW, signal });
}

/** Runs the command line; what it says is kept. */
async function command({ repoDir }: Checkout, ...args: string[]) {
  const said = { out: "", error: "" };
  const code = await runCommandLine(args, {
    repoDir,
    now: NOW,
    signal: new AbortController().signal,
    write: (text) => said.out += text,
    note: (text) => said.error += text,
  });
  return { code, ...said };
}

Deno.test("a new job is a function, a migration, a section and its place in the lock file", () =>
  withCheckout(async (checkout) => {
    const before = await checkout.files();
    const { folder, files, migration } = await make(checkout);
    const after = await checkout.files();

    deepEqual(
      Object.keys(after).filter((path) => !(path in before)).sort(),
      [...files.map((file) => `${folder}/${file}`), migration].sort(),
    );
    deepEqual(
      Object.keys(before).filter((path) => before[path] !== after[path]).sort(),
      ["deno.lock", "supabase/config.toml"],
    );
    match(after[`${folder}/job.ts`], /name: "close-books"/);
    equal(
      after["supabase/config.toml"].startsWith(before["supabase/config.toml"]),
      true,
    );
    match(
      after["supabase/config.toml"],
      /\n\n\[functions\.close-books\]\nenabled = true\nverify_jwt = false\n/,
    );
    const { workspace } = JSON.parse(after["deno.lock"]);
    const { imports } = JSON.parse(after[`${folder}/deno.json`]);
    deepEqual(
      workspace.members[folder].dependencies.toSorted(),
      Object.values(imports).toSorted(),
    );
  }));

Deno.test("the migration registers the job as it was asked for", () => {
  equal(
    migrationText(JOB),
    `-- The job close-books, at "0 6 * * 1" in UTC.
--
-- Why:       Closes the books of O'Neill & Sons.
-- Locks:     nothing that exists.
-- Rollback:  select jobs.unregister('close-books');
--
-- With due_check => '<schema>.<function>' it is also started when that function
-- (as_of timestamptz) returns true; it is asked every minute.

select jobs.register(
  job_name => 'close-books',
  description => 'Closes the books of O''Neill & Sons.',
  schedule => '0 6 * * 1',
  expected_interval => '7 days 2 hours',
  -- Above it the health check warns: set it to what a long run takes.
  slow_after => '60 seconds'
);
`,
  );
});

Deno.test("the migration comes after all others, also by a clock that is behind", () => {
  const name = (...others: string[]) =>
    migrationName(JOB, { others, now: new Date("2026-11-22T10:00:00Z") });
  const what = "_jobs_register_close_books.sql";
  equal(name(), `20261122100000${what}`);
  equal(name("20261122095959_a.sql", "1_b.sql"), `20261122100000${what}`);
  equal(name("20261122100000_a.sql"), `20261122100100${what}`);
  equal(
    name("20261231235930_a.sql", "20260101000000_b.sql"),
    `20270101000030${what}`,
  );
  // A version that counted on to 60 minutes and more.
  const after = name("20261122107599_a.sql");
  ok(after > "20261122107599", after);
});

Deno.test("what has the name is in the way, and then nothing is made", () =>
  withCheckout(async (checkout) => {
    const migration = "supabase/migrations/20980101000000_jobs_mine.sql";
    await checkout.write(
      migration,
      "select jobs.register('taken', 'x', '0 7 * * *');\n",
    );
    const config = (await checkout.files())["supabase/config.toml"];
    await checkout.write(
      "supabase/config.toml",
      `${config}\n[functions.configured]\nenabled = false\n`,
    );
    const before = await checkout.files();
    const taken = {
      "update-installment-statuses": /supabase\/functions\/update-inst/,
      "job-logs": /There is a function job-logs/,
      "configured": /config\.toml has a section/,
      "taken": /20980101000000_jobs_mine\.sql/,
      "job-supervisor": /_duewatch\.sql/,
      "job-due-checks": /_duewatch\.sql/,
      "check-job-health-hourly": /_duewatch\.sql/,
      "job-heartbeat-weekly": /_duewatch\.sql/,
      "jobs-retention": /_duewatch\.sql/,
      "update-installment-statuses-daily": /_duewatch\.sql/,
    };
    for (const [name, obstacle] of Object.entries(taken)) {
      await rejects(make(checkout, { name }), (error) => {
        ok(error instanceof NewJobError);
        match(error.message, obstacle, name);
        return true;
      });
    }
    deepEqual(await checkout.files(), before);
  }));

Deno.test("a name is free again when its job was unregistered", () =>
  withCheckout(async (checkout) => {
    const write = (day: string, sql: string) =>
      checkout.write(`supabase/migrations/209801${day}000000_mine.sql`, sql);
    await write("01", "select jobs.register(job_name => 'close-books', …);");
    await write("02", "-- select jobs.unregister('close-books');");
    await rejects(make(checkout), /_mine\.sql/);
    await write("03", "select jobs.unregister('close-books');");
    await make(checkout);
  }));

Deno.test("a job that cannot be created completely leaves nothing behind", () =>
  withCheckout(async (checkout) => {
    const shared = "supabase/functions/_shared/read-all.ts";
    const sound = (await checkout.files())[shared];
    await checkout.write(shared, 'export * from "./not-there.ts";');
    const before = await checkout.files();
    const { code, error } = await command(checkout, "close-books");
    equal(code, 1);
    match(error, /Could not lock .*\n[^]*Nothing was created\.\n$/);
    deepEqual(await checkout.files(), before);

    await checkout.write(shared, sound);
    await rejects(
      make(checkout, {}, AbortSignal.abort(new Error("Ctrl-C"))),
      /Ctrl-C/,
    );
    deepEqual(await checkout.files(), { ...before, [shared]: sound });
  }));

Deno.test("the command line says what was made, and what comes next", () =>
  withCheckout(async (checkout) => {
    const { code, out, error } = await command(
      checkout,
      "close-books",
      "--schedule=0  * * * *",
      "--description=Closes the books.",
    );
    equal(error, "");
    equal(code, 0);
    match(out, /20990102030405_jobs_register_close_books\.sql/);
    match(out, /npm run jobs -- trigger close-books/);
    const files = await checkout.files();
    const sql =
      files["supabase/migrations/20990102030405_jobs_register_close_books.sql"];
    match(sql, /schedule => '0 \* \* \* \*'/);
    match(sql, /expected_interval => '1 hour 15 minutes'/);
    match(sql, /description => 'Closes the books\.'/);
  }));

Deno.test("the command line refuses invalid arguments with a sentence", () =>
  withCheckout(async (checkout) => {
    const before = await checkout.files();
    const refused: [args: string[], sentence: RegExp][] = [
      [[], /missing required argument 'name'/],
      [["Close"], /cannot be called "Close": small letters/],
      [["close", "--schedule=often"], /pg_cron cannot start a job at "often"/],
      [["close", "--expected-interval=25"], /"25" is not an interval/],
      [
        ["close", "--schedule=0 6 * * 1", "--expected-interval=25 hours"],
        /up to 7 days pass/,
      ],
      [["close", "--description= "], /one line of text/],
      [["close", "--description=a\nb"], /one line of text/],
      [["close", "--colour=red"], /unknown option/],
    ];
    for (const [args, sentence] of refused) {
      const { code, out, error } = await command(checkout, ...args);
      equal(code, 1);
      equal(out, "");
      match(error, sentence);
    }
    deepEqual(await checkout.files(), before);
  }));
