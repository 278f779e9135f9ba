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

/** The migration that gave a name away, unless a later one freed it. */
async function takenBy(name: string, repoDir: string): Promise<string | null> {
  const mention = new RegExp(
    [
      String.raw`\bjobs\.(unregister)\s*\(\s*(?:job_name\s*=>\s*)?'${name}'`,
      // By name, by position, or in a list of names and schedules.
      String.raw`\b(?:cron_)?job_name\s*=>\s*'${name}'`,
      String.raw`\bjobs\.register\s*\(\s*'${name}'`,
      String.raw`'${name}'\s*,\s*'(?:\S+ ){4}\S+'`,
    ].join("|"),
    "g",
  );
  let taken: string | null = null;
  for (const migration of await migrationsOf(repoDir)) {
    const path = join(migrationsDir(repoDir), migration);
    const sql = (await Deno.readTextFile(path)).replace(/--.*$/gm, "");
    for (const [, freed] of sql.matchAll(mention)) {
      taken = freed === undefined ? migration : null;
    }
  }
  return taken;
}
