// Follows docs/how-to/upgrade.md from one release to the next, and back.
import { deepEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";
import { runDuewatch } from "../duewatch/testing/fake_runtime.ts";
import {
  type PackageCopy,
  withPackageCopy,
} from "../duewatch/testing/package_copy.ts";
import { runOrThrow } from "../stack/command.ts";
import { dbUrl } from "./foreign/project.ts";
import type { Database } from "./support/database.ts";
import { linkFolder, withFollower } from "./support/follower.ts";
import { config } from "./support/stack.ts";

const PAGE = "docs/how-to/upgrade.md";

Deno.test("the page leads from one version to the next, and the functions of before work with the new database", () =>
  withPackageCopy(async (copy) => {
    await addProgram(copy);
    await copy.release("1.0.0");
    await withFollower(PAGE, {}, async (follower) => {
      const { project, stack, sql, blocks, paste, runSql } = follower;
      const { exitCode, output, notes } = await runDuewatch(
        [
          "install",
          project.dir,
          dbUrl(stack),
          "--yes",
          "--default-timezone=Europe/Berlin",
        ],
        { packageDir: copy.dir },
      );
      equal(exitCode, 0, output + notes);
      await commit(project.dir);
      await linkFolder(project.dir, follower.api.ref);
      await paste(["npx duewatch deploy --turn-on"]);
      await runSql(blocks("Upgrade", "sql"));
      deepEqual(await versions(sql), {
        database: "1.0.0",
        functions: "1.0.0",
        active: true,
      });

      await copy.edit(
        "supabase/schemas/installments/marking/pick_overdue.sql",
        (text) => text.replace(/\nbegin\n/, "$&  -- Changed.\n"),
      );
      await copy.release("1.1.0");
      const said = await paste(blocks("Update and deploy", "sh"));
      match(said, /Updated from 1\.0\.0 to 1\.1\.0/);
      deepEqual(await versions(sql), {
        database: "1.1.0",
        functions: "1.1.0",
        active: true,
      });
      await paste(
        blocks("The order: database first, functions second", "sh"),
      );

      await paste(blocks("Going back", "sh"), {
        "<commit before the update>": "HEAD",
      });
      deepEqual(await versions(sql), {
        database: "1.1.0",
        functions: "1.0.0",
        active: true,
      });
      match(
        await paste(["npx duewatch doctor --linked"]),
        /functions are of version 1\.0\.0, and the database is of 1\.1\.0: that works/,
      );
    }, copy.dir);
  }));

/** Adds what runs the package, so that a shell can call it. */
async function addProgram({ dir }: PackageCopy): Promise<void> {
  for (const path of ["scripts", "deno.json", "deno.lock"]) {
    await runOrThrow("copy the program", [
      "cp",
      "-R",
      join(config.repoDir, path),
      join(dir, path),
    ]);
  }
  await Deno.symlink(
    join(config.repoDir, "node_modules"),
    join(dir, "node_modules"),
  );
}

async function commit(dir: string): Promise<void> {
  const git = (...args: string[]) =>
    runOrThrow("keep the project in Git", [
      "git",
      "-c",
      "user.name=Reader",
      "-c",
      "user.email=reader@example.com",
      ...args,
    ], { cwd: dir });
  await git("init", "--quiet");
  await git("add", "supabase");
  await git("commit", "--quiet", "--message=Install Duewatch");
}

/** The version of the database, and that of the functions after a run of both. */
async function versions(sql: Database) {
  await sql`select jobs.dispatch('update-installment-statuses')`;
  const [{ url, key }] = await sql`
    select
      jobs.setting('functions_url') as url,
      jobs.setting('jobs_api_key') as key
  `;
  const answer = await fetch(`${url}/check-job-health?dryRun=true`, {
    headers: { "X-API-Key": key },
  });
  const report = await answer.json();
  const [row] = await sql`
    select
      jobs.version() as database,
      entry.active,
      (
        select run.status
        from public.jobs_log as run
        order by run.started_at desc
        limit 1
      ) as status
    from cron.job as entry
    where entry.jobname = 'update-installment-statuses-daily'
  `;
  equal(row.status, "success");
  return {
    database: row.database,
    functions: report.functionsVersion,
    active: row.active,
  };
}
