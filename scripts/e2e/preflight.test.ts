import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Finding } from "../duewatch/preflight/finding.ts";
import { runDuewatch } from "../duewatch/testing/fake_runtime.ts";
import { stackUrls } from "../stack/stack.ts";
import { SAME_NAMES } from "./foreign/domains.ts";
import { CASES } from "./foreign/preflight_cases.ts";
import { SHAPE_CASES } from "./foreign/shape_cases.ts";
import { push, withForeignProject } from "./foreign/project.ts";
import { withBarePlatform } from "./support/bare_platform.ts";

Deno.test("a look at the database finds what would fail later, and writes nothing", async (t) => {
  await withBarePlatform((stack, sql) =>
    withForeignProject(SAME_NAMES.migrations, async (project) => {
      await push(project, stack);
      const before = await project.files();
      const look = async (options: readonly string[] = []) => {
        const { exitCode, output, notes } = await runDuewatch([
          "install",
          project.dir,
          "--yes",
          "--dry-run",
          "--json",
          `--db-url=${stackUrls(stack.config).databaseUrl}`,
          ...options,
        ]);
        ok(output.startsWith("{"), output + notes);
        const { findings } = JSON.parse(output) as { findings: Finding[] };
        return { exitCode, findings };
      };
      for (
        const { name, by, undo, level, what, todo, options } of [
          ...CASES,
          ...SHAPE_CASES,
        ]
      ) {
        await t.step(name, async () => {
          await sql.unsafe(by).simple();
          try {
            const { exitCode, findings } = await look(options);
            const found = findings.find((finding) => what.test(finding.what));
            ok(found, JSON.stringify(findings, null, 2));
            equal(found.level, level);
            if (todo !== undefined) match(found.todo, todo);
            if (level === "stop") ok(found.todo !== "");
            equal(exitCode, level === "stop" ? 1 : 0);
          } finally {
            await sql.unsafe(undo).simple();
          }
        });
      }
      deepEqual(await project.files(), before);
      await t.step("a schema jobs of theirs stays, and is named", async () => {
        await sql`create schema jobs`;
        await sql`create table jobs.queue (id int)`;
        const ran = async (code: number, ...args: string[]) => {
          const { exitCode, output, notes } = await runDuewatch([
            ...args,
            project.dir,
            `--db-url=${stackUrls(stack.config).databaseUrl}`,
          ]);
          equal(exitCode, code, output + notes);
          return output + notes;
        };
        const stays =
          /Nothing of Duewatch is in [^\n]*\nThe schema jobs stays, because/;
        match(await ran(0, "uninstall", "--dry-run"), stays);
        match(
          await ran(1, "doctor"),
          /The schema jobs is not one of Duewatch, or an installation has stopped/,
        );
        await ran(0, "uninstall", "--yes");
        await sql`drop table jobs.queue`;
        await sql`drop schema jobs`;
        match(await ran(1, "doctor"), /\n {4}Install it, then deploy it\.\n/);
      });
    })
  );
});
