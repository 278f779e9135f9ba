import { equal, match, ok } from "node:assert/strict";
import { withPackageCopy } from "../duewatch/testing/package_copy.ts";
import { SAME_NAMES } from "./foreign/domains.ts";
import { snapshot } from "./foreign/journey.ts";
import {
  deployment,
  installAndDeploy,
  leave,
  succeeds,
} from "./hosted/steps.ts";
import { withHostedProject } from "./support/hosted_project.ts";

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
