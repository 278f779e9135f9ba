import { deepEqual, equal, match } from "node:assert/strict";
import { SAME_NAMES } from "./foreign/domains.ts";
import { assertAsBefore, snapshot } from "./foreign/journey.ts";
import { startManagementApi } from "../stand_ins/management_api.ts";
import { withHostedProject } from "./support/hosted_project.ts";
import { config, urls } from "./support/stack.ts";

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

    api.setStatus("INACTIVE");
    const paused = /the project \w{20} is paused\. Restore it at https:\/\//;
    await refused(install, 2, paused);
    await refused(
      ["deploy", ...named, "--yes"],
      1,
      /First: npx duewatch install/,
    );
    await refused(["doctor", ...named], 1, paused);
    await refused(["uninstall", ...named, "--yes"], 2, paused);
    api.setStatus("ACTIVE_HEALTHY");
    await assertAsBefore(world, before);
  }));

Deno.test("the stand-in for the Management API asks read-only as a role that may not call Duewatch, and has limits", async () => {
  await using api = await startManagementApi({
    environment: () => Promise.resolve({}),
    repoDir: config.repoDir,
    databaseUrl: urls.databaseUrl,
    requestsPerMinute: 6,
  });
  const query = async (text: string, read_only = false) => {
    const { origin } = new URL(api.functionsUrl);
    const answer = await fetch(
      `${origin}/v1/projects/${api.ref}/database/query`,
      {
        method: "POST",
        headers: { Authorization: `Bearer ${api.token}` },
        body: JSON.stringify({ query: text, read_only }),
      },
    );
    return [answer.status, await answer.json()];
  };
  const failed = (message: string) => ({
    message: `Failed to run sql query: ERROR:  ${message}\n`,
  });
  deepEqual(await query("select 1 as a; select 2 as b; set local role anon"), [
    201,
    [{ b: 2 }],
  ]);
  deepEqual(await query("select * from nothing"), [
    400,
    failed('42P01: relation "nothing" does not exist'),
  ]);
  deepEqual(await query("create table t ()", true), [
    400,
    failed(
      "25006: cannot execute CREATE TABLE in a read-only transaction",
    ),
  ]);
  deepEqual(await query("select jobs.version()", true), [
    400,
    failed("42501: permission denied for function version"),
  ]);
  deepEqual(await query("select jobs.version() is not null as here"), [
    201,
    [{ here: true }],
  ]);
  deepEqual(await query("select 1"), [201, [{ "?column?": 1 }]]);
  deepEqual(await query("select 1"), [429, {
    message: "ThrottlerException: Too Many Requests",
  }]);
});
