import { deepEqual, equal, match } from "node:assert/strict";
import {
  type ForeignDomain,
  MAP_OPTIONS,
  OTHER_NAMES,
  SAME_NAMES,
} from "./foreign/domains.ts";
import {
  assertAsBefore,
  install,
  installAndPush,
  type Journey,
  runMarks,
  snapshot,
  uninstall,
} from "./foreign/journey.ts";
import { push, withForeignProject } from "./foreign/project.ts";
import { failedChecks, withBarePlatform } from "./support/bare_platform.ts";

/** A project with these tables, pushed, beside a database of its own. */
function withJourney(
  { migrations }: Pick<ForeignDomain, "migrations">,
  work: (journey: Journey) => Promise<void>,
): Promise<void> {
  return withBarePlatform((stack, sql) =>
    withForeignProject(migrations, async (project) => {
      const journey = { stack, sql, project };
      if (Object.keys(migrations).length > 0) await push(project, stack);
      await work(journey);
    })
  );
}

Deno.test("a project with the same names: installed, pushed, marked right, and as before without it", () =>
  withJourney(SAME_NAMES, async (journey) => {
    const before = await snapshot(journey);
    await installAndPush(journey);
    await runMarks(journey, SAME_NAMES.names);
    deepEqual(await failedChecks(journey.sql), []);

    const again = await install(journey);
    equal(again.code, 0, again.stdout + again.stderr);
    match(again.stdout, /is installed here already\. Nothing was changed\./);

    await uninstall(journey);
    await assertAsBefore(journey, before);
  }));

Deno.test("a project with other names and enums: the same", () =>
  withJourney(OTHER_NAMES, async (journey) => {
    const before = await snapshot(journey);
    await installAndPush(journey, ...MAP_OPTIONS);
    await runMarks(journey, OTHER_NAMES.names);

    await uninstall(journey);
    await assertAsBefore(journey, before);
  }));
