import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { dirname, join } from "node:path";
import { readConfig } from "../stack/config.ts";
import {
  FIRST,
  planMigration,
  releaseMigration,
  writeMigration,
} from "./migration.ts";
import { SCHEMAS } from "./order.ts";
import { MIGRATIONS, ReleaseError } from "./releases.ts";
import { readVersions } from "./version.ts";

const { repoDir } = readConfig({});

// A released migration that was edited is refused here, too.
Deno.test("the migration and the manifest are what supabase/schemas says", async () => {
  const { superfluous, texts } = await planMigration(repoDir);
  equal(superfluous, null);
  for (const [path, text] of texts) {
    equal(
      await Deno.readTextFile(join(repoDir, path)),
      text,
      `${path}: \`npm run migration\` has not been run since supabase/schemas changed`,
    );
  }
});

Deno.test("package.json, its lock file, the functions and jobs.version() say the same version", async () => {
  const [first, ...others] = (await readVersions(repoDir)).values();
  match(first, /^\d+\.\d+\.\d+(-dev)?$/);
  deepEqual(others, [first, first, first]);
});

const ORDER = `## All
jobs/jobs.sql
manifest.sql
jobs/install/version.sql
jobs/log.sql
jobs/keep.sql
jobs/kept.sql
`;

const keep = (signature: string, body: string) =>
  `create function jobs.keep(${signature})
returns int
language sql
as $function$
  select ${body};
$function$;

comment on function jobs.keep(${signature}) is
  'Keeps.';
`;

const FILES: Readonly<Record<string, string>> = {
  "order.txt": ORDER,
  "released.json": "[]",
  "manifest.sql": "",
  "jobs/jobs.sql": "create schema jobs;\n",
  "jobs/install/version.sql": version("1.0.0"),
  "jobs/log.sql": "create table jobs.log (\n  id int\n);\n",
  "jobs/keep.sql": keep("int", "1"),
  "jobs/kept.sql": `create view jobs.kept as
select 1 as one;
`,
};

function version(text: string): string {
  return `create function jobs.version()
returns text
language sql
as $function$
  select '${text}';
$function$;

comment on function jobs.version() is
  'The version.';
`;
}

interface Checkout {
  readonly dir: string;
  write(path: string, text: string): Promise<void>;
  setVersion(text: string): Promise<void>;
}

async function withRelease(
  work: (checkout: Checkout) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  const write = async (path: string, text: string) => {
    const file = join(dir, SCHEMAS, path);
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeTextFile(file, text);
  };
  const setVersion = async (text: string) => {
    await write("jobs/install/version.sql", version(text));
    const shared = join(dir, "supabase/functions/_shared");
    await Deno.mkdir(shared, { recursive: true });
    await Deno.writeTextFile(
      join(shared, "version.ts"),
      `export const VERSION = "${text}";\n`,
    );
    for (const name of ["package.json", "package-lock.json"]) {
      const json = JSON.stringify({ version: text });
      await Deno.writeTextFile(join(dir, name), json);
    }
  };
  try {
    await Deno.mkdir(join(dir, MIGRATIONS), { recursive: true });
    for (const [path, text] of Object.entries(FILES)) await write(path, text);
    await setVersion("1.0.0");
    equal(await releaseMigration(dir, "1.0.0"), FIRST);
    await work({ dir, write, setVersion });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const NOW = new Date("2027-01-02T03:04:05Z");

/** Writes the next migration and reads it. */
async function next(dir: string): Promise<string> {
  const file = await writeMigration(dir, NOW);
  equal(file, "20270102030405_duewatch_next.sql");
  return await Deno.readTextFile(join(dir, MIGRATIONS, file));
}

/** What a migration asks a person to write. */
const byHand = (text: string) =>
  text.split("\n").filter((line) => line.startsWith("-- by hand: "));

/** The files that a migration writes out, but for what lists all of them. */
const written = (text: string) =>
  [...text.matchAll(/^-- (\S+\.sql)$/gm)].map(([, path]) => path)
    .filter((path) => path !== "manifest.sql");

Deno.test("after a release, nothing is to be migrated until something changes", () =>
  withRelease(async ({ dir }) => {
    equal(await writeMigration(dir, NOW), null);
    await rejects(
      releaseMigration(dir, "1.0.0"),
      new ReleaseError("Nothing has changed since the last release."),
    );
  }));

Deno.test("functions and views that differ are replaced, new files are created", () =>
  withRelease(async ({ dir, write }) => {
    await write("order.txt", `${ORDER}jobs/new.sql\n`);
    await write("jobs/new.sql", "create table jobs.new (\n  id int\n);\n");
    await write("jobs/keep.sql", keep("int", "2"));
    await write(
      "jobs/kept.sql",
      "create view jobs.kept as\nselect 2 as one;\n",
    );
    const text = await next(dir);
    deepEqual(written(text), [
      "jobs/keep.sql",
      "jobs/kept.sql",
      "jobs/new.sql",
    ]);
    match(text, /^create or replace function jobs\.keep\(int\)$/m);
    match(text, /^create or replace view jobs\.kept as\nselect 2 as one;$/m);
    match(text, /^create table jobs\.new \($/m);
    deepEqual(byHand(text), []);

    for (const [path, text] of Object.entries(FILES)) {
      if (path.startsWith("jobs/ke") || path === "order.txt") {
        await write(path, text);
      }
    }
    await Deno.remove(join(dir, SCHEMAS, "jobs/new.sql"));
    equal(await writeMigration(dir, NOW), null);
    const { file, superfluous } = await planMigration(dir, NOW);
    deepEqual({ file, superfluous }, { file: null, superfluous: null });
  }));

Deno.test("a changed table, a changed signature and a removed object are left to a person", () =>
  withRelease(async ({ dir, write }) => {
    await write("jobs/log.sql", "create table jobs.log (\n  id bigint\n);\n");
    await write("jobs/keep.sql", keep("bigint", "1"));
    await write("order.txt", ORDER.replace("jobs/kept.sql\n", ""));
    await Deno.remove(join(dir, SCHEMAS, "jobs/kept.sql"));
    const text = await next(dir);
    deepEqual(written(text), ["jobs/keep.sql"]);
    const [log, ...others] = byHand(text);
    match(log, /^-- by hand: jobs\/log\.sql [0-9a-f]{64}$/);
    deepEqual(others, [
      "-- by hand: drop function jobs.keep(int);",
      "-- by hand: jobs/kept.sql removed",
      "-- by hand: drop view jobs.kept;",
    ]);
  }));

Deno.test("what a person has written stays, and is not asked for again after the release", () =>
  withRelease(async ({ dir, write, setVersion }) => {
    await write("jobs/log.sql", "create table jobs.log (\n  id bigint\n);\n");
    const text = await next(dir);
    const change = "alter table jobs.log alter column id type bigint;";
    await Deno.writeTextFile(
      join(dir, MIGRATIONS, "20270102030405_duewatch_next.sql"),
      text.replace(
        "-- begin by hand: before\n",
        `-- begin by hand: before\n${change}\n`,
      ).replace(
        "-- begin by hand: after\n",
        "-- begin by hand: after\nselect 1;\n",
      ),
    );
    await write("jobs/keep.sql", keep("int", "2"));
    const again = await next(dir);
    match(
      again,
      /by hand: before\n\nalter table .*;\n\n-- end by hand: before/,
    );
    match(again, /by hand: after\n\nselect 1;\n\n-- end by hand: after/);
    equal(await next(dir), again);

    await rejects(releaseMigration(dir, "1.1.0"), /package\.json says 1\.0\.0/);
    await rejects(releaseMigration(dir, "1.1.0-dev"), ReleaseError);
    await setVersion("1.1.0");
    equal(
      await releaseMigration(dir, "1.1.0"),
      "20270102030405_duewatch_1_1_0.sql",
    );
    equal(await writeMigration(dir, NOW), null);
    await write("jobs/keep.sql", keep("int", "1"));
    const { file, texts } = await planMigration(dir, NOW);
    equal(file, "20270102030505_duewatch_next.sql");
    const third = texts.get(join(MIGRATIONS, file ?? "")) ?? "";
    deepEqual(written(third), ["jobs/keep.sql"]);
    deepEqual(byHand(third), []);
  }));

Deno.test("a released migration that was edited is refused, by name", () =>
  withRelease(async ({ dir }) => {
    const path = join(dir, MIGRATIONS, FIRST);
    await Deno.writeTextFile(path, "\n", { append: true });
    await rejects(
      planMigration(dir),
      new ReleaseError(
        `supabase/migrations/${FIRST} was released as 1.0.0 and has changed ` +
          "since. Restore it, and write the change into the next migration.",
      ),
    );
  }));
