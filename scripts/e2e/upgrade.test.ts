import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { join, relative } from "node:path";
import { migrationsOf } from "../new_job/migrations.ts";
import { firstMigration } from "../schemas/first_migration.ts";
import {
  FIRST,
  planMigration,
  releaseMigration,
  writeMigration,
} from "../schemas/migration.ts";
import { SCHEMAS } from "../schemas/order.ts";
import { MIGRATIONS, RELEASED, ReleaseError } from "../schemas/releases.ts";
import { readSources } from "../schemas/sources.ts";
import { readVersions } from "../schemas/version.ts";
import { runOrThrow } from "../stack/command.ts";
import { applyMigrations } from "../stack/migrations.ts";
import {
  failedChecks,
  rollBack,
  withBarePlatform,
} from "./support/bare_platform.ts";
import { differences, readCatalog } from "./support/catalog.ts";
import type { Database } from "./support/database.ts";
import { MAIN_JOB } from "./support/jobs.ts";
import { addColumnAndFunction } from "./support/next_version.ts";
import { config } from "./support/stack.ts";

const NEW_COLUMN = "note";

Deno.test("an upgrade keeps all data, is complete, and has the same catalog as an installation", () =>
  withCheckout(async (checkout) => {
    await checkout.setVersion("1.0.0");
    equal(await releaseMigration(checkout.dir, "1.0.0"), FIRST);

    await withBarePlatform(async (stack, sql) => {
      const push = (seed: boolean) =>
        applyMigrations(
          { ...stack.config, repoDir: checkout.dir },
          { seed },
        );
      await push(true);
      // Nothing but the test changes rows meanwhile.
      await setEntries(sql, false);
      await aMonth(sql);
      const before = await rows(sql);
      const counts = await aMonthLater(sql);

      await changeObjects(checkout);
      await push(false);
      deepEqual(await rows(sql), before);
      deepEqual(await aMonthLater(sql), counts);
      const [changed] = await sql`
        select
          jobs.version() as version,
          jobs.is_new() as is_new,
          (select bool_and(is_new) from jobs.overdue_candidates) as candidates,
          (select count(note)::int from public.jobs_log) as notes
      `;
      deepEqual({ ...changed }, {
        version: "1.1.0",
        is_new: true,
        candidates: true,
        notes: 0,
      });
      await setEntries(sql, true);
      deepEqual(await failedChecks(sql), []);

      await sql`truncate public.agencies cascade`;
      const upgraded = await readCatalog(stack, sql);
      await rollBack(sql);
      await sql.unsafe(firstMigration(await readSources(checkout.dir)))
        .simple();
      deepEqual(
        differences(upgraded, await readCatalog(stack, sql)),
        [],
        "what the upgrade made, and what supabase/schemas makes",
      );
    });

    await Deno.writeTextFile(
      join(checkout.dir, MIGRATIONS, FIRST),
      "-- Edited.\n",
      { append: true },
    );
    await rejects(planMigration(checkout.dir), ReleaseError);
  }));

/** A copy of the checkout, to release and to change. */
interface Checkout {
  readonly dir: string;
  /** Changes a file of `supabase/schemas`. */
  edit(path: string, change: (text: string) => string): Promise<void>;
  setVersion(version: string): Promise<void>;
}

async function withCheckout(
  work: (checkout: Checkout) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  const change = async (path: string, edit: (text: string) => string) => {
    const before = await Deno.readTextFile(join(dir, path));
    const after = edit(before);
    equal(after === before, false, `${path} does not change`);
    await Deno.writeTextFile(join(dir, path), after);
  };
  try {
    const { repoDir } = config;
    for (const path of ["supabase", "package.json", "package-lock.json"]) {
      await runOrThrow("copy the checkout", [
        "cp",
        "-R",
        join(repoDir, path),
        join(dir, path),
      ]);
    }
    await Deno.symlink(
      join(repoDir, "node_modules"),
      join(dir, "node_modules"),
    );
    // The test makes releases of its own.
    await Deno.writeTextFile(join(dir, SCHEMAS, RELEASED), "[]");
    for (const file of await migrationsOf(dir)) {
      if (file.includes("_duewatch")) {
        await Deno.remove(join(dir, MIGRATIONS, file));
      }
    }
    await work({
      dir,
      edit: (path, edit) => change(join(SCHEMAS, path), edit),
      async setVersion(version) {
        for (const [path, current] of await readVersions(dir)) {
          await change(path, (text) => text.replace(current, version));
        }
      },
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Changes a function and a view, adds a function, and a column by hand. */
async function changeObjects(checkout: Checkout): Promise<void> {
  const { dir, edit, setVersion } = checkout;
  await setVersion("1.1.0");
  await edit(
    "jobs/retention/prune.sql",
    (text) => text.replace(/\$function\$\n/, "$&  -- Changed.\n"),
  );
  await edit(
    "digest/overdue_candidates.sql",
    (text) => text.replace("\nfrom ", ",\n  true as is_new\nfrom "),
  );
  await addColumnAndFunction({
    dir,
    edit: (path, change) => edit(relative(SCHEMAS, path), change),
  });

  const file = join(dir, MIGRATIONS, await writeMigration(dir) ?? "");
  const text = await Deno.readTextFile(file);
  match(text, /^-- by hand: jobs\/runs\/jobs_log\.sql /m);
  await Deno.writeTextFile(
    file,
    text.replace(
      "-- begin by hand: before\n",
      `$&alter table public.jobs_log add column ${NEW_COLUMN} text;\n`,
    ),
  );
  await writeMigration(dir);
  match(await Deno.readTextFile(file), /^alter table public\.jobs_log add/m);
}

/** A month of runs, the last ones failed: an open incident, alerts that wait. */
async function aMonth(sql: Database): Promise<void> {
  await sql`
    select jobs.announce_channels(
      '[{"name": "email", "kinds": ["run_failed", "job_recovered"]}]'
    )
  `;
  await sql`
    insert into public.jobs_log (
      job_name, started_at, completed_at, status, records_updated,
      error_message
    )
    select
      ${MAIN_JOB}, at, at + interval '3 seconds',
      case when day = 0 then 'failed' else 'success' end, day,
      case when day = 0 then 'No answer.' end
    from generate_series(30, 0, -1) as day
    cross join lateral (select now() - day * interval '1 day' - interval '1 hour')
      as start (at)
  `;
}

async function aMonthLater(sql: Database): Promise<Record<string, number>> {
  const [counts] = await sql`
    select
      (select count(*)::int from public.installments) as installments,
      (select count(*)::int from public.jobs_log) as runs,
      (select count(*)::int from jobs.incidents where closed_at is null) as incidents,
      (select count(*)::int from jobs.alert_deliveries where status = 'pending') as deliveries
  `;
  equal(counts.installments > 1_000, true);
  equal(counts.runs, 31);
  equal(counts.incidents, 1);
  equal(counts.deliveries >= 1, true);
  return { ...counts };
}

/** All rows of all tables, without the column that is added. */
async function rows(sql: Database): Promise<Record<string, string>> {
  const tables = await sql`
    select oid::regclass::text as name
    from pg_class
    where relnamespace::regnamespace::text in ('public', 'jobs')
      and relkind = 'r'
    order by 1
  `;
  const digests: Record<string, string> = {};
  for (const { name } of tables) {
    const [{ digest }] = await sql.unsafe(`
      select count(*) || ' ' || md5(string_agg(text, '' order by text)) as digest
      from (
        select (to_jsonb(stored) - '${NEW_COLUMN}')::text as text
        from ${name} as stored
      ) as stored
    `);
    digests[name] = digest;
  }
  return digests;
}

async function setEntries(sql: Database, active: boolean): Promise<void> {
  await sql`select cron.alter_job(jobid, active => ${active}) from cron.job`;
  // What is paused stays so.
  if (active) {
    await sql`select jobs.follow_pause(job_name) from jobs.definitions`;
  }
}
