import { join } from "node:path";
import { z } from "zod";
import { exists } from "../../stack/files.ts";
import type { ProjectDatabase } from "../preflight/database.ts";
import {
  listMigrations,
  MAIN_SUFFIX,
  OUR_MIGRATION,
} from "../project/migrations.ts";
import type { Project } from "../project/project.ts";
import type { Basics } from "./facts.ts";
import { type Fault, fault } from "./fault.ts";

/** The migrations of the folder that the database does not have. */
export async function listPending(
  database: ProjectDatabase,
  project: Project,
  basics: Pick<Basics, "hasHistory">,
): Promise<string[]> {
  const applied = new Set(await listApplied(database, basics));
  return (await listMigrations(project))
    .filter((name) => !applied.has(versionOf(name)));
}

async function listApplied(
  database: ProjectDatabase,
  { hasHistory }: Pick<Basics, "hasHistory">,
): Promise<string[]> {
  return hasHistory
    ? z.array(z.string()).parse(
      await database.read(
        "select coalesce(jsonb_agg(version), '[]') from supabase_migrations.schema_migrations",
      ),
    )
    : [];
}

/** @returns faults when the folder and the database have other migrations. */
export async function examineMigrations(
  database: ProjectDatabase,
  project: Project | null,
  basics: Basics,
): Promise<Fault[]> {
  if (project === null) return [];
  return migrationFaults({
    files: await listMigrations(project),
    applied: await listApplied(database, basics),
    hasSchema: basics.hasSchema,
    rollback: await exists(
        join(project.supabaseDir, "rollbacks", "duewatch.sql"),
      )
      ? "supabase/rollbacks/duewatch.sql"
      : "supabase/duewatch/rollback.sql",
  });
}

/** The migrations of a folder, and of a database. */
export interface Migrations {
  readonly files: readonly string[];
  /** The versions in the history of the database. */
  readonly applied: readonly string[];
  /** Whether the schema of Duewatch is in the database. */
  readonly hasSchema: boolean;
  /** The file that takes Duewatch out, as the project has it. */
  readonly rollback: string;
}

const PUSH = "npx supabase db push --remote";

/** Judges which migrations the database lacks, and whether a push would work. */
export function migrationFaults(
  { files, applied, hasSchema, rollback }: Migrations,
): Fault[] {
  const known = new Set(applied);
  const pending = files.filter((name) => !known.has(versionOf(name)));
  if (pending.length === 0) return [];
  const inFolder = new Set(files.map(versionOf));
  const foreign = applied.filter((version) => !inFolder.has(version));
  const newest = applied.toSorted().at(-1) ?? "";
  const isLate = pending.some((name) => versionOf(name) < newest);
  const ours = pending.filter((name) => OUR_MIGRATION.test(name));
  const [first, ...others] = ours.length > 0 ? ours : pending;
  const more = others.length === 0 ? "" : `, and ${others.length} after it`;
  if (hasSchema && first.endsWith(MAIN_SUFFIX)) {
    return [
      fault(
        "migrations_pending",
        `The migration ${first} was not applied to this database${more}, and a ` +
          "schema jobs is there: an attempt has stopped half-way, or somebody " +
          "has run it by hand.",
        `If something more is wrong below: run ${rollback} in the SQL editor ` +
          "(your rows stay), then push. If nothing else is: note it as applied.",
        {
          command: `npx supabase migration repair --status applied ${
            versionOf(first)
          } --remote`,
        },
      ),
    ];
  }
  const todo = [
    "Push the migrations to this database, from the project's folder.",
    foreign.length > 0
      ? `The push will refuse before this folder holds ${
        list(foreign)
      } as well, which the database has: get the files from your repository.`
      : "",
  ].filter((part) => part !== "").join("\n");
  return [
    fault(
      "migrations_pending",
      ours.length > 0
        ? `The migration ${first} was not applied to this database${more}.`
        : `Your migration ${first} was not applied to this database${more}.`,
      todo,
      {
        command: isLate ? `${PUSH} --include-all` : PUSH,
        // One of the project's own says nothing about Duewatch.
        severity: ours.length > 0 ? "failure" : "warning",
      },
    ),
  ];
}

const versionOf = (name: string) => name.split("_")[0];

function list(versions: readonly string[]): string {
  return versions.length > 3
    ? `${versions.slice(0, 3).join(", ")} and ${versions.length - 3} more`
    : versions.join(", ");
}
