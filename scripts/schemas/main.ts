// `npm run migration`: writes the migration from supabase/schemas.
import { join } from "node:path";
import { readConfig } from "../stack/config.ts";
import { composeMigration, MIGRATION } from "./migration.ts";
import { OrderError } from "./order.ts";

try {
  const { repoDir } = readConfig();
  const text = await composeMigration(repoDir);
  await Deno.writeTextFile(join(repoDir, MIGRATION), text);
  console.log(`Wrote ${MIGRATION}`);
} catch (error) {
  if (!(error instanceof OrderError)) throw error;
  console.error(error.message);
  Deno.exit(1);
}
