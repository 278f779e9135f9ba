import { deepEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";
import postgres from "postgres";
import { runOrThrow } from "../stack/command.ts";
import { cliTarget, supabaseCli } from "../stack/migrations.ts";
import { ensurePackages } from "../stack/packages.ts";
import { applyPlatform } from "../stack/platform.ts";
import { silentProgress } from "../stack/progress.ts";
import {
  type RunningStack,
  stackUrls,
  startStack,
  stopStack,
} from "../stack/stack.ts";
import {
  failedChecks,
  migrate,
  rollBack,
  runFile,
  withBarePlatform,
} from "./support/bare_platform.ts";
import { differences, listCatalog } from "./support/catalog.ts";
import type { Database } from "./support/database.ts";
import { killAndWait } from "./support/processes.ts";
import { config } from "./support/stack.ts";

/** A fault of an installation, and how verify reports it. */
interface Fault {
  readonly name: string;
  /** SQL, run as the superuser. */
  readonly by: string;
  /** The first check that fails. */
  readonly shownBy: string | RegExp;
  /** Whether the remedy restores the catalog, too. Default: true. */
  readonly restores?: boolean;
}

/** SQL that runs a command for each object of the manifest. */
function forEach(command: string, condition: string): string {
  return `
    do $$
    declare
      object record;
    begin
      for object in
        select *
        from jobs.manifest()
        where name <> 'jobs.manifest()' and ${condition}
      loop
        execute ${command};
      end loop;
    end
    $$;
  `;
}

const FAULTS: readonly Fault[] = [
  {
    name: "functions, types and views dropped",
    by: forEach(
      "format('drop %s if exists %s cascade', object.kind, object.name)",
      "kind in ('function', 'type', 'view')",
    ),
    shownBy: "function jobs.version() exists",
  },
  {
    name: "the manifest dropped",
    by: "drop function jobs.manifest()",
    shownBy: "Duewatch is installed",
  },
  {
    name: "triggers, policies and indexes dropped",
    by: forEach(
      `case object.kind
        when 'index' then format('drop index %s', object.name)
        else format('drop %s %I on %s', object.kind, object.name, object.parent)
      end`,
      "kind in ('trigger', 'policy', 'index')",
    ),
    shownBy: "trigger check_agency_timezone on public.agencies exists",
  },
  {
    name: "triggers disabled",
    by: forEach(
      "format('alter table %s disable trigger %I', object.parent, object.name)",
      "kind = 'trigger'",
    ),
    shownBy: "trigger check_agency_timezone on public.agencies is enabled",
  },
  {
    name: "row level security disabled",
    by: forEach(
      "format('alter table %s disable row level security', object.name)",
      "kind = 'table'",
    ) + `
      alter table public.agencies disable row level security;
      alter table public.agency_closed_days disable row level security;
      alter table public.user_roles disable row level security;
      alter table public.payment_plans disable row level security;
      alter table public.installments disable row level security;
    `,
    shownBy: /^table jobs\.\w+ has row level security$/,
  },
  {
    name: "everything granted to public",
    by: forEach(
      `format(
        'grant all on %s %s to public, anon, authenticated, service_role',
        replace(object.kind, 'view', 'table'), object.name
      )`,
      "kind in ('function', 'table', 'view', 'schema')",
    ) + "grant all on function jobs.manifest() to public",
    shownBy: "the right roles can use schema jobs, and no others",
  },
  {
    name: "everything revoked",
    by: forEach(
      `format(
        'revoke all on %s %s from public, anon, authenticated, service_role, metrics_reader',
        replace(object.kind, 'view', 'table'), object.name
      )`,
      "kind in ('function', 'table', 'view', 'schema')",
    ),
    shownBy: "the right roles can use schema jobs, and no others",
  },
  {
    name: "too much granted to metrics_reader",
    by: "grant select (errors) on public.jobs_log to metrics_reader",
    shownBy:
      "metrics_reader can read the runs for dashboards, and neither their errors nor their metadata",
  },
  {
    name: "the role metrics_reader dropped",
    by: "drop owned by metrics_reader; drop role metrics_reader",
    shownBy: "role metrics_reader exists",
  },
  {
    name: "columns and views of the domain dropped",
    by: `
      alter table public.agencies
        drop column timezone cascade,
        drop column overdue_cutoff_time cascade;
    `,
    shownBy: "the table of agencies has every column that was added to it",
  },
  {
    name: "indexes of the domain dropped",
    by: `
      drop index public.installments_pending_due_date_idx;
      drop index public.installments_payment_plan_id_idx;
      drop index public.payment_plans_agency_id_idx;
    `,
    shownBy: "installments.payment_plan_id is indexed",
    // Postgres chooses their names.
    restores: false,
  },
  {
    name: "roles that users cannot read",
    by: `
      revoke select on public.user_roles from authenticated;
      drop policy "Users can see their own roles" on public.user_roles;
    `,
    shownBy:
      "users may read public.user_roles, so that admins can read jobs_log",
  },
  {
    name: "an agency in a time zone that does not exist",
    by: `
      alter table public.agencies disable trigger check_agency_timezone;
      insert into public.agencies (name, timezone) values ('Nowhere', 'Bogus5');
      alter table public.agencies enable trigger check_agency_timezone;
    `,
    shownBy: "every agency lives in a time zone that the database knows",
  },
  {
    name: "jobs that are not registered",
    by: "delete from jobs.definitions where job_name like 'update%'",
    shownBy: "job update-installment-statuses is registered",
  },
  {
    name: "entries of pg_cron gone",
    by: "delete from cron.job",
    shownBy: "every registered job is scheduled in pg_cron as registered",
  },
  {
    name: "entries of pg_cron inactive",
    by: "update cron.job set active = false where true",
    shownBy: "every registered job is scheduled in pg_cron as registered",
  },
  {
    name: "settings gone",
    by: "delete from vault.secrets where true",
    shownBy: "setting functions_url can be read and used",
  },
  {
    name: "Vault with another root key",
    by:
      "update vault.secrets set nonce = decode(md5('another'), 'hex') where true",
    shownBy: "setting functions_url can be read and used",
  },
  {
    name: "http in another schema",
    by: "drop extension http; create extension http with schema public",
    shownBy: "extension http is in the schema extensions",
  },
  {
    name: "a table of ours dropped",
    by: "drop table jobs.alerts cascade",
    shownBy: "table jobs.alerts exists",
  },
  {
    name: "a table of the domain dropped",
    by: "drop table public.user_roles cascade",
    shownBy: "table public.user_roles exists",
  },
  {
    name: "extensions dropped",
    // With what the tests put on its table to keep the jobs from starting.
    by: "drop extension http; drop extension pg_cron cascade",
    shownBy: "extension http is installed",
  },
];

const HISTORY = "supabase_migrations.schema_migrations";

// Seen in the last step; or one of a kind whose others are seen to fail.
const UNSEEN =
  /^the process of pg_cron is running$|^(table|schema) \S+ exists$|^function jobs\.manifest\(\) exists$/;

Deno.test("verify lists failures first, and each remedy fixes its failure", () =>
  withBarePlatform(async (stack) => {
    await migrate(stack);
    await withSession(stack, "supabase_admin", async (superuser) => {
      const bench: Bench = { stack, superuser, seen: new Set() };
      const expected = await inSession(bench, listCatalog);
      for (const { name, by, shownBy, restores = true } of FAULTS) {
        deepEqual(await inSession(bench, failedChecks), [], `before: ${name}`);
        await superuser.unsafe(by).simple();
        const [first] = await inSession(bench, failedChecks);
        if (typeof shownBy === "string") {
          deepEqual({ name, first: first?.check }, { name, first: shownBy });
        } else match(first?.check ?? "", shownBy, name);
        await followRemedies(bench);
        await superuser`delete from public.agencies where true`;
        if (!restores) await reinstall(bench);
        const found = await inSession(bench, listCatalog);
        deepEqual(
          { name, differences: differences(expected, found) },
          { name, differences: [] },
        );
      }

      // The history of the CLI says that it is installed, and it is not.
      await superuser.unsafe(`create table public.history as table ${HISTORY}`);
      await inSession(bench, rollBack);
      await superuser.unsafe(`
        insert into ${HISTORY} table public.history;
        drop table public.history;
      `).simple();
      const [{ check }] = await inSession(bench, failedChecks);
      equal(check, "Duewatch is installed");
      await followRemedies(bench);

      const all = await inSession(bench, async (sql) => {
        await sql`select set_config('duewatch.verify', 'all', false)`;
        return await runFile(sql, "verify.sql");
      });
      equal(all.length > 200, true);
      const neverSeen = all.slice(1).map(({ check }) => check)
        .filter((check) => !bench.seen.has(check) && !UNSEEN.test(check));
      deepEqual({ neverSeen }, { neverSeen: [] });

      const [{ pid }] = await superuser`
        select pid from pg_stat_activity where backend_type like 'pg_cron%'
      `;
      await killAndWait(pid, "SIGTERM");
      const [dead, ...others] = await inSession(bench, failedChecks);
      deepEqual(others, []);
      equal(dead.check, "the process of pg_cron is running");
      match(dead.what_to_do ?? "", /^restart the database;/);
    });
    await stopStack(stack.config);
    await startStack({ config: stack.config, migrate: false });
    deepEqual(await withSession(stack, "postgres", failedChecks), []);
  }));

Deno.test("the CLI can run verify, read-only", async () => {
  const { stdout } = await runOrThrow("verify", [
    supabaseCli(config),
    "db",
    "query",
    "--read-only",
    cliTarget(config),
    "--workdir",
    config.repoDir,
    "--file",
    join(config.repoDir, "supabase", "verify.sql"),
  ]);
  match(stdout, /\d+ checks, \d+ failed/);
});

interface Bench {
  readonly stack: RunningStack;
  readonly superuser: Database;
  /** The checks that have failed. */
  readonly seen: Set<string>;
}

/** Follows the remedies of verify, from the first row on, until nothing fails. */
async function followRemedies(bench: Bench): Promise<void> {
  for (let round = 0; round < 3; round++) {
    const failed = await inSession(bench, failedChecks);
    if (failed.length === 0) return;
    for (const { check } of failed) bench.seen.add(check);
    await inSession(bench, async (sql) => {
      for (const { what_to_do } of failed) {
        if (await follow(what_to_do ?? "", bench, sql) === "all") break;
      }
    });
  }
  const [first] = await inSession(bench, failedChecks);
  equal(first, undefined, "still fails after its remedy");
}

/** Follows one remedy; says whether it has restored everything at once. */
async function follow(
  remedy: string,
  bench: Bench,
  sql: Database,
): Promise<"one" | "all"> {
  if (/push/.test(remedy)) {
    match(remedy, /supabase\/rollbacks\/duewatch\.sql/);
    await reinstall(bench);
    return "all";
  }
  const file = /^run supabase\/(\S+)$/.exec(remedy)?.[1];
  const command = remedy.replace("<zone>", "Australia/Brisbane")
    .replace("<value>", "http://127.0.0.1/functions/v1");
  try {
    if (/extension/.test(command)) {
      await bench.superuser.unsafe(command).simple();
      // As Supabase does by itself when an extension is created.
      const { config, keys } = bench.stack;
      const packages = await ensurePackages(silentProgress, null);
      await applyPlatform(config, keys, packages);
    } else if (file === undefined) await sql.unsafe(command).simple();
    else await runFile(sql, file);
  } catch (error) {
    // The remedy of another row has restored this one, too.
    const isThere = error instanceof postgres.PostgresError &&
      ["42P07", "42710", "42723"].includes(error.code);
    if (!isThere) {
      throw new Error(`This remedy fails: ${remedy}`, { cause: error });
    }
  }
  return "one";
}

async function reinstall(bench: Bench): Promise<void> {
  await inSession(bench, rollBack);
  await migrate(bench.stack);
}

// A new one each time: sessions remember the tables that pg_cron had.
const inSession = <T>(
  { stack }: Bench,
  work: (sql: Database) => PromiseLike<T>,
) => withSession(stack, "postgres", work);

async function withSession<T>(
  { config, keys }: RunningStack,
  username: "postgres" | "supabase_admin",
  work: (sql: Database) => PromiseLike<T>,
): Promise<T> {
  const sql = postgres(stackUrls(config).databaseUrl, {
    max: 1,
    username,
    ...(username === "postgres"
      ? {}
      : { password: keys.supabaseAdminPassword }),
    onnotice: () => {},
  });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}
