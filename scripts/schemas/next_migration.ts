import { createHash } from "node:crypto";
import { objectsOf, type SchemaObject } from "./manifest.ts";
import type { Sources } from "./sources.ts";
import { statementsOf } from "./statements.ts";

/** What is known of a file of `supabase/schemas` from released migrations. */
interface Released {
  /** The latest text that a migration holds. */
  readonly text: string;
  /** The digest of the file, which is newer where a person wrote the change. */
  readonly digest: string;
}

const MARKER = /^-- ((?:[a-z0-9_]+\/)*[a-z0-9_]+\.sql)$/;
const BY_HAND = /^-- by hand: (\S+\.sql) ([0-9a-f]{64}|removed)$/;
const END_OF_FILE = /^-- (?:={74}|begin by hand: \w+)$/;

// Statements that change nothing when they run again, once `create` has become
// `create or replace`.
const REPLACEABLE =
  /^(?:create (?:or replace )?(?:function|view|trigger) |grant |revoke |comment on )/;

const CREATE = /^create (?=(?:function|view|trigger) )/gm;
const CREATE_OR_REPLACE = /^create or replace (?=(?:function|view|trigger) )/gm;

/**
 * Writes the migration from the last release to what `supabase/schemas` says.
 * Functions, views, triggers, grants and comments that differ are written out.
 * What has to happen to anything else is listed, and written by a person in
 * one of two parts, which stay as they are.
 *
 * @param released the texts of the released migrations, oldest first.
 * @param current the text of this migration as it is, if it exists.
 * @returns null when nothing differs.
 */
export function nextMigration(
  { texts }: Sources,
  { version, released, current }: {
    readonly version: string;
    readonly released: readonly string[];
    readonly current: string | null;
  },
): string | null {
  const known = releasedFiles(released);
  const toDo: string[] = [];
  const written: string[] = [];
  for (const [path, text] of texts) {
    const before = known.get(path);
    const now = digestOf(text);
    if (before?.digest === now) continue;
    if (before === undefined) {
      written.push(`-- ${path}\n\n${text}`);
    } else if (isReplaceable(text) && isReplaceable(before.text)) {
      written.push(
        `-- ${path}\n\n${text.replace(CREATE, "create or replace ")}`,
      );
      toDo.push(...dropped(path, before.text, text));
    } else {
      toDo.push(`-- by hand: ${path} ${now}`);
    }
  }
  for (const [path, { text, digest }] of known) {
    if (texts.has(path) || digest === "removed") continue;
    toDo.push(`-- by hand: ${path} removed`, ...dropped(path, text, ""));
  }
  const before = handPart("before", current);
  const after = handPart("after", current);
  if (written.length + toDo.length === 0 && !before.kept && !after.kept) {
    return null;
  }
  const parts = [
    header(version, toDo),
    before.text,
    ...written,
    after.text,
  ];
  return `${parts.join("\n\n")}\n`;
}

function header(version: string, toDo: readonly string[]): string {
  return [
    `-- Duewatch: what has changed since version ${version}.`,
    "--",
    "-- Generated from supabase/schemas by `npm run migration`, which keeps what is",
    '-- written between "begin by hand" and "end by hand".',
    "--",
    "-- Rollback: supabase/rollbacks/duewatch.sql. Check: supabase/verify.sql.",
    ...(toDo.length === 0 ? [] : [
      "--",
      "-- Files and objects whose change is written by hand:",
      ...toDo,
    ]),
  ].join("\n");
}

/** A part of the migration that a person writes. */
function handPart(
  name: "before" | "after",
  current: string | null,
): { readonly text: string; readonly kept: boolean } {
  const begin = `-- begin by hand: ${name}\n`;
  const end = `-- end by hand: ${name}`;
  const start = current?.indexOf(begin) ?? -1;
  const stop = current?.indexOf(end) ?? -1;
  const kept = current === null || start < 0 || stop < start
    ? ""
    : current.slice(start + begin.length, stop).trim();
  return {
    text: kept === "" ? `${begin}${end}` : `${begin}\n${kept}\n\n${end}`,
    kept: kept !== "",
  };
}

function releasedFiles(
  migrations: readonly string[],
): Map<string, Released> {
  const files = new Map<string, Released>();
  for (const migration of migrations) {
    let path: string | null = null;
    const lines = new Map<string, string[]>();
    for (const line of migration.split("\n")) {
      const marker = MARKER.exec(line);
      const byHand = BY_HAND.exec(line);
      if (byHand !== null) {
        const text = files.get(byHand[1])?.text ?? "";
        files.set(byHand[1], { text, digest: byHand[2] });
      }
      if (marker !== null) lines.set(path = marker[1], []);
      else if (END_OF_FILE.test(line)) path = null;
      else if (path !== null) lines.get(path)?.push(line);
    }
    for (const [file, text] of lines) {
      const source = text.join("\n").trim().replace(
        CREATE_OR_REPLACE,
        "create ",
      );
      files.set(file, { text: source, digest: digestOf(source) });
    }
  }
  return files;
}

function isReplaceable(text: string): boolean {
  return statementsOf(text).every((statement) => REPLACEABLE.test(statement));
}

/** Objects that `create or replace` leaves, or cannot replace. */
function dropped(path: string, before: string, now: string): string[] {
  const objects = (text: string) => objectsOf(new Map([[path, text]]));
  const signatures = signaturesOf(now);
  const isReplaced = (object: SchemaObject) =>
    objects(now).some(({ kind, name, parent }) =>
      kind === object.kind && name === object.name && parent === object.parent
    ) &&
    (object.kind !== "function" ||
      signaturesOf(before).every((signature) =>
        signatures.includes(signature)
      ));
  return objects(before).filter((object) => !isReplaced(object)).map(
    ({ kind, name, parent }) =>
      `-- by hand: drop ${kind} ${name}${
        kind === "trigger" || kind === "policy" ? ` on ${parent}` : ""
      };`,
  );
}

/** What stands before the body of each function: arguments and result. */
function signaturesOf(text: string): string[] {
  return statementsOf(text).flatMap((statement) =>
    /^create (?:or replace )?(function [\s\S]*?)\s+language /.exec(statement)
      ?.[1] ?? []
  );
}

function digestOf(text: string): string {
  return createHash("sha256").update(text.trim()).digest("hex");
}
