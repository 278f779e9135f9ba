import { join } from "node:path";
import { readOrder, SCHEMAS, type Section } from "./order.ts";

/** The migration that installs everything, from the root of the repository. */
export const MIGRATION = "supabase/migrations/20261128000000_duewatch.sql";

const RULE = `-- ${"=".repeat(74)}`;

/**
 * Writes what `supabase/schemas` says as one migration.
 *
 * @returns the text of the migration: a header, and a section after the other,
 *   each object under the path of its file.
 * @throws OrderError when `order.txt` and the files do not agree.
 */
export async function composeMigration(repoDir: string): Promise<string> {
  const sections = await readOrder(repoDir);
  const texts: string[] = [header(sections)];
  for (const [index, section] of sections.entries()) {
    texts.push(sectionHeading(index + 1, section));
    for (const file of section.files) {
      const sql = await Deno.readTextFile(join(repoDir, SCHEMAS, file));
      texts.push(`-- ${file}\n\n${sql.trimEnd()}`);
    }
  }
  return `${texts.join("\n\n")}\n`;
}

function header(sections: readonly Section[]): string {
  return [
    "-- Duewatch: everything that it adds to a database.",
    "--",
    "-- Generated from supabase/schemas by `npm run migration`. Edit the file of the",
    "-- object there, not this one.",
    "--",
    "-- Rollback: supabase/rollbacks/duewatch.sql. Check: supabase/verify.sql.",
    "--",
    "-- Sections:",
    ...sections.map(({ heading }, index) =>
      `--   ${String(index + 1).padStart(2)}. ${heading}`
    ),
  ].join("\n");
}

function sectionHeading(
  number: number,
  { heading, purpose }: Section,
): string {
  return [
    RULE,
    `-- ${number}. ${heading}`,
    "--",
    ...purpose.map((line) => `-- ${line}`),
    RULE,
  ].join("\n");
}
