import { deepEqual } from "node:assert/strict";
import { basename, join } from "node:path";
import { readConfig } from "../stack/config.ts";
import { readOrder, SCHEMAS } from "./order.ts";

const KIT = ["jobs/", "alerts/", "health/", "metrics/"];
const DOMAIN = /installment|payment.?plan|agenc(y|ies)|student|digest/i;
const MOST_LINES = 200;
/** What a file is named after; the rest of it belongs to that object. */
const CREATED =
  /^ *create (?:or replace )?(?:function|table|view|type|schema|role) (?:\w+\.)?(\w+)/gm;

interface SchemaFile {
  readonly path: string;
  readonly text: string;
}

async function schemaFiles(): Promise<SchemaFile[]> {
  const { repoDir } = readConfig({});
  const paths = (await readOrder(repoDir)).flatMap(({ files }) => files);
  return await Promise.all(paths.map(async (path) => ({
    path,
    text: await Deno.readTextFile(join(repoDir, SCHEMAS, path)),
  })));
}

/** @returns the lines of the kit that name something of the domain. */
function domainWords(files: readonly SchemaFile[]): string[] {
  return files
    .filter(({ path }) => KIT.some((folder) => path.startsWith(folder)))
    .flatMap(({ path, text }) =>
      text.split("\n").flatMap((line, index) =>
        DOMAIN.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : []
      )
    );
}

function longFiles(files: readonly SchemaFile[]): string[] {
  return files
    .filter(({ path, text }) =>
      // Generated, with a line for each object.
      path !== "manifest.sql" &&
      text.trimEnd().split("\n").length > MOST_LINES
    )
    .map(({ path }) => path);
}

/** @returns the files that create another object than they are named after. */
function misnamedFiles(files: readonly SchemaFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const name = basename(path, ".sql");
    const others = [...text.matchAll(CREATED)]
      .map(([, created]) => created)
      .filter((created) => created !== name);
    return others.map((created) => `${path} creates ${created}`);
  });
}

Deno.test("the kit names nothing of the domain", async () => {
  deepEqual(domainWords(await schemaFiles()), []);
});

Deno.test("no file of the schemas is longer than 200 lines", async () => {
  deepEqual(longFiles(await schemaFiles()), []);
});

Deno.test("a file of the schemas is named after the object it creates", async () => {
  deepEqual(misnamedFiles(await schemaFiles()), []);
});

Deno.test("these checks find what they look for", () => {
  const text = "-- An Agency.\ncreate function jobs.other()\n";
  deepEqual(domainWords([{ path: "jobs/runs/one.sql", text }]), [
    "jobs/runs/one.sql:1: -- An Agency.",
  ]);
  deepEqual(domainWords([{ path: "installments/one.sql", text }]), []);
  deepEqual(misnamedFiles([{ path: "jobs/runs/one.sql", text }]), [
    "jobs/runs/one.sql creates other",
  ]);
  deepEqual(misnamedFiles([{ path: "jobs/runs/other.sql", text }]), []);
  const lines = (count: number) => "--\n".repeat(count);
  deepEqual(longFiles([{ path: "a.sql", text: lines(200) }]), []);
  deepEqual(longFiles([{ path: "a.sql", text: lines(201) }]), ["a.sql"]);
});
