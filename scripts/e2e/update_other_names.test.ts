import { deepEqual, equal, match } from "node:assert/strict";
import { runDuewatch } from "../duewatch/testing/fake_runtime.ts";
import { withPackageCopy } from "../duewatch/testing/package_copy.ts";
import { MAP_OPTIONS, OTHER_NAMES } from "./foreign/domains.ts";
import { runMarks } from "./foreign/journey.ts";
import { dbUrl, push, withForeignProject } from "./foreign/project.ts";
import { withBarePlatform } from "./support/bare_platform.ts";

Deno.test("an update works with other names: the migration of the difference, and a run that marks right", () =>
  withPackageCopy((copy) =>
    withBarePlatform((stack, sql) =>
      withForeignProject(OTHER_NAMES.migrations, async (project) => {
        await push(project, stack);
        const duewatch = async (command: string, ...args: string[]) => {
          const { exitCode, output, notes } = await runDuewatch(
            [command, project.dir, "--yes", ...args],
            { packageDir: copy.dir },
          );
          equal(exitCode, 0, output + notes);
        };
        await copy.release("1.0.0");
        await duewatch("install", dbUrl(stack), ...MAP_OPTIONS);
        await push(project, stack);

        // Statements that name the tables, their columns and their words.
        const changed = [
          "installments/marking/pick_overdue.sql",
          "installments/tables/check_agency_timezone.sql",
        ];
        for (const path of changed) {
          await copy.edit(
            `supabase/schemas/${path}`,
            (text) => text.replace(/\nbegin\n/, "$&  -- Changed.\n"),
          );
        }
        await copy.edit(
          "supabase/schemas/digest/overdue_candidates.sql",
          (text) => text.replace("\nfrom ", ",\n  true as is_new\nfrom "),
        );
        await copy.release("1.1.0");
        await duewatch("update");
        const [, written] = [...await project.files()].filter(([path]) =>
          /_duewatch(_1_1_0)?\.sql$/.test(path)
        );
        match(written[0], /_duewatch_1_1_0\.sql$/);
        match(written[1], /"duewatch"\."installments"/);
        equal(/\bpublic\.installments\b(?! as |\.)/.test(written[1]), false);
        await push(project, stack);

        const [installed] = await sql`
          select
            jobs.version() as version,
            (
              select count(*)::int
              from pg_proc
              where pronamespace = 'jobs'::regnamespace and prosrc like '%-- Changed.%'
            ) as changed,
            (select bool_and(is_new) from jobs.overdue_candidates) as is_new,
            (
              select array_agg(name order by name)
              from jobs.manifest()
              where source like 'names/%' and kind = 'view'
            ) as views
        `;
        deepEqual({ ...installed }, {
          version: "1.1.0",
          changed: changed.length,
          is_new: true,
          views: [
            "duewatch.agencies",
            "duewatch.installments",
            "duewatch.payment_plans",
          ],
        });
        await runMarks({ project, stack, sql }, OTHER_NAMES.names);
        await duewatch("uninstall", dbUrl(stack));
        const [{ left }] = await sql`
          select count(*)::int as left
          from pg_namespace
          where nspname in ('jobs', 'duewatch')
        `;
        equal(left, 0);
      })
    )
  ));
