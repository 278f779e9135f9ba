// `npm run migration`: writes the migration from supabase/schemas, and with
// `-- --release 1.2.3` freezes it.
import { parseArgs } from "node:util";
import { readConfig } from "../stack/config.ts";
import { releaseMigration, writeMigration } from "./migration.ts";
import { OrderError } from "./order.ts";
import { MIGRATIONS, ReleaseError } from "./releases.ts";

const { values: { release } } = parseArgs({
  options: { release: { type: "string" } },
});
try {
  const { repoDir } = readConfig();
  if (release === undefined) {
    const file = await writeMigration(repoDir);
    console.log(
      file === null
        ? "Nothing has changed since the last release."
        : `Wrote ${MIGRATIONS}/${file}`,
    );
  } else {
    const file = await releaseMigration(repoDir, release);
    console.log(`Released ${release}: ${MIGRATIONS}/${file} is frozen.`);
  }
} catch (error) {
  if (!(error instanceof OrderError || error instanceof ReleaseError)) {
    throw error;
  }
  console.error(error.message);
  Deno.exit(1);
}
