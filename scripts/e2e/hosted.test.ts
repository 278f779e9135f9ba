import { deepEqual, equal, match, ok } from "node:assert/strict";
import { withPackageCopy } from "../duewatch/testing/package_copy.ts";
import { rowsOf, SAME_NAMES } from "./foreign/domains.ts";
import { assertAsBefore, snapshot } from "./foreign/journey.ts";
import {
  type HostedWorld,
  withHostedProject,
} from "./support/hosted_project.ts";

/** Runs a command that has to succeed. */
async function succeeds(
  world: HostedWorld,
  args: readonly string[],
): Promise<string> {
  const { exitCode, output, notes } = await world.duewatch(args);
  equal(exitCode, 0, `${args.join(" ")}: ${output}${notes}`);
  return output;
}

const deployment = (
  { api }: HostedWorld,
  target: readonly string[],
) => [
  "deploy",
  ...target,
  "--functions-url",
  api.functionsUrl,
  "--yes",
  "--turn-on",
];

/** Installs with preflight, deploys, and asks the doctor. */
async function installAndDeploy(
  world: HostedWorld,
  target: readonly string[],
): Promise<void> {
  await world.sql.unsafe(rowsOf(SAME_NAMES.names)).simple();
  const installed = await succeeds(world, ["install", ...target, "--yes"]);
  match(installed, /Looked at the project abcdefghijklmnopqrst:/);
  match(installed, /· About [\d,]+ installments/);
  match(
    await succeeds(world, deployment(world, target)),
    /The first run marked [1-9]\d* inst/,
  );
  match(
    await succeeds(world, ["doctor", ...target]),
    /at the project abcdefghijklmnopqrst[\s\S]*\nNothing (?:is wrong|has failed)/,
  );
}

/** Uninstalls: database, functions, secrets and folder are as before. */
async function leave(
  world: HostedWorld,
  target: readonly string[],
  before: Awaited<ReturnType<typeof snapshot>>,
): Promise<void> {
  const { api } = world;
  const removed = await succeeds(world, ["uninstall", ...target, "--yes"]);
  match(removed, /Deleted \d+ functions of abcdefghijklmnopqrst\./);
  match(removed, /Unset the secrets JOBS_API_KEY and JOBS_READ_KEY\./);
  deepEqual([[...api.deployed], [...api.secrets]], [[], []]);
  await assertAsBefore(world, before);
}

Deno.test("a linked project is installed, deployed, checked, has its keys rotated, is updated and left, through the CLI alone", () =>
  withPackageCopy(async (copy) => {
    await copy.release("1.0.0");
    await withHostedProject(SAME_NAMES.migrations, async (world) => {
      const { api } = world;
      const target = ["--linked"];
      const before = await snapshot(world);
      const linked = await world.supabase("link", api.ref);
      equal(linked.code, 0, linked.stderr);
      await installAndDeploy(world, target);

      const listed = await succeeds(world, ["keys", "list", ...target]);
      match(listed, /job key +\w{8}, /);
      const former = api.secrets.get("JOBS_API_KEY") ?? "";
      await succeeds(world, ["keys", "rotate", "job", ...target, "--yes"]);
      const [key, other] = (api.secrets.get("JOBS_API_KEY") ?? "").split(",");
      ok(key.startsWith("job_") && key !== former);
      equal(other, former);

      await copy.edit(
        "supabase/schemas/jobs/retention/prune.sql",
        (text) => text.replace(/\$function\$\n/, "$&  -- Changed.\n"),
      );
      await copy.release("1.1.0");
      match(
        await succeeds(world, ["update", ...target, "--yes"]),
        /Looked at the project [\s\S]*Updated from 1\.0\.0 to 1\.1\.0/,
      );
      match(
        await succeeds(world, deployment(world, target)),
        /The schedule was on before/,
      );
      const [{ version }] = await world.sql`select jobs.version()`;
      equal(version, "1.1.0");
      await leave(world, target, before);
    }, copy.dir);
  }));

Deno.test("a project that is named by its ref is installed, deployed and left, through the CLI alone", () =>
  withHostedProject(SAME_NAMES.migrations, async (world) => {
    const target = ["--project-ref", world.api.ref];
    const before = await snapshot(world);
    await installAndDeploy(world, target);

    const verify = (...options: string[]) =>
      world.supabase(
        "db",
        "query",
        `--remote=${world.api.ref}`,
        `--file=${world.project.dir}/supabase/duewatch/verify.sql`,
        "--agent=no",
        ...options,
      );
    match((await verify("--yes")).stdout, /\d+ checks, 0 failed/);
    // As the role of the Management API that only reads.
    match((await verify("--read-only")).stderr, /42501: permission denied/);
    await leave(world, target, before);
  }));
