import { deepEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";
import {
  type PackageCopy,
  withPackageCopy,
} from "../duewatch/testing/package_copy.ts";
import { runDuewatch } from "../duewatch/testing/fake_runtime.ts";
import { run, runOrThrow } from "../stack/command.ts";
import { type RunningStack, stackUrls } from "../stack/stack.ts";
import { SAME_NAMES } from "./foreign/domains.ts";
import {
  dbUrl,
  type ForeignProject,
  push,
  withForeignProject,
} from "./foreign/project.ts";
import { failedChecks, withBarePlatform } from "./support/bare_platform.ts";
import type { Database } from "./support/database.ts";
import {
  ADD_COLUMN,
  addColumnAndFunction,
  writeNextMigration,
} from "./support/next_version.ts";
import { config } from "./support/stack.ts";

const HANDLER = "supabase/functions/job-logs/handler.ts";

Deno.test("a project with an older package is updated by a newer one that skips a version, and its database is looked at first", () =>
  withPackageCopy(async (copy) => {
    const packages = await packThree(copy);
    try {
      await withBarePlatform((stack, sql) =>
        withForeignProject(SAME_NAMES.migrations, async (project) => {
          await push(project, stack);
          await installPackage(project, join(packages, "1.0.0.tgz"));
          await succeeds(project, stack, "install");
          await isLookedAt(project, stack, sql, copy.dir);

          await installPackage(project, join(packages, "1.2.0.tgz"));
          const handler = join(project.dir, HANDLER);
          const text = await Deno.readTextFile(handler);
          await Deno.writeTextFile(handler, `${text}// Mine.\n`);
          const refused = await npx(project, stack, "update");
          equal(refused.code, 1, refused.stdout);
          match(
            refused.stderr,
            /not as Duewatch wrote them:\n {2}supabase\/fun/,
          );
          await Deno.writeTextFile(handler, text);

          const updated = await succeeds(project, stack, "update");
          match(updated, /Updated from 1\.0\.0 to 1\.2\.0/);
          await push(project, stack);
          const [{ version, is_new, notes }] = await sql`
            select
              jobs.version() as version,
              jobs.is_new() as is_new,
              (select count(note)::int from public.jobs_log) as notes
          `;
          deepEqual([version, is_new, notes], ["1.2.0", true, 0]);
          const checks = await failedChecks(sql);
          deepEqual(
            checks.map(({ check }) => check).filter((check) =>
              !check.startsWith("setting ")
            ),
            [],
          );
          match(await Deno.readTextFile(handler), /\/\/ Changed\.\n$/);
        })
      );
    } finally {
      await Deno.remove(packages, { recursive: true });
    }
  }));

/** What an update says to a database that does not fit the folder. */
async function isLookedAt(
  project: ForeignProject,
  stack: RunningStack,
  sql: Database,
  packageDir: string,
): Promise<void> {
  const look = async (code: number, words: RegExp, ...options: string[]) => {
    const before = await project.files();
    const { exitCode, output, notes } = await runDuewatch([
      "update",
      project.dir,
      "--dry-run",
      dbUrl(stack),
      ...options,
    ], { packageDir });
    equal(exitCode, code, output + notes);
    match(output, words);
    deepEqual(await project.files(), before);
  };
  await look(0, /· Duewatch is not in this database yet: the next push/);
  await push(project, stack);
  await look(
    0,
    /Looked at 127\.0\.0\.1:\d+\/postgres:\n\nFrom 1\.0\.0 to 1\.2/,
  );

  const definitionOf = async (name: string) => {
    const [{ text }] = await sql.unsafe(
      `select pg_get_functiondef('${name}'::regproc) as text`,
    );
    return text as string;
  };
  const prune = await definitionOf("jobs.prune");
  const duration = await definitionOf("jobs.duration_text");

  await sql`drop function jobs.duration_text(interval)`;
  await look(
    1,
    /✗ The database lacks what Duewatch 1\.0\.0 has: function jobs\.d/,
  );
  await sql.unsafe(duration);
  await sql`
    revoke all on function jobs.duration_text(interval)
    from public, anon, authenticated, service_role
  `;

  await sql.unsafe(prune.replace("$function$", "$function$ -- Mine.\n"));
  await look(
    1,
    /✗ Changed by hand in the database, and the update would replace it: jobs\.prune\(/,
  );
  await look(
    0,
    /! Changed by hand in the database, and replaced/,
    "--overwrite-edited",
  );
  await sql.unsafe(prune);
  await sql.unsafe(duration.replace("$function$", "$function$ -- Mine.\n"));
  await look(
    0,
    /· Changed by hand in the database: jobs\.duration_text\(interval\)/,
  );
  await sql.unsafe(duration);

  await sql.unsafe(
    (await definitionOf("jobs.version")).replace("1.0.0", "1.1.0"),
  );
  await look(
    1,
    /✗ The database is half updated: [^✗]* of 1\.0\.0, and jobs\.version\(\) says 1\.1\.0/,
  );
  await sql.unsafe(
    (await definitionOf("jobs.version")).replace("1.1.0", "1.0.0"),
  );

  await sql`
    insert into supabase_migrations.schema_migrations (version, name)
    values ('20990101000000', 'duewatch_9_0_0')
  `;
  await look(
    1,
    /✗ The database is newer than this folder, which is of 1\.0\.0: 20990101000000_duewatch_9_0_0/,
  );
  await sql`
    delete from supabase_migrations.schema_migrations where name = 'duewatch_9_0_0'
  `;
  await sql`create table public.applied as table supabase_migrations.schema_migrations`;
  await sql`delete from supabase_migrations.schema_migrations where name like 'duewatch%'`;
  await look(
    1,
    /✗ Duewatch 1\.0\.0 is in the database, and its list of migrations does not have it[^✗]*migration repair --status applied \d+ --remote/,
  );
  await sql`
    insert into supabase_migrations.schema_migrations
    select * from public.applied where name like 'duewatch%'
  `;
  await sql`drop table public.applied`;
  await look(0, /From 1\.0\.0 to 1\.2\.0/);
}

/**
 * Makes packages of three versions with `npm pack`.
 *
 * @returns the folder that has `1.0.0.tgz` and `1.2.0.tgz`.
 */
async function packThree(copy: PackageCopy): Promise<string> {
  const packages = await Deno.makeTempDir();
  for (const path of ["scripts", "docs", "deno.json", "deno.lock"]) {
    await runOrThrow("copy the package", [
      "cp",
      "-R",
      join(config.repoDir, path),
      join(copy.dir, path),
    ]);
  }
  const pack = async (version: string) => {
    const { stdout } = await runOrThrow("pack", [
      "npm",
      "pack",
      "--silent",
      `--pack-destination=${packages}`,
    ], { cwd: copy.dir });
    await Deno.rename(
      join(packages, stdout.trim()),
      join(packages, `${version}.tgz`),
    );
  };
  await copy.release("1.0.0");
  await pack("1.0.0");
  await copy.edit(
    "supabase/schemas/jobs/retention/prune.sql",
    (text) => text.replace(/\$function\$\n/, "$&  -- Changed.\n"),
  );
  await copy.edit(HANDLER, (text) => `${text}// Changed.\n`);
  await copy.release("1.1.0");
  await addColumnAndFunction(copy);
  await writeNextMigration(copy.dir, ADD_COLUMN);
  await copy.release("1.2.0");
  await pack("1.2.0");
  return packages;
}

async function installPackage(
  { dir }: ForeignProject,
  tarball: string,
): Promise<void> {
  await Deno.writeTextFile(join(dir, "package.json"), "{}\n");
  await runOrThrow("install the package", [
    "npm",
    "install",
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    tarball,
  ], { cwd: dir });
}

function npx({ dir }: ForeignProject, stack: RunningStack, command: string) {
  return run([
    "npx",
    "--no-install",
    "duewatch",
    command,
    "--yes",
    `--db-url=${stackUrls(stack.config).databaseUrl}`,
  ], { cwd: dir });
}

async function succeeds(
  project: ForeignProject,
  stack: RunningStack,
  command: string,
): Promise<string> {
  const { code, stdout, stderr } = await npx(project, stack, command);
  equal(code, 0, stdout + stderr);
  return stdout;
}
