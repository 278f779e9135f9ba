import { deepEqual, equal, match } from "node:assert/strict";
import { runDuewatch } from "../testing/fake_runtime.ts";
import { type TestFolder, withTestFolder } from "../testing/folder.ts";

const install = (folder: TestFolder) =>
  runDuewatch([
    "install",
    folder.dir,
    "--yes",
    "--default-timezone=Europe/Berlin",
  ]);

Deno.test("what an attempt has left is taken out without its duewatch.json, and what was changed is named", () =>
  withTestFolder(async (folder) => {
    const before = await folder.all();
    equal((await install(folder)).exitCode, 0);
    const edited = "functions/job-logs/index.ts";
    await folder.write(edited, "// mine\n");
    await Deno.remove(`${folder.dir}/supabase/duewatch.json`);
    const stopped = await install(folder);
    equal(stopped.exitCode, 1);
    match(stopped.output, /rm -r supabase\/functions\/job-logs/);

    const { output, exitCode } = await runDuewatch(
      ["uninstall", folder.dir, "--files-only", "--yes"],
    );
    equal(exitCode, 0, output);
    match(output, /job-logs\/index\.ts stays, because it is not as Duewatch/);
    deepEqual([...(await folder.all()).keys()], [...before.keys(), edited]);
  }));

Deno.test("a function of somebody else with a name of ours is not taken for a leftover", () =>
  withTestFolder(async (folder) => {
    await folder.write("functions/job-logs/index.ts", "// theirs\n");
    const { output } = await runDuewatch(
      ["uninstall", folder.dir, "--files-only", "--yes"],
    );
    match(output, /Nothing of Duewatch was in/);
  }));
