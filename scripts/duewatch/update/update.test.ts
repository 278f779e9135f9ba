import { deepEqual, equal, match } from "node:assert/strict";
import { runDuewatch } from "../testing/fake_runtime.ts";
import { type TestFolder, withTestFolder } from "../testing/folder.ts";
import { type PackageCopy, withPackageCopy } from "../testing/package_copy.ts";

const NOW = new Date("2030-01-02T03:04:05Z");
const HANDLER = "supabase/functions/job-logs/handler.ts";

/** A project with version 1.0.0, and version 1.1.0 to update to. */
function withNewerPackage(
  work: (
    run: (...args: string[]) => ReturnType<typeof runDuewatch>,
    folder: TestFolder,
    copy: PackageCopy,
  ) => Promise<void>,
): Promise<void> {
  return withPackageCopy((copy) =>
    withTestFolder(async (folder) => {
      const run = (command: string, ...args: string[]) =>
        runDuewatch([command, folder.dir, ...args], {
          packageDir: copy.dir,
          now: () => NOW,
        });
      await copy.release("1.0.0");
      const installed = await run(
        "install",
        "--yes",
        "--default-timezone=Europe/Berlin",
      );
      equal(installed.exitCode, 0, installed.notes);
      await copy.edit(
        "supabase/schemas/jobs/retention/prune.sql",
        (text) => text.replace(/\$function\$\n/, "$&  -- Changed.\n"),
      );
      await copy.edit(HANDLER, (text) => `${text}// Changed.\n`);
      await Deno.remove(
        `${copy.dir}/supabase/snippets/recent-alerts.sql`,
      );
      await copy.release("1.1.0");
      await work(run, folder, copy);
    })
  );
}

Deno.test("an update brings the functions, and a migration with the difference only", () =>
  withNewerPackage(async (run, folder) => {
    const before = await folder.all();
    const dry = await run("update", "--dry-run");
    equal(dry.exitCode, 0, dry.notes);
    match(dry.output, /From 1\.0\.0 to 1\.1\.0:/);
    match(dry.output, /changed {3}supabase\/functions\/job-logs\/handler\.ts/);
    deepEqual(await folder.all(), before);

    const { exitCode, notes } = await run("update", "--yes");
    equal(exitCode, 0, notes);
    const after = await folder.all();
    const added = [...after.keys()].filter((path) => !before.has(path));
    deepEqual(added, ["migrations/20300102030505_duewatch_1_1_0.sql"]);
    const migration = after.get(added[0]) ?? "";
    match(migration, /-- Written by `duewatch update` to version 1\.1\.0\./);
    match(migration, /create or replace function jobs\.prune\(/);
    equal(migration.includes("create table"), false);
    deepEqual(
      [...before.keys()].filter((path) => !after.has(path)),
      ["duewatch/snippets/recent-alerts.sql"],
    );
    match(
      after.get("functions/job-logs/handler.ts") ?? "",
      /\/\/ Changed\.\n$/,
    );

    const again = await run("update", "--yes");
    match(again.output, /1\.1\.0 is what is here\. Nothing was changed/);
    deepEqual(await folder.all(), after);
    equal((await run("uninstall", "--files-only", "--yes")).exitCode, 0);
    deepEqual([...(await folder.all()).keys()], ["config.toml"]);
  }));

Deno.test("a file that somebody has changed is named, kept or replaced, as asked", () =>
  withNewerPackage(async (run, folder) => {
    const path = "functions/job-logs/handler.ts";
    const mine = `${await folder.read(path)}// Mine.\n`;
    await folder.write(path, mine);
    const before = await folder.all();
    const refused = await run("update", "--yes");
    equal(refused.exitCode, 1);
    match(
      refused.notes,
      /not as Duewatch wrote them:\n {2}supabase\/functions\/job-logs/,
    );
    deepEqual(await folder.all(), before);

    equal((await run("update", "--yes", "--keep-edited")).exitCode, 0);
    equal(await folder.read(path), mine);
    match(await folder.read(`${path}.duewatch-new`), /\/\/ Changed\.\n$/);
    equal((await run("update", "--yes", "--overwrite-edited")).exitCode, 0);
    match(await folder.read(path), /\/\/ Changed\.\n$/);
  }));

Deno.test("an update that was interrupted is completed, without a second migration", () =>
  withNewerPackage(async (run, folder) => {
    const state = await folder.read("duewatch.json");
    equal((await run("update", "--yes")).exitCode, 0);
    const whole = await folder.all();
    // Everything was written but the last file.
    await folder.write("duewatch.json", state);
    equal((await run("update", "--yes")).exitCode, 0);
    deepEqual(await folder.all(), whole);
  }));

Deno.test("nothing leads to an older or an unreleased version, or from nothing", () =>
  withNewerPackage(async (run, folder, copy) => {
    equal((await run("update", "--yes")).exitCode, 0);
    await copy.edit("package.json", (text) => text.replace("1.1.0", "1.0.0"));
    const older = await run("update", "--yes");
    equal(older.exitCode, 1);
    match(older.notes, /this is the older 1\.0\.0/);
    await copy.edit(
      "package.json",
      (text) => text.replace("1.0.0", "1.2.0-dev"),
    );
    match((await run("update", "--yes")).notes, /no released version/);
    await run("uninstall", "--files-only", "--yes");
    match((await run("update", "--yes")).notes, /Use: npx duewatch install/);
    equal((await folder.all()).size, 1);
  }));
