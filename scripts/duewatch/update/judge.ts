import { createHash } from "node:crypto";
import type { Finding } from "../preflight/finding.ts";
import { OUR_MIGRATION } from "../project/migrations.ts";
import type { Project } from "../project/project.ts";
import type { Present } from "./present.ts";

/** What an update compares a database with. */
export interface UpdateCircumstances {
  readonly project: Project;
  readonly packageDir: string;
  /** The version of the folder. */
  readonly version: string;
  /** The migrations of the folder, by their names. */
  readonly migrations: ReadonlyMap<string, string>;
  /** The migrations that the update will write. */
  readonly next: readonly string[];
  /** Whether functions that somebody has changed may be replaced. */
  readonly overwriteEdited: boolean;
}

/** Judges what was found. */
export function judge(
  { version, applied, functions }: Present,
  missing: readonly string[],
  given: UpdateCircumstances,
): Finding[] {
  const { migrations } = given;
  if (version === null && applied.length === 0) {
    return [note(
      "Duewatch is not in this database yet: the next push applies all of its migrations.",
    )];
  }
  const ours = [...migrations.keys()].filter((name) =>
    OUR_MIGRATION.test(name)
  );
  const unknown = applied.filter((name) => !migrations.has(`${name}.sql`));
  if (unknown.length > 0) {
    return [stop(
      `The database is newer than this folder, which is of ${given.version}: ${
        unknown.join(", ")
      } was applied to it and is not here.`,
      "Somebody has updated from another checkout. Fetch their files (git pull), " +
        "then update from there.",
    )];
  }
  const pending = ours.filter((name) =>
    !applied.includes(name.replace(/\.sql$/, ""))
  );
  if (version !== null && applied.length === 0) {
    return [stop(
      `Duewatch ${version} is in the database, and its list of migrations does not ` +
        "have it: the next push would install it a second time.",
      "Was it restored, or run by hand? Put what is there on the list:\n" +
        ours.map((name) =>
          `npx supabase migration repair --status applied ${
            name.split("_")[0]
          } --remote`
        ).join("\n"),
    )];
  }
  const expected = pending.length === 0
    ? given.version
    : versionOf(applied.at(-1));
  if (version === null || (expected !== null && version !== expected)) {
    return [stop(
      `The database is half updated: by its list of migrations it is of ${
        expected ?? "an earlier version"
      }, and jobs.version() says ${version ?? "nothing"}.`,
      "A migration was stopped half-way or run by hand. See what is wrong: " +
        "npx duewatch doctor. Restore a backup, or run the rest of the migration.",
    )];
  }
  return [
    ...pending.length === 0 ? [] : [act(
      `The database is older than this folder (${version}): ${
        pending.join(", ")
      } is not applied.`,
      "The next push applies these first, and then the update.",
    )],
    ...missing.length === 0 ? [] : [stop(
      `The database lacks what Duewatch ${version} has: ${missing.join(", ")}.`,
      "No push brings it back, and the update may need it. First: npx duewatch doctor --fix",
    )],
    // What an older version looked like is not in the newest file.
    ...editedFunctions(functions, given),
  ];
}

function editedFunctions(
  functions: Present["functions"],
  { migrations, next, overwriteEdited }: UpdateCircumstances,
): Finding[] {
  const written = bodiesIn([...migrations.values()]);
  const replaced = bodiesIn(next);
  const edited = functions.filter(({ name, digest }) =>
    written.has(name) && !written.get(name)?.has(digest)
  );
  const lost = edited.filter(({ name }) => replaced.has(name));
  const kept = edited.filter(({ name }) => !replaced.has(name));
  const list = (some: typeof edited) =>
    some.map(({ signature }) => signature).join(", ");
  return [
    ...lost.length === 0 ? [] : [
      overwriteEdited
        ? act(
          `Changed by hand in the database, and replaced by the update: ${
            list(lost)
          }.`,
          "",
        )
        : stop(
          `Changed by hand in the database, and the update would replace it: ${
            list(lost)
          }.`,
          "Keep a copy of your change, then: npx duewatch update --overwrite-edited",
        ),
    ],
    ...kept.length === 0
      ? []
      : [note(`Changed by hand in the database: ${list(kept)}.`)],
  ];
}

const FUNCTION =
  /^create (?:or replace )?function ([\w.]+)\([\s\S]*?^as (\$\w*\$)([\s\S]*?)\2;?$/gm;

/** The digests of the bodies that migrations give each function. */
function bodiesIn(texts: readonly string[]): Map<string, Set<string>> {
  const bodies = new Map<string, Set<string>>();
  for (const text of texts) {
    for (const [, name, , body] of text.matchAll(FUNCTION)) {
      const known = bodies.get(name) ?? new Set();
      // A checkout on Windows may have other ends of lines.
      const digest = createHash("md5").update(body.replaceAll("\r", ""))
        .digest("hex");
      bodies.set(name, known.add(digest));
    }
  }
  return bodies;
}

/** The version to which a migration of ours leads, if its name says so. */
function versionOf(name: string | undefined): string | null {
  const [, numbers] = /_duewatch_(\d+_\d+_\d+)$/.exec(name ?? "") ?? [];
  return numbers?.replaceAll("_", ".") ?? null;
}

const note = (what: string): Finding => ({ level: "note", what, todo: "" });
const act = (what: string, todo: string): Finding => ({
  level: "do",
  what,
  todo,
});
const stop = (what: string, todo: string): Finding => ({
  level: "stop",
  what,
  todo,
});
