import { deepEqual, equal, match } from "node:assert/strict";
import { parse } from "yaml";

const path = new URL("../../../.github/workflows/deploy.yml", import.meta.url);

Deno.test("the workflow never runs for pull requests, and turns nothing on by itself", async () => {
  const { on, permissions, jobs } = parse(await Deno.readTextFile(path));
  deepEqual(Object.keys(on).sort(), ["push", "workflow_dispatch"]);
  deepEqual(on.push.branches, ["main"]);
  deepEqual(permissions, { contents: "read" });
  const { run, if: condition } = jobs.deploy.steps.at(-1);
  match(run, /duewatch -- deploy --yes/);
  equal(run.includes("--turn-on"), false);
  // An expression in the script would put a value on a command line.
  equal(run.includes("${{"), false);
  equal(condition, "vars.SUPABASE_PROJECT_REF != ''");
});
