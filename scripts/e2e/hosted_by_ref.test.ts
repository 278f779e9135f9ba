import { match } from "node:assert/strict";
import { SAME_NAMES } from "./foreign/domains.ts";
import { snapshot } from "./foreign/journey.ts";
import { installAndDeploy, leave } from "./hosted/steps.ts";
import { withHostedProject } from "./support/hosted_project.ts";

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
