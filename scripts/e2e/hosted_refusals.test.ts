import { deepEqual, equal, match } from "node:assert/strict";
import { SAME_NAMES } from "./foreign/domains.ts";
import { assertAsBefore, snapshot } from "./foreign/journey.ts";
import { withHostedProject } from "./support/hosted_project.ts";

const OTHER_TOKEN = `sbp_${"f".repeat(40)}`;

Deno.test("each refusal of the Supabase CLI becomes a sentence that says what to do, and nothing is changed", () =>
  withHostedProject(SAME_NAMES.migrations, async (world) => {
    const { api, duewatch } = world;
    const named = ["--project-ref", api.ref];
    const before = await snapshot(world);
    const refused = async (
      args: readonly string[],
      code: number,
      words: RegExp,
      environment: Readonly<Record<string, string>> = {},
    ) => {
      const { exitCode, output, notes } = await duewatch(args, { environment });
      equal(exitCode, code, output + notes);
      match(output + notes, words);
      equal((output + notes).includes("unexpected status"), false, notes);
    };
    const install = ["install", ...named, "--yes"];

    await refused(
      ["install", "--linked", "--yes"],
      2,
      /is not linked to a hosted project\. Link it \(npx supabase link/,
    );
    await refused(
      ["install", "--project-ref", "my-project", "--yes"],
      2,
      /"my-project" is not the ref of a project\. A ref has 20 lowercase/,
    );
    await refused(
      ["install", "--project-ref", "b".repeat(20), "--yes"],
      2,
      /this account has no project b{20}\. Is the ref right/,
    );
    await refused(install, 2, /Supabase does not accept the access token/, {
      SUPABASE_ACCESS_TOKEN: OTHER_TOKEN,
    });
    await refused(install, 2, /is no access token: one begins with sbp_/, {
      SUPABASE_ACCESS_TOKEN: "eyJ",
    });
    await refused(install, 2, /CLI is not installed here\. Add it to your/, {
      DUEWATCH_SUPABASE_CLI: "/nowhere/supabase",
    });

    api.fail(/query$/, {
      status: 403,
      message:
        "Your account does not have the necessary privileges to access this endpoint.",
    });
    await refused(install, 2, /This account may not do that in the project/);
    api.fail(/query$/, {
      status: 429,
      message: "ThrottlerException: Too Many Requests",
    });
    await refused(install, 2, /takes no more requests of this account for now/);
    api.fail(null);

    api.setStatus("INACTIVE");
    const paused = /the project \w{20} is paused\. Restore it at https:\/\//;
    await refused(install, 2, paused);
    await refused(["deploy", ...named, "--yes"], 1, /First: duewatch install/);
    await refused(["doctor", ...named], 1, paused);
    await refused(["keys", "list", ...named], 2, paused);
    await refused(["uninstall", ...named, "--yes"], 2, paused);
    api.setStatus("COMING_UP");
    await refused(install, 2, /does not run \(COMING_UP\)/);
    api.setStatus("ACTIVE_HEALTHY");
    await assertAsBefore(world, before);
  }));

Deno.test("the Management API asks read-only as a role that may not call Duewatch, and has limits", () =>
  withHostedProject(SAME_NAMES.migrations, async ({ api, duewatch }) => {
    const installed = await duewatch([
      "install",
      "--project-ref",
      api.ref,
      "--yes",
    ]);
    equal(installed.exitCode, 0, installed.notes);
    const query = (text: string, read_only: boolean) =>
      fetch(
        `${
          new URL(api.functionsUrl).origin
        }/v1/projects/${api.ref}/database/query`,
        {
          method: "POST",
          headers: { Authorization: `Bearer ${api.token}` },
          body: JSON.stringify({ query: text, read_only }),
        },
      );
    const rows = await query(
      "select 1 as a; select 2 as b; set local role anon",
      false,
    );
    deepEqual([rows.status, await rows.json()], [201, [{ b: 2 }]]);
    const failed = await query("select * from nothing", false);
    equal(failed.status, 400);
    match(
      (await failed.json()).message,
      /^Failed to run sql query: ERROR: {2}42P01: relation "nothing" does not exist/,
    );
    const readOnly = await query("create table t ()", true);
    match(
      (await readOnly.json()).message,
      /25006: cannot execute CREATE TABLE/,
    );
    const role = await query("select current_user", true);
    deepEqual(await role.json(), [{ current_user: "pg_read_all_data" }]);
    const statuses = new Set<number>();
    for (let call = 0; call < 121; call++) {
      const answer = await query("select 1", false);
      statuses.add(answer.status);
      await answer.body?.cancel();
    }
    deepEqual(statuses, new Set([201, 429]));
  }));
