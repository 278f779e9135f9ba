import type { Section } from "./order.ts";
import type { Sources } from "./sources.ts";

const RULE = `-- ${"=".repeat(74)}`;

/**
 * Writes all of `supabase/schemas` as one migration: a header, and a section
 * after the other, each object under the path of its file.
 */
export function firstMigration({ sections, texts }: Sources): string {
  const parts: string[] = [header(sections)];
  for (const [index, section] of sections.entries()) {
    parts.push(sectionHeading(index + 1, section));
    for (const file of section.files) {
      parts.push(`-- ${file}\n\n${texts.get(file)}`);
    }
  }
  return `${parts.join("\n\n")}\n`;
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
