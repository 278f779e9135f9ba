import { join } from "node:path";
import type { Domain } from "../names/domain.ts";
import type { Rendering } from "../names/project_names.ts";
import { renderFile } from "../names/rendering.ts";

/** The folder of SQL for people, in `supabase/`. */
export const QUERIES_FOLDER = "duewatch";

// A project has no folder supabase/schemas: the migration has a heading for each file.
const PARTS = "supabase/migrations/*_duewatch*.sql, or: " +
  "npx duewatch doctor --fix";

/**
 * Reads the SQL for the SQL editor, with the project's names: the check of an
 * installation, the rollback, and one question per file.
 */
export async function readQueries(
  packageDir: string,
  rendering: Rendering,
  domain: Domain,
): Promise<Map<string, string>> {
  const folder = join(packageDir, "supabase");
  const paths = ["verify.sql", "rollbacks/duewatch.sql"];
  for await (const { name } of Deno.readDir(join(folder, "snippets"))) {
    if (name.endsWith(".sql")) paths.push(`snippets/${name}`);
  }
  const files = new Map<string, string>();
  for (const path of paths.sort()) {
    const text = await Deno.readTextFile(join(folder, path));
    const target = path.replace("rollbacks/duewatch.sql", "rollback.sql");
    files.set(
      join(QUERIES_FOLDER, target),
      renderFile(text, rendering, domain)
        .replaceAll(
          "supabase/rollbacks/duewatch.sql",
          "supabase/duewatch/rollback.sql",
        )
        .replaceAll("supabase/verify.sql", "supabase/duewatch/verify.sql")
        .replaceAll("supabase/snippets/", "supabase/duewatch/snippets/")
        .replace(
          /'run supabase\/schemas\/([\w/]+\.sql)'/g,
          `'run the part $1 of ${PARTS}'`,
        )
        .replaceAll(
          "'run supabase/schemas/' || objects.source",
          `'run the part ' || objects.source || ' of ${PARTS}'`,
        ),
    );
  }
  return files;
}
