import { deepEqual, equal, match } from "node:assert/strict";
import {
  assertMovedDateIsCorrected,
  assertQueriesWork,
} from "./foreign/assertions.ts";
import {
  type ForeignDomain,
  MAP_OPTIONS,
  OTHER_NAMES,
  rowsOf,
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
import { dbUrl, push, withForeignProject } from "./foreign/project.ts";
import { failedChecks, withBarePlatform } from "./support/bare_platform.ts";
import { differences } from "./support/catalog.ts";

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

    await uninstall(journey, SAME_NAMES.names);
    await assertAsBefore(journey, before);
  }));

Deno.test("a project with other names and enums: the same, and every query works", () =>
  withJourney(OTHER_NAMES, async (journey) => {
    const before = await snapshot(journey);
    await installAndPush(journey, ...MAP_OPTIONS);
    await runMarks(journey, OTHER_NAMES.names);
    await assertQueriesWork(journey);
    await assertMovedDateIsCorrected(journey);

    await uninstall(journey, OTHER_NAMES.names);
    await assertAsBefore(journey, before);
  }));

Deno.test("an enum that lacks a value gets it in a migration of its own, which stays", () =>
  withJourney(withoutOverdue(SAME_NAMES), async (journey) => {
    const looked = await journey.project.duewatch(
      "install",
      dbUrl(journey.stack),
      "--dry-run",
      "--json",
    );
    equal(looked.code, 0, looked.stderr);
    const { findings, wouldWrite } = JSON.parse(looked.stdout);
    match(
      findings.filter(({ level }: { level: string }) => level === "do")
        .map(({ what }: { what: string }) => what).join("\n"),
      /^.*installment_state of public\.installments\.status has no value 'overdue'/m,
    );
    deepEqual(
      wouldWrite.filter((path: string) => path.startsWith("migrations/"))
        .map((path: string) => path.replace(/\d{14}/, "")),
      ["migrations/_duewatch_status_values.sql", "migrations/_duewatch.sql"],
    );
    deepEqual(
      [...await journey.project.files()].filter(([path]) =>
        path.includes("duewatch")
      ),
      [],
    );

    await installAndPush(journey);
    await runMarks(journey, SAME_NAMES.names);
    const removed = await journey.project.duewatch(
      "uninstall",
      dbUrl(journey.stack),
      "--yes",
    );
    equal(removed.code, 0, removed.stderr);
    match(removed.stdout, /cannot remove it: installment_state: overdue/);
  }));

Deno.test("a project with nothing but auth gets the tables", () =>
  withJourney({ migrations: {} }, async (journey) => {
    await journey.sql`create schema if not exists supabase_migrations`;
    const before = await snapshot(journey);
    const refused = await install(journey);
    equal(refused.code, 3);
    match(refused.stderr, /--default-timezone is needed/);
    deepEqual(await journey.project.files(), before.files);

    await installAndPush(journey, "--default-timezone", "Asia/Kathmandu");
    await journey.sql`insert into public.agencies (name) values ('First')`;
    const [{ timezone }] = await journey
      .sql`select timezone from public.agencies`;
    equal(timezone, "Asia/Kathmandu");
    await journey.sql.unsafe(rowsOf(SAME_NAMES.names)).simple();
    await runMarks(journey, SAME_NAMES.names);

    await journey.sql`truncate public.agencies cascade`;
    await uninstall(journey);
    const left = await snapshot(journey);
    deepEqual(left.files, before.files);
    deepEqual(
      differences(before.catalog, left.catalog)
        .filter((object) => !object.includes("supabase_migrations")),
      [],
    );
  }));

Deno.test("a half-failed attempt stops with a plan, which works", () =>
  withJourney(SAME_NAMES, async (journey) => {
    const before = await snapshot(journey);
    await installAndPush(journey);
    // As if somebody had applied the file by hand, and it stopped; and had then
    // tidied up the folder.
    await journey
      .sql`delete from supabase_migrations.schema_migrations where name = 'duewatch'`;
    await journey.sql`drop function jobs.supervise(timestamptz) cascade`;
    await journey.project.duewatch("uninstall", "--files-only", "--yes");
    deepEqual(await journey.project.files(), before.files);

    const stopped = await install(journey);
    equal(stopped.code, 1, stopped.stderr);
    match(
      stopped.stdout,
      /✗ An earlier attempt to install Duewatch has stopped half-way/,
    );
    match(stopped.stdout, /duewatch uninstall --db-url/);
    deepEqual(await journey.project.files(), before.files);

    await uninstall(journey);
    await assertAsBefore(journey, before);
    await installAndPush(journey);
    await runMarks(journey, SAME_NAMES.names);
  }));

/** The tables with an enum that has no word for what is overdue. */
function withoutOverdue({ migrations }: ForeignDomain) {
  const [tables, policies, rows] = Object.values(migrations);
  return {
    migrations: {
      "20250101000000_tables": `
        create type public.installment_state as enum
          ('draft', 'pending', 'paid', 'cancelled');
        ${
        tables.replace(
          /status varchar\(20\)[\s\S]*?\)\),/,
          "status public.installment_state not null,",
        ).replace(
          "old.status, new.status",
          "old.status::text, new.status::text",
        )
      }`,
      "20250102000000_policies": policies,
      "20250103000000_rows": rows.replace("'overdue', ", "")
        .replace("word::text", "word::public.installment_state"),
    },
  };
}
