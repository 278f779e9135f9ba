import { equal } from "node:assert/strict";
import { join } from "node:path";
import { readConfig } from "../stack/config.ts";
import { composeMigration, MIGRATION } from "./migration.ts";

Deno.test("the migration is what supabase/schemas says", async () => {
  const { repoDir } = readConfig({});
  equal(
    await Deno.readTextFile(join(repoDir, MIGRATION)),
    await composeMigration(repoDir),
    "`npm run migration` has not been run since supabase/schemas changed",
  );
});
