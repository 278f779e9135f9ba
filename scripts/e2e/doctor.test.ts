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
import { MAIN_JOB } from "./support/jobs.ts";
import { config, keys, urls } from "./support/stack.ts";

/** A way in which an installation can be broken. */
interface Break {
  readonly name: string;
  /** SQL. */
  readonly by: string;
  /** The first line of the report. */
  readonly first: RegExp;
  /** SQL that takes it back, where `--fix` may not. */
  readonly undo?: string;
  /** Whether only a superuser can break it so. */
  readonly asSuperuser?: boolean;
}

const store = (name: string, value: string) =>
  `delete from vault.secrets where name = '${name}';
   select vault.create_secret('${value}', '${name}');`;

const BREAKS: readonly Break[] = [
  {
    name: "another key in Vault",
    by: store("jobs_api_key", "job_another_key_of_24_chars"),
    first:
      /^✗ jobs_api_key in Vault \(\w{8}\) is not the job key of this stack \(\w{8}\)\.$/,
  },
  {
    name: "no key in Vault",
    by: "delete from vault.secrets where name = 'jobs_api_key'",
    first: /^✗ No job can start: the setting jobs_api_key is missing\.$/,
  },
  {
    name: "a key that can be guessed",
    by: store("jobs_api_key", "short"),
    first: /^✗ No job can start: the setting jobs_api_key has fewer than 16/,
  },
  {
    name: "no address in Vault",
    by: "delete from vault.secrets where name = 'functions_url'",
    first: /^✗ No job can start: the setting functions_url is missing\.$/,
  },
  {
    name: "an address that means another host",
    by: store("functions_url", "http://evil.example#.internal/"),
    first: /^✗ No job can start: functions_url is not a plain address\.$/,
  },
  {
    name: "the address of another stack",
    by: store("functions_url", "http://127.0.0.1:1/functions/v1"),
    first:
      /^✗ functions_url in Vault is http:\/\/127\.0\.0\.1:1\/functions\/v1/,
  },
  {
    name: "Vault with another root key",
    by: `update vault.secrets set nonce = decode(md5('another'), 'hex')
         where name in ('functions_url', 'jobs_api_key')`,
    asSuperuser: true,
    first: /^✗ No job can start: Vault cannot be read/,
  },
  {
    name: "the entry of the job unscheduled",
    by: "select cron.unschedule('update-installment-statuses-daily')",
    first: /^✗ An entry of pg_cron for a job is missing, or differs/,
  },
  {
    name: "the command of an entry replaced",
    by:
      "select cron.schedule('update-installment-statuses-daily', '0 7 * * *', 'vacuum')",
    first: /^✗ An entry of pg_cron for a job is missing, or differs/,
  },
  {
    name: "the supervisor replaced",
    by: "select cron.schedule('job-supervisor', '* * * * *', 'select 1')",
    first: /^✗ An entry of pg_cron that watches over the jobs is missing/,
  },
  {
    name: "the retention unscheduled",
    by: "select cron.unschedule('jobs-retention')",
    first: /^✗ An entry of pg_cron that watches over the jobs is missing/,
  },
  {
    name: "the job not registered",
    by: `delete from jobs.definitions where job_name = '${MAIN_JOB}'`,
    first:
      /^✗ The job update-installment-statuses is not registered, so it never starts\.$/,
  },
  {
    name: "a trigger disabled",
    by: "alter table public.agencies disable trigger check_agency_timezone",
    first:
      /^✗ The trigger check_agency_timezone on public\.agencies is disabled\.$/,
    undo: "alter table public.agencies enable trigger check_agency_timezone",
  },
  {
    name: "a function dropped",
    by: "drop function jobs.duration_text(interval)",
    first: /^✗ The function jobs\.duration_text\(interval\) is missing\.$/,
  },
  {
    name: "everybody may read the health report",
    by: "grant execute on function public.get_job_health to anon",
    first:
      /^✗ A role can do too much or too little with the function public\.get_job_health/,
  },
  {
    name: "the functions may not start a run",
    by: "revoke execute on function public.start_job_run from service_role",
    first:
      /^✗ A role can do too much or too little with the function public\.start_job_run/,
  },
  {
    name: "a table of ours without row level security",
    by: "alter table jobs.alerts disable row level security",
    first: /^✗ The table jobs\.alerts has no row level security\.$/,
  },
  {
    name: "an index dropped",
    by: "drop index public.installments_pending_due_date_idx",
    first: /^✗ The column installments\.student_due_date has no index/,
    undo: `create index installments_pending_due_date_idx
           on public.installments (student_due_date) where status = 'pending'`,
  },
  {
    name: "an agency in a time zone that does not exist",
    by: `alter table public.agencies disable trigger check_agency_timezone;
         insert into public.agencies (name, timezone) values ('Nowhere', 'Bogus5');
         alter table public.agencies enable trigger check_agency_timezone;`,
    first: /^✗ An agency has a time zone that the database does not know\.$/,
    undo: "delete from public.agencies where name = 'Nowhere'",
  },
  {
    name: "a migration that was not applied",
    by: `create table public.applied as
           table supabase_migrations.schema_migrations;
         delete from supabase_migrations.schema_migrations where true;`,
    first: /^✗ The migration \d{14}_duewatch\.sql was not applied/,
    undo: `insert into supabase_migrations.schema_migrations
             table public.applied;
           drop table public.applied;`,
  },
  {
    name: "a job whose function is not deployed",
    by: `select jobs.register(
           job_name => 'ghost', description => 'Not there.', schedule => '0 3 * * *',
           function_slug => 'ghost', expected_interval => interval '1 day'
         )`,
    first: /^✗ The function ghost is not deployed\.$/,
    undo: "select jobs.unregister('ghost')",
  },
  {
    name: "functions of a later version than the database",
    by: `create or replace function jobs.version() returns text
           language sql immutable set search_path = ''
           as $$ select '0.9.0' $$`,
    first:
      /^✗ The functions are of version \S+, and the database is of 0\.9\.0/,
    undo: await Deno.readTextFile(
      "supabase/schemas/jobs/install/version.sql",
    ).then((text) =>
      text.replace("create function", "create or replace function")
    ),
  },
  {
    name: "a failed run",
    by:
      `insert into public.jobs_log (job_name, started_at, completed_at, status, error_message)
         values ('of-another-kind', now(), now(), 'failed', 'disk full')`,
    first: /^✗ of-another-kind: .*failed/,
    undo: `delete from public.jobs_log where error_message = 'disk full'`,
  },
];

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
