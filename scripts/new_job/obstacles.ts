import { join } from "node:path";
import { functionNames } from "../functions/catalog.ts";
import { configFile, hasSection } from "./config_section.ts";
import { migrationsDir, migrationsOf } from "./migrations.ts";

/**
 * What is in the way of a new job with this name, in sentences.
 *
 * @param repoDir the root of the checkout.
 */
export async function obstaclesTo(
  name: string,
  repoDir: string,
): Promise<string[]> {
  const obstacles: string[] = [];
  if ((await functionNames(repoDir)).includes(name)) {
    obstacles.push(`There is a function ${name}: supabase/functions/${name}.`);
  }
  if (hasSection(await Deno.readTextFile(configFile(repoDir)), name)) {
    obstacles.push(`supabase/config.toml has a section for it.`);
  }
  const migration = await takenBy(name, repoDir);
  if (migration !== null) {
    obstacles.push(
      `A job or an entry of pg_cron has this name: supabase/migrations/` +
        `${migration}.`,
    );
  }
  return obstacles;
}

/** The migration that gave a name away, unless a later one took it back. */
async function takenBy(name: string, repoDir: string): Promise<string | null> {
  // By name, by position, or in a list of names and schedules.
  const given = new RegExp(
    [
      String.raw`\b(?:cron_)?job_name\s*=>\s*'${name}'`,
      String.raw`\bjobs\.register\s*\(\s*'${name}'`,
      String.raw`'${name}'\s*,\s*'(?:\S+ ){4}\S+'`,
    ].join("|"),
    "g",
  );
  const takenBack = new RegExp(
    String.raw`\bjobs\.unregister\s*\(\s*(?:job_name\s*=>\s*)?'${name}'`,
    "g",
  );
  let taken: string | null = null;
  for (const migration of await migrationsOf(repoDir)) {
    const text = (await Deno.readTextFile(
      join(migrationsDir(repoDir), migration),
    )).replace(/--.*$/gm, "");
    const lastTakenBack = lastIndex(text, takenBack);
    const lastGiven = lastIndex(text.replace(takenBack, blank), given);
    if (lastGiven > lastTakenBack) taken = migration;
    else if (lastTakenBack >= 0) taken = null;
  }
  return taken;
}

function lastIndex(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].at(-1)?.index ?? -1;
}

// Of the same length, so that positions stay.
function blank(text: string): string {
  return " ".repeat(text.length);
}
